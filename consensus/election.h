#pragma once

#include "consensus/state.h"

// Who leads: pre-vote, vote, becoming leader, counting who is still there.
namespace tanji::consensus {

// The election time-out is over. Does nothing on a node that may not stand.
// It leads, or heard the leader within an election time-out.
bool follows_a_leader(const State& state);
void stand(State& state);
// Skips the pre-vote: nobody need be asked first, or the leader itself told this node to stand.
void campaign(State& state);

void step_pre_vote(State& state, NodeId from, const PreVote& message);
void step_pre_vote_reply(State& state, NodeId from, const PreVoteReply& message);
void step_vote(State& state, NodeId from, const Vote& message);
void step_vote_reply(State& state, NodeId from, const VoteReply& message);

// The candidate's term and vote are durable: its own vote counts.
void count_own_vote(State& state);
// A leader that heard from no majority of late leads no more.
void check_quorum(State& state);

}  // namespace tanji::consensus
