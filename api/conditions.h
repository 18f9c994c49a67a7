#pragma once

#include "api/exchange.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

// What a request demands besides its object: how fresh, how much, in which form.
namespace tanji::api {

struct Freshness {
    bool local = false;  // what is here now, instead of a read barrier
    std::optional<std::uint64_t> min_index;
};
ledger::Result<Freshness> freshness(const Request& request);

// `limit`, 1..500, 50 when absent.
ledger::Result<std::size_t> page_limit(const Request& request);

struct SubmitOptions {
    bool dry_run = false;
    bool until_certified = false;
    std::uint32_t wait_s = 10;
};
ledger::Result<SubmitOptions> submit_options(const Request& request);

// A query parameter as an integer of least..most; nothing when absent.
ledger::Result<std::optional<std::uint64_t>> integer_parameter(
    const Request& request, std::string_view name, std::uint64_t least, std::uint64_t most
);

// A decimal integer without sign or leading zero, up to 2^53 − 1; else nothing.
std::optional<std::uint64_t> parse_integer(std::string_view text);

// Whether If-None-Match names this entity tag (weak comparison, RFC 9110 §13.1.2).
bool is_known(const Request& request, std::string_view etag);

// The first of `offered` that the caller accepts; the first one when there is no Accept field.
// Refuses with not_acceptable.
ledger::Result<std::string_view> negotiate(
    const Request& request, std::initializer_list<std::string_view> offered
);

// The media type of a Content-Type or Accept element, lower case, without parameters.
std::string media_type(std::string_view field);

// zh unless the caller asks for en before zh.
Language preferred_language(const std::string* accept_language, Language otherwise);

// The trace id of a W3C traceparent, or nothing.
std::optional<std::string> trace_id_of(const std::string* traceparent);

}  // namespace tanji::api
