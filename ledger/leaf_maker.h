#pragma once

#include "ledger/command/leaf.h"
#include "ledger/parties/execution.h"
#include "ledger/prepared.h"

#include <optional>

namespace tanji::ledger {

// What an execution leaves beside its leaf: entries that only their holders see.
struct LeafEntries {
    std::vector<Line> lines;              // sorted, each once, with salts
    std::vector<Allocation> allocations;  // with salts
    std::vector<Conflict> conflicts;
};

// Sums the postings into lines and moves, salts lines and allocations, and fills in the roots and
// totals of `execution.effects`. REQUIRES: called once, at the end.
LeafEntries close_entries(Execution& execution);

// Stores leaf and entries, and the history of every account a line names.
void store_leaf(State& state, LeafIndex index, const std::string& text, const LeafEntries& entries);

// The leaf of a command; `refused` is why it was, if it was. `sealed` is asked before executing.
Leaf make_leaf(
    const Execution& execution,
    std::uint64_t pos,
    const Prepared& command,
    bool sealed,
    const Error* refused
);

// Whether the command names a user account in the state before it.
bool is_sealed(const Reader& reader, const Prepared& command);

}  // namespace tanji::ledger
