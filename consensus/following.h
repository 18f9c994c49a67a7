#pragma once

#include "consensus/state.h"

// What the leader of a term says, and what of it is kept: nothing that is committed or cosigned is
// ever cut, and only what was compared is acknowledged.
namespace tanji::consensus {

void step_append(State& state, NodeId from, const Append& message);
void step_heartbeat(State& state, NodeId from, const Heartbeat& message);

}  // namespace tanji::consensus
