#pragma once

#include "consensus/state.h"

// Changing who counts: always through a joint phase, which ends by itself.
namespace tanji::consensus {

bool begin_change(State& state, const Membership& target);
// A joint membership is committed: the final one follows. A leader that is no voter any more hands
// over once that is committed.
void continue_change(State& state);

}  // namespace tanji::consensus
