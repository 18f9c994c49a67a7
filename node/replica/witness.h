#pragma once

#include "ledger/proof/policy.h"

#include <algorithm>

namespace tanji::node {

// Who that key is in the policy, under whatever name; null if it counts nothing there.
inline const ledger::Policy::Witness* witness_of(
    const ledger::Policy& policy, const ledger::NoteKey& key
) {
    const auto found = std::ranges::find(policy.witnesses(), key, &ledger::Policy::Witness::key);
    return found == policy.witnesses().end() ? nullptr : &*found;
}

}  // namespace tanji::node
