#pragma once

#include "api/exchange.h"
#include "api/limits.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Where a request begins and ends, read from its raw bytes. Stricter than a parser has to be: what
// two readers could understand differently is refused, so that nothing can be smuggled past a
// proxy (RFC 9112 §2.2, §5, §6, §11.2).
namespace tanji::api {

enum class BodyForm : std::uint8_t { none, length, chunked };

struct Head {
    std::string method;
    std::string target;
    std::vector<Field> fields;  // names in lower case, values without surrounding blanks
    BodyForm body = BodyForm::none;
    std::uint64_t content_length = 0;
    bool keep_alive = true;
    bool expects_continue = false;
};

// How far a head has come.
struct HeadEnd {
    std::size_t bytes = 0;  // the length of the head with its empty line, or 0: more is needed
    bool broken = false;    // no continuation can make it a head
};

// Looks for the end of the head in `raw`. `from` is how much was looked at before, without success.
HeadEnd find_head_end(std::string_view raw, std::size_t from);

// Reads a whole head, its empty line included. Refuses with bad_request, uri_too_long or
// headers_too_large; after a refusal the connection must be closed, because nobody knows where the
// next request begins.
ledger::Result<Head> read_head(std::string_view raw, const Limits& limits);

}  // namespace tanji::api
