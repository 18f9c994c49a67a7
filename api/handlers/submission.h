#pragma once

#include "api/handlers/handlers.h"
#include "ledger/command/command.h"
#include "ledger/command/envelope.h"

#include <functional>
#include <string>
#include <string_view>

namespace tanji::api {

// How a command came in: what its path demands of it, and what creating it answers.
struct Door {
    std::string_view type;      // the command type, or empty: any
    std::string_view location;  // "/v1/retirements/": 201 with Location; empty: 200
    // Members of the body that must equal parameters of the path: {path, body}.
    std::vector<std::pair<std::string_view, std::string_view>> path_fields;
    // Members of the body that name what is created, joined by `@`; none: the command's id does.
    std::vector<std::string_view> named_by;
};

// Body and headers to an envelope: JSON, or a payload with Tanji-Signature. An upload's container
// is not read here.
ledger::Result<ledger::Envelope> read_submitted(const Request& request);

// Idempotency-Key, if sent, equals the command's id; type and path fit the door.
ledger::Status check_door(
    const Request& request, const Door& door, const ledger::Envelope& envelope
);

// Status and body that an outcome, or its absence, gets.
struct Answer {
    int status = 200;
    std::string body;
    bool is_problem = false;
};
Answer answer_of(
    Context& context,
    const Request& request,
    const ledger::Envelope& envelope,
    const ledger::Result<Submitted>& result,
    bool created
);

// Submits and replies when the outcome is known.
void submit(
    Context& context,
    const RequestPtr& request,
    const Respond& respond,
    const Door& door,
    ledger::Envelope envelope,
    ledger::Bytes attachment
);

// A route for commands of one type.
Handler door_handler(Context& context, Door door);

}  // namespace tanji::api
