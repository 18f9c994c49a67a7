#pragma once

#include "consensus/state.h"

// The state at one block, in place of the blocks before it.
namespace tanji::consensus {

void install_snapshot(State& state, const BlockRef& block, const Membership& membership);

}  // namespace tanji::consensus
