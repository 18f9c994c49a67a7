#include "ledger/proof/checkpoint.h"

#include <cassert>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::size_t time_bytes = 8;

std::unexpected<Error> malformed(std::string_view why) {
    return refuse_because(ErrorCode::bad_request, "note", "not a checkpoint: {}", why);
}

// The next line without its LF, or nothing.
std::optional<std::string_view> next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string to_text(const Checkpoint& checkpoint) {
    return fmt::format(
        "{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, to_base64(checkpoint.root.view())
    );
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    const std::string_view whole = text;
    const auto origin = next_line(text);
    const auto size = next_line(text);
    const auto root = next_line(text);
    if (!root || !text.empty()) {
        return malformed("three lines are expected");
    }
    Checkpoint checkpoint{.origin = std::string(*origin), .size = 0, .root = {}};
    const auto read = std::from_chars(size->data(), size->data() + size->size(), checkpoint.size);
    if (read.ec != std::errc{} || checkpoint.size > tree_size_max) {
        return malformed("the size is not a number up to 2^53 - 1");
    }
    checkpoint.root = Hash::from_base64(*root).value_or(Hash{});
    if (origin->empty() || to_text(checkpoint) != whole) {
        return malformed("origin, plain decimal size and base64 of 32 bytes are expected");
    }
    return checkpoint;
}

NoteKey log_key(std::string_view origin, const PublicKey& key) {
    return {.name = std::string(origin), .type = NoteKeyType::log, .key = key};
}

NoteKey cosign_key(std::string_view name, const PublicKey& key) {
    return {.name = std::string(name), .type = NoteKeyType::cosign, .key = key};
}

std::string cosigner_name(std::string_view origin, std::string_view member) {
    return fmt::format("{}/{}", origin, member);
}

NoteLine sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key) {
    return {
        .name = checkpoint.origin,
        .key_id = log_key(checkpoint.origin, key.public_key()).id(),
        .signature = Bytes(key.sign(to_text(checkpoint)).view()),
    };
}

Bytes cosignature_message(std::uint64_t time_s, std::string_view text) {
    return fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
}

NoteLine cosign_checkpoint(
    const Checkpoint& checkpoint, std::string_view name, const SigningKey& key, std::uint64_t time_s
) {
    Bytes signature;
    append_u64(signature, time_s);
    signature.append(key.sign(cosignature_message(time_s, to_text(checkpoint))).view());
    return {
        .name = std::string(name),
        .key_id = cosign_key(name, key.public_key()).id(),
        .signature = std::move(signature),
    };
}

bool is_good(const NoteLine& line, const NoteKey& key, std::string_view text) {
    assert(line.is_by(key));
    if (key.type == NoteKeyType::log) {
        const auto signature = Signature::from(line.signature);
        return signature && verify(key.key, text, *signature);
    }
    if (line.signature.size() != time_bytes + Signature::length) {
        return false;
    }
    const std::uint64_t time_s = cosigned_at(line);
    return time_s < (std::uint64_t{1} << 63) &&
           verify(
               key.key,
               cosignature_message(time_s, text),
               *Signature::from(ByteView(line.signature).substr(time_bytes))
           );
}

std::uint64_t cosigned_at(const NoteLine& line) {
    return read_u64(line.signature);
}

}  // namespace tanji::ledger
