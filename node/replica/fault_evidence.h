#pragma once

#include "ledger/proof/evidence.h"

#include <optional>

namespace tanji::node {

// What convicts the leader that sealed the command at that place of a block, if its own bytes do:
// malformed, too large, of an unknown type, of another ledger. Nothing if only the state can tell.
std::optional<ledger::LeaderFault> fault_of_leader(
    ledger::ByteView block, std::uint32_t command, const ledger::Hash& ledger
);

}  // namespace tanji::node
