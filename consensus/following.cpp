#include "consensus/following.h"

#include "consensus/replication.h"

#include <algorithm>
#include <span>

namespace tanji::consensus {
namespace {

// A valid message of the term's leader. False if the node acknowledges nothing from it.
bool accept_leader(State& state, NodeId from, Term term) {
    if (term > state.term ||
        (state.role != Role::leader && state.leader == 0 && state.muted != state.term)) {
        become_follower(state, term, from);
    }
    if (state.muted == state.term) {
        return false;
    }
    if (state.leader != from) {
        // Two leaders in one term: somebody lies. The second is refused, and so is everybody in
        // this term from now on.
        state.muted = state.term;
        state.notice(Noticed::two_leaders, from);
        become_follower(state, state.term, 0);
        return false;
    }
    state.timing.reset();
    state.timing.heard_leader();
    return true;
}

void refuse(State& state, NodeId from, const Append& message, const Position& hint) {
    state.send(
        from,
        AppendReply{
            .term = state.term,
            .accepted = false,
            .index = message.prev.index,
            .hint = hint,
            .conflict = false,
        }
    );
}

// The block contradicts one that is never cut: the node leaves this term.
void refuse_conflict(
    State& state, NodeId from, const Append& message, const BlockId& own, const BlockId& other
) {
    state.notice(Noticed::conflict, from, own, other);
    state.send(
        from,
        AppendReply{
            .term = state.term,
            .accepted = false,
            .index = message.prev.index,
            .hint = {},
            .conflict = true,
        }
    );
    state.muted = state.term;
    become_follower(state, state.term, 0);
}

// Indexes and hashes join on, terms do not fall and are none above the message's.
bool is_in_order(const Append& message) {
    Position before = message.prev;
    Hash hash = message.prev_hash;
    for (const BlockRef& block : message.blocks) {
        if (block.at.index != before.index + 1 || block.at.term < before.term ||
            block.prev != hash) {
            return false;
        }
        before = block.at;
        hash = block.hash;
    }
    return before.term <= message.term && message.prev.index >= 1;
}

// A membership is in force as soon as its block is appended, so one that does not follow from the
// one before must not get that far: it might leave nobody else to elect.
bool has_lawful_memberships(const State& state, const Append& message) {
    const Membership* in_force = &state.memberships.at(message.prev.index);
    for (const BlockRef& block : message.blocks) {
        if (block.membership) {
            if (!follows(*block.membership, *in_force)) {
                return false;
            }
            in_force = &*block.membership;
        }
    }
    return true;
}

// The branch that is about to be cut, from where another comes in: whoever signed a block of one
// place on both is convicted. At the first of a term somebody else may have signed one of the two.
void notice_forks(State& state, NodeId from, std::span<const BlockRef> other) {
    for (const BlockRef& block : other) {
        const BlockRef* own = state.log.held(block.at.index);
        if (own != nullptr && own->at == block.at) {
            state.notice(Noticed::fork, from, id_of(*own), id_of(block));
        }
    }
}

// Takes what follows the block at `prev`, which is equal. False if it contradicts what is fixed.
bool take_blocks(State& state, NodeId from, const Append& message) {
    const std::span<const BlockRef> blocks = message.blocks;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const BlockRef& block = blocks[i];
        if (const BlockRef* own = state.log.held(block.at.index)) {
            if (own->hash == block.hash) {
                continue;
            }
            if (block.at.index <= state.fixed()) {
                refuse_conflict(state, from, message, id_of(*own), id_of(block));
                return false;
            }
            notice_forks(state, from, blocks.subspan(i));
            state.cut_from(block.at.index);
        }
        state.append(block);
    }
    return true;
}

}  // namespace

void step_append(State& state, NodeId from, const Append& message) {
    if (message.term < state.term) {
        refuse(state, from, message, {});
        return;
    }
    if (!is_in_order(message)) {
        state.notice(Noticed::absurd_message, from);
        return;
    }
    if (!accept_leader(state, from, message.term)) {
        return;
    }
    if (message.prev.index < state.committed) {
        // What was not compared is never acknowledged.
        refuse(state, from, message, *state.log.position(state.committed));
        return;
    }
    const BlockRef* own = state.log.held(message.prev.index);
    if (own == nullptr) {
        refuse(state, from, message, state.log.largest_within(message.prev));
        return;
    }
    if (own->hash == message.prev_hash && own->at != message.prev) {
        state.notice(Noticed::absurd_message, from);
        return;
    }
    if (own->hash != message.prev_hash) {
        if (message.prev.index <= state.fixed()) {
            const BlockId other = {.at = message.prev, .hash = message.prev_hash};
            refuse_conflict(state, from, message, id_of(*own), other);
            return;
        }
        const Position below = {.term = message.prev.term, .index = message.prev.index - 1};
        refuse(state, from, message, state.log.largest_within(below));
        return;
    }
    if (!has_lawful_memberships(state, message)) {
        state.notice(Noticed::absurd_message, from);
        refuse(state, from, message, {});
        state.muted = state.term;
        become_follower(state, state.term, 0);
        return;
    }
    if (!take_blocks(state, from, message)) {
        return;
    }
    // Only what this message covers is known to be equal.
    const Index verified = message.prev.index + message.blocks.size();
    commit_up_to(state, std::min(message.commit, verified));
    state.send(
        from,
        AppendReply{
            .term = state.term,
            .accepted = true,
            .index = verified,
            .hint = {},
            .conflict = false,
        },
        state.durable.token_of(verified)
    );
}

void step_heartbeat(State& state, NodeId from, const Heartbeat& message) {
    if (message.term < state.term) {
        state.send(from, HeartbeatReply{.term = state.term, .read = 0, .commit = state.committed});
        return;
    }
    if (!accept_leader(state, from, message.term)) {
        return;
    }
    // The leader says no more than what this node acknowledged to it.
    commit_up_to(state, std::min(message.commit, state.durable.index()));
    state.send(
        from, HeartbeatReply{.term = state.term, .read = message.read, .commit = state.committed}
    );
}

}  // namespace tanji::consensus
