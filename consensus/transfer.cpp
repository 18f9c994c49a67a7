#include "consensus/transfer.h"

#include "consensus/election.h"

namespace tanji::consensus {

bool begin_transfer(State& state, NodeId to) {
    if (!state.leads() || to == state.settings.self || !is_voter(state.membership(), to) ||
        state.transferring_to != 0) {
        return false;
    }
    state.transferring_to = to;
    state.transfer_sent = false;
    state.transfer_ticks = 0;
    continue_transfer(state);
    return true;
}

bool begin_transfer_to_best(State& state) {
    NodeId best = 0;
    Index most = 0;
    for (const auto& [node, progress] : state.progress) {
        if (is_voter(state.membership(), node) && progress.match() > most) {
            best = node;
            most = progress.match();
        }
    }
    return best != 0 && begin_transfer(state, best);
}

void continue_transfer(State& state) {
    const auto target = state.progress.find(state.transferring_to);
    if (!state.leads() || state.transfer_sent || target == state.progress.end() ||
        target->second.match() != state.log.last().at.index) {
        return;
    }
    state.transfer_sent = true;
    state.send(
        state.transferring_to,
        TransferNow{
            .term = state.term,
            .from = state.settings.self,
            .to = state.transferring_to,
            .signature = {},
        }
    );
}

void tick_transfer(State& state) {
    if (state.transferring_to == 0 || ++state.transfer_ticks < state.settings.election_ticks) {
        return;
    }
    state.transferring_to = 0;
    // Nobody could take over in time, perhaps because nobody takes its blocks. A leader that must
    // not lead leaves in any case.
    if (!is_voter(state.membership(), state.settings.self) || !state.electable) {
        become_follower(state, state.term, 0);
    }
}

void step_transfer_now(State& state, NodeId from, const TransferNow& message) {
    if (message.term != state.term || message.from != from || state.leader != from ||
        message.to != state.settings.self || state.role != Role::follower) {
        return;
    }
    state.transfer_order = message;
    campaign(state);
}

}  // namespace tanji::consensus
