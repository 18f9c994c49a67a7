#pragma once

#include "ledger/command/leaf.h"
#include "ledger/value/json.h"

#include <string>
#include <vector>

namespace tanji::api {

// The `result` of a command: what its leaf's effects say. `conflicts` are the receipts of that
// leaf, of which the first are shown; null when it is in no tree, as after a dry run.
std::string result_json(
    const ledger::Leaf& leaf,
    const ledger::JsonValue* body,
    const std::vector<std::string>* conflicts
);

}  // namespace tanji::api
