#pragma once

#include "api/exchange.h"
#include "ledger/value/result.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

// RFC 9457: what a refusal looks like over HTTP. One status per code, titles in two languages.
namespace tanji::api {

struct ProblemKind {
    ledger::ErrorCode code;
    int status;
    bool retryable;  // the same bytes may succeed later
    bool executed;   // met by executing a command: there is a leaf, and the id is spent
    std::string_view zh;
    std::string_view en;
};

const ProblemKind& problem_kind(ledger::ErrorCode code);
// All of them, in the order of the codes.
std::span<const ProblemKind> problem_kinds();

// What the members of a problem say beside the error itself.
struct ProblemContext {
    std::string instance;  // the request's path, or the command's
    std::string trace_id;
    Language language = Language::zh;
    bool recorded = false;                     // a leaf exists
    std::string outcome;                       // its JSON, iff recorded or simulated
    std::optional<std::uint64_t> retry_after;  // seconds
};

std::string problem_body(const ledger::Error& error, const ProblemContext& context);

// The whole reply: body, Content-Language, Vary, and Retry-After where the code asks for one.
Response problem(const ledger::Error& error, const ProblemContext& context);
Response problem(const ledger::Error& error, const Request& request);

// The catalogue of /v1/problems: all of it, or one entry.
std::string problem_catalogue();
std::string problem_entry(ledger::ErrorCode code);

}  // namespace tanji::api
