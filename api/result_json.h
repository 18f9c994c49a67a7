#pragma once

#include "ledger/command/leaf.h"
#include "ledger/value/json.h"
#include "ledger/view.h"

#include <string>

namespace tanji::api {

// The `result` of an applied command: what its leaf's effects say, and for a batch its first
// conflicts.
std::string result_json(
    const ledger::View& view,
    ledger::LeafIndex leaf_index,
    const ledger::Leaf& leaf,
    const ledger::JsonValue* body
);

}  // namespace tanji::api
