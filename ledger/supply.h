#pragma once

#include "ledger/rows.h"
#include "ledger/store/state.h"

#include <string>
#include <vector>

// What is true after every block (docs/rules.md, "Invariants"). A ledger that is wrong must stop:
// check_invariants asserts for everything a block touched, recount looks at everything there is.
namespace tanji::ledger {

// REQUIRES: `state` holds the block's changes over `store`. Ends the process where an invariant
// does not hold.
void check_invariants(
    const Reader& store, const State& state, const Head& before, const Head& after
);

// Every invariant from nothing, one sentence per violation; empty if all hold. For fsck and tests:
// reads the whole store.
std::vector<std::string> recount(const Reader& store);

}  // namespace tanji::ledger
