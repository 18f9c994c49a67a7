#pragma once

#include "ledger/value/error_code.h"

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#ifdef NDEBUG
#error "Asserts ship: a ledger that is wrong has to stop. Build without NDEBUG."
#endif

namespace tanji::ledger {

// Why something was refused: a stable code, one English sentence for people, and where.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string detail;                  // never parsed by anybody
    std::string pointer;                 // JSON Pointer into the payload, or empty
    std::string reason;                  // a word of the contract's lists, or empty
    std::optional<std::uint64_t> index;  // the offending record, where the contract names one
};

// A value, or the reason why there is none. Refusals are values; impossible states are asserts.
template <typename Value>
using Result = std::expected<Value, Error>;
using Status = Result<void>;

// `return refuse(ErrorCode::insufficient_credits, "held {}, needed {}", held, amount);`
template <typename... Args>
std::unexpected<Error> refuse(
    ErrorCode code, fmt::format_string<Args...> sentence, Args&&... args
) {
    return std::unexpected(Error{
        .code = code,
        .detail = fmt::format(sentence, std::forward<Args>(args)...),
        .pointer = {},
        .reason = {},
        .index = {},
    });
}

// The same, naming the place in the payload.
template <typename... Args>
std::unexpected<Error> refuse_at(
    ErrorCode code, std::string pointer, fmt::format_string<Args...> sentence, Args&&... args
) {
    auto refused = refuse(code, sentence, std::forward<Args>(args)...);
    refused.error().pointer = std::move(pointer);
    return refused;
}

// The same, with a word from the contract's list of reasons (ledger rules, docs/errors.md).
template <typename... Args>
std::unexpected<Error> refuse_because(
    ErrorCode code, std::string reason, fmt::format_string<Args...> sentence, Args&&... args
) {
    auto refused = refuse(code, sentence, std::forward<Args>(args)...);
    refused.error().reason = std::move(reason);
    return refused;
}

// Passes a refusal on: `if (!lot) { return refusal(lot); }`.
template <typename Value>
std::unexpected<Error> refusal(Result<Value>& refused) {
    return std::unexpected(std::move(refused.error()));
}

}  // namespace tanji::ledger
