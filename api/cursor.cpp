#include "api/cursor.h"

#include "api/router.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <cassert>

namespace tanji::api {
namespace {

constexpr char version = 1;
constexpr std::size_t mark_bytes = 8;
constexpr std::size_t text_bytes_max = 256;

// What a cursor belongs to: the route, its path and the filters, but not the size of the page.
ledger::Bytes mark_of(const Request& request) {
    std::vector<std::string> parts;
    for (const Parameter& parameter : request.query) {
        if (parameter.name != "cursor" && parameter.name != "limit") {
            parts.push_back(parameter.name + "=" + parameter.value);
        }
    }
    std::ranges::sort(parts);
    ledger::Sha256 hash;
    hash.update(request.route->name).update("\n");
    for (const Parameter& parameter : request.path_parameters) {
        hash.update(parameter.value).update("\n");
    }
    for (const std::string& part : parts) {
        hash.update(part).update("\n");
    }
    return ledger::Bytes(hash.finish().view().substr(0, mark_bytes));
}

}  // namespace

std::string cursor_after(const Request& request, ledger::ByteView last) {
    assert(last.size() <= 160);
    ledger::Bytes raw(1, version);
    raw += mark_of(request);
    raw += last;
    return ledger::to_base64url(raw);
}

ledger::Result<ledger::Bytes> place_of_cursor(const Request& request) {
    const std::string* text = request.parameter("cursor");
    if (text == nullptr) {
        return ledger::Bytes{};
    }
    const auto raw = text->size() <= text_bytes_max ? ledger::from_base64url(*text) : std::nullopt;
    if (!raw || raw->size() <= 1 + mark_bytes || raw->front() != version) {
        return ledger::refuse(ledger::ErrorCode::cursor_invalid, "this is no cursor");
    }
    if (raw->substr(1, mark_bytes) != mark_of(request)) {
        return ledger::refuse(
            ledger::ErrorCode::cursor_invalid, "the cursor belongs to another list or filter"
        );
    }
    return raw->substr(1 + mark_bytes);
}

}  // namespace tanji::api
