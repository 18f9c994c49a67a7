#pragma once

#include "consensus/state.h"

// Handing leadership over.
namespace tanji::consensus {

// False if this node does not lead or `to` is no other voter.
bool begin_transfer(State& state, NodeId to);
// To the voter that has most.
bool begin_transfer_to_best(State& state);
// The target may have caught up by now.
void continue_transfer(State& state);
void tick_transfer(State& state);
void step_transfer_now(State& state, NodeId from, const TransferNow& message);

}  // namespace tanji::consensus
