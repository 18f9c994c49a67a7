#include "api/handlers/upload.h"

#include "api/conditions.h"
#include "api/gate.h"
#include "ledger/command/batch.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

constexpr std::size_t length_bytes = 4;
// An envelope is base64 around a payload, and its signatures.
constexpr std::size_t envelope_bytes_max = 64 * 1024;

bool is_container(const Request& request) {
    const std::string* type = request.field("content-type");
    return type != nullptr && media_type(*type) == batch_type;
}

std::optional<Result<ledger::Envelope>> header_of_container(
    const Request& request, std::string_view body
) {
    if (body.size() < length_bytes) {
        return std::nullopt;
    }
    const std::uint32_t bytes = ledger::read_u32(body);
    if (bytes > ledger::stored_bytes_max) {
        return refuse(
            ErrorCode::command_too_large,
            "the header has {} bytes, at most {} are read",
            bytes,
            ledger::stored_bytes_max
        );
    }
    if (body.size() - length_bytes < bytes) {
        return std::nullopt;
    }
    const std::string* signature = request.field("tanji-signature");
    if (signature == nullptr) {
        return refuse(ErrorCode::signature_missing, "a container needs a Tanji-Signature field");
    }
    return ledger::detached_envelope(
        command_type, ledger::Bytes(body.substr(length_bytes, bytes)), *signature
    );
}

std::optional<Result<ledger::Envelope>> header_of_lines(std::string_view body) {
    const auto end = body.find('\n');
    if (end == std::string_view::npos) {
        if (body.size() <= envelope_bytes_max) {
            return std::nullopt;
        }
        return refuse(ErrorCode::command_too_large, "the first line is no envelope");
    }
    return ledger::read_envelope(body.substr(0, end));
}

}  // namespace

std::optional<Result<ledger::Envelope>> read_upload_header(
    const Request& request, std::string_view body
) {
    return is_container(request) ? header_of_container(request, body) : header_of_lines(body);
}

Result<Upload> read_upload(const Request& request) {
    if (!is_container(request)) {
        auto batch = ledger::read_ndjson(request.body);
        if (!batch) {
            return refusal(batch);
        }
        return Upload{
            .envelope = std::move(batch->envelope),
            .attachment = ledger::to_attachment(batch->records),
        };
    }
    auto header = header_of_container(request, request.body);
    if (!header) {
        return refuse(ErrorCode::command_malformed, "the container ends inside its header");
    }
    if (!*header) {
        return refusal(*header);
    }
    const std::size_t before = length_bytes + (*header)->payload.size();
    return Upload{.envelope = std::move(**header), .attachment = request.body.substr(before)};
}

}  // namespace tanji::api
