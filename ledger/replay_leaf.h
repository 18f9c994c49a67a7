#pragma once

#include "ledger/command/command.h"
#include "ledger/command/leaf.h"
#include "ledger/governance/genesis.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"

#include <string>
#include <string_view>

// What replaying reads out of leaves, and how it says that one cannot be true.
namespace tanji::ledger {

// Always `internal`: no rule has a code for a lie.
template <typename... Args>
std::unexpected<Error> lie(fmt::format_string<Args...> sentence, Args&&... args) {
    return refuse(ErrorCode::internal, sentence, std::forward<Args>(args)...);
}

// The row of genesis with that id, or null.
const KeyRow* genesis_key(const Genesis& genesis, const KeyId& id);

// All grams that the leaf moves between two buckets, whatever their class.
Amount moved(const Leaf& leaf, std::string_view from, std::string_view to);

// The text of a member, or an empty one.
std::string text_in(const JsonValue& object, std::string_view name);

// Whether a command key of that member of genesis signed the leaf.
bool signed_by(const Genesis& genesis, const Leaf& leaf, std::string_view member);
// Enough of the governors of genesis signed for that action.
Status require_governed(const Genesis& genesis, const Leaf& leaf, std::string_view action);

// The body of an open leaf's command.
template <typename Body>
Result<Body> read_body(const Leaf& leaf) {
    const auto command = read_command(leaf.payload);
    if (!command) {
        return std::unexpected(command.error());
    }
    JsonFaults faults;
    JsonReader in(command->body, "/body", faults);
    Body body = Body::read(in);
    if (faults.any()) {
        return faults.refusal();
    }
    return body;
}

}  // namespace tanji::ledger
