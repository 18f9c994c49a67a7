#include "consensus/election.h"

#include "consensus/replication.h"

#include <cassert>

namespace tanji::consensus {
namespace {

// A voter of the old list may be needed until the new membership is committed, though it is in it
// no more (thesis §4.2.2).
bool may_stand(const State& state) {
    return state.electable && !state.recovering &&
           (is_voter(state.membership(), state.settings.self) ||
            is_voter(state.memberships.committed(), state.settings.self));
}

void ask_all(State& state, const Message& question, bool gated) {
    for (const NodeId node : members_of(state.membership())) {
        if (node == state.settings.self || !is_voter(state.membership(), node)) {
            continue;
        }
        if (gated) {
            state.send(node, question);
        } else {
            state.send_now(node, question);
        }
    }
}

void become_leader(State& state) {
    assert(state.leader == 0 && state.vote == state.settings.self);
    state.role = Role::leader;
    state.leader = state.settings.self;
    state.transfer_order.reset();
    state.heartbeat_ticks = 0;
    state.quorum_ticks = 0;
    state.first_of_term = 0;
    state.uncommitted_bytes = 0;
    follow_members(state);
    // Nothing else is sealed, read or changed before the first block of the term is committed.
    state.sealing = SealRequest{
        .slot =
            {
                .at = {.term = state.term, .index = state.log.last().at.index + 1},
                .prev = state.log.last().hash,
                .membership = state.membership().number,
            },
        .kind = Kind::no_op,
        .membership = {},
    };
    state.ready.seal = state.sealing;
}

// Candidates that end behind what this node promised are refused (term first, then index).
bool is_up_to_date(const State& state, const Position& candidate) {
    return candidate >= state.claim();
}

bool is_told_by_my_leader(const State& state, NodeId from, const Vote& message) {
    return message.transfer && message.transfer->term == state.term &&
           message.term == state.term + 1 && message.transfer->from == state.leader &&
           message.transfer->to == from && state.leader != 0;
}

}  // namespace

bool follows_a_leader(const State& state) {
    return state.leads() || (state.leader != 0 && state.timing.follows_a_leader());
}

void stand(State& state) {
    state.timing.reset();
    if (!may_stand(state)) {
        return;
    }
    if (is_alone(state.membership(), state.settings.self)) {
        campaign(state);
        return;
    }
    become_follower(state, state.term, 0);
    state.role = Role::pre_candidate;
    state.tally.answer(state.settings.self, true);
    ask_all(state, PreVote{.term = state.term + 1, .last = state.log.last().at}, false);
}

void campaign(State& state) {
    if (!may_stand(state)) {
        return;
    }
    const auto order = state.transfer_order;
    become_follower(state, state.term + 1, 0);
    state.promise(state.term, state.settings.self);
    state.role = Role::candidate;
    state.timing.reset();
    // Requests wait for the same write as the own vote.
    ask_all(state, Vote{.term = state.term, .last = state.log.last().at, .transfer = order}, true);
}

void step_pre_vote(State& state, NodeId from, const PreVote& message) {
    const bool granted =
        message.term > state.term && is_up_to_date(state, message.last) && !follows_a_leader(state);
    state.send_now(
        from, PreVoteReply{.term = granted ? message.term : state.term, .granted = granted}
    );
}

void step_pre_vote_reply(State& state, NodeId from, const PreVoteReply& message) {
    if (!message.granted && message.term > state.term) {
        become_follower(state, message.term, 0);
        return;
    }
    const bool answers = message.granted ? message.term == state.term + 1 : true;
    if (state.role != Role::pre_candidate || !answers) {
        return;
    }
    state.tally.answer(from, message.granted);
    if (state.tally.won(state.membership())) {
        campaign(state);
    } else if (state.tally.lost(state.membership())) {
        become_follower(state, state.term, 0);
    }
}

void step_vote(State& state, NodeId from, const Vote& message) {
    const bool told = is_told_by_my_leader(state, from, message);
    if (message.term >= state.term && follows_a_leader(state) && !told) {
        return;  // neither the request nor its term counts
    }
    if (message.term > state.term) {
        become_follower(state, message.term, 0);
    }
    const bool free = !state.vote || *state.vote == from;
    const bool granted = message.term == state.term && free && is_up_to_date(state, message.last);
    if (granted) {
        if (!state.vote) {
            state.promise(state.term, from);
        }
        state.timing.reset();
    }
    state.send(from, VoteReply{.term = state.term, .granted = granted});
}

void step_vote_reply(State& state, NodeId from, const VoteReply& message) {
    if (message.term > state.term) {
        become_follower(state, message.term, 0);
        return;
    }
    if (state.role != Role::candidate || message.term != state.term) {
        return;
    }
    state.tally.answer(from, message.granted);
    if (state.tally.won(state.membership())) {
        become_leader(state);
    } else if (state.tally.lost(state.membership())) {
        become_follower(state, state.term, 0);
    }
}

void count_own_vote(State& state) {
    state.tally.answer(state.settings.self, true);
    if (state.tally.won(state.membership())) {
        become_leader(state);
    }
}

void check_quorum(State& state) {
    std::map<NodeId, bool> heard;
    for (auto& [node, progress] : state.progress) {
        heard[node] = progress.take_heard();
    }
    const bool enough = is_quorum(state.membership(), [&](NodeId node) {
        return node == state.settings.self || heard[node];
    });
    if (!enough) {
        become_follower(state, state.term, 0);
    }
}

}  // namespace tanji::consensus
