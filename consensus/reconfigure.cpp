#include "consensus/reconfigure.h"

#include "consensus/transfer.h"

#include <algorithm>

namespace tanji::consensus {
namespace {

// A voter comes from the learners, and close behind the leader: a majority must be able to go on
// from the moment the block is appended.
bool may_become_voter(const State& state, NodeId node) {
    if (node == state.settings.self || is_voter(state.membership(), node)) {
        return true;
    }
    const auto progress = state.progress.find(node);
    return progress != state.progress.end() && progress->second.is_caught_up();
}

void seal_membership(State& state, Membership next) {
    next.number = state.membership().number + 1;
    state.sealing = SealRequest{
        .slot =
            {
                .at = {.term = state.term, .index = state.log.last().at.index + 1},
                .prev = state.log.last().hash,
                .membership = next.number,
            },
        .kind = Kind::membership,
        .membership = std::move(next),
    };
    state.ready.seal = state.sealing;
}

}  // namespace

bool begin_change(State& state, const Membership& target) {
    const bool ready = state.term_is_open() && !state.memberships.has_uncommitted() &&
                       !state.membership().is_joint() && !state.sealing &&
                       state.transferring_to == 0;
    const bool known = std::ranges::all_of(target.voters, [&](NodeId node) {
        return may_become_voter(state, node);
    });
    if (!ready || !known || target.is_joint() || !is_well_formed(target)) {
        return false;
    }
    Membership joint = target;
    joint.old_voters = state.membership().voters;
    seal_membership(state, std::move(joint));
    return true;
}

void continue_change(State& state) {
    const bool settled = state.committed >= state.memberships.in_force_from();
    if (!state.term_is_open() || !settled || state.sealing) {
        return;
    }
    if (state.membership().is_joint()) {
        Membership last = state.membership();
        last.old_voters.clear();
        seal_membership(state, std::move(last));
    } else if (!is_voter(state.membership(), state.settings.self)) {
        begin_transfer_to_best(state);
    }
}

}  // namespace tanji::consensus
