#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tanji::ledger {

// The head that every command carries; the body stays unread here.
struct Command {
    std::string type;  // noun.verb
    Hash ledger;
    CommandId id;
    TimeMs not_after = 0;
    Salt salt;
    JsonValue body;  // an object
};

// Reads a payload strictly; command_malformed at the place where it is not one.
Result<Command> read_command(ByteView payload);

// [a-z]+ and [a-z]+ with one dot between, at most 64 bytes; verbs and nouns may have `_`.
bool is_command_type(std::string_view text);

}  // namespace tanji::ledger
