#pragma once

#include "ledger/command/leaf.h"
#include "ledger/value/json.h"

#include <string>
#include <vector>

namespace tanji::api {

// What the ledger keeps of a leaf beside its text.
struct Recorded {
    std::vector<std::string> conflicts;  // the receipts, of which the first are shown
    ledger::Amount unbacked = 0;         // points that a revocation asked for and that were gone
};

// The `result` of a command: what its leaf's effects say. `recorded` is null when the leaf is in no
// tree, as after a dry run.
std::string result_json(
    const ledger::Leaf& leaf, const ledger::JsonValue* body, const Recorded* recorded
);

}  // namespace tanji::api
