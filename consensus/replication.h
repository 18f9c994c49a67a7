#pragma once

#include "consensus/state.h"

// Blocks from the leader to the others, and what is committed.
namespace tanji::consensus {

// The leader keeps progress of exactly the members in force.
void follow_members(State& state);
// The leader has new blocks, or more room: sends what each follower may get.
void send_appends(State& state);
void send_heartbeats(State& state);
// The leader sealed a block for the end of its log.
void append_own(State& state, const BlockRef& block);
// More may be durable on a majority.
void advance_leader_commit(State& state);
void commit_up_to(State& state, Index index);

void step_append_reply(State& state, NodeId from, const AppendReply& message);
void step_heartbeat_reply(State& state, NodeId from, const HeartbeatReply& message);

}  // namespace tanji::consensus
