#include "consensus/raft.h"

#include "consensus/election.h"
#include "consensus/following.h"
#include "consensus/reconfigure.h"
#include "consensus/replication.h"
#include "consensus/snapshot.h"
#include "consensus/transfer.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tanji::consensus {
namespace {

constexpr std::uint64_t number_max = std::uint64_t{1} << 63U;
constexpr Term term_leap_max = Term{1} << 32U;

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

bool is_sane(Index index) {
    return index < number_max;
}
bool is_sane(const Position& position) {
    return position.term < number_max && position.index < number_max;
}

// No honest node sends such numbers.
bool is_absurd(const State& state, const Message& message) {
    const Term term = term_of(message);
    if (term >= number_max || term > state.term + term_leap_max) {
        return true;
    }
    return !std::visit(
        Overloaded{
            [](const PreVote& vote) { return is_sane(vote.last) && vote.last.term <= vote.term; },
            [](const Vote& vote) { return is_sane(vote.last) && vote.last.term <= vote.term; },
            [](const Append& append) { return is_sane(append.prev) && is_sane(append.commit); },
            [](const AppendReply& reply) { return is_sane(reply.index) && is_sane(reply.hint); },
            [](const Heartbeat& heartbeat) { return is_sane(heartbeat.commit); },
            [](const HeartbeatReply& reply) { return is_sane(reply.commit); },
            [](const auto&) { return true; },
        },
        message
    );
}

void dispatch(State& state, NodeId from, const Message& message) {
    std::visit(
        Overloaded{
            [&](const PreVote& m) { step_pre_vote(state, from, m); },
            [&](const PreVoteReply& m) { step_pre_vote_reply(state, from, m); },
            [&](const Vote& m) { step_vote(state, from, m); },
            [&](const VoteReply& m) { step_vote_reply(state, from, m); },
            [&](const Append& m) { step_append(state, from, m); },
            [&](const AppendReply& m) { step_append_reply(state, from, m); },
            [&](const Heartbeat& m) { step_heartbeat(state, from, m); },
            [&](const HeartbeatReply& m) { step_heartbeat_reply(state, from, m); },
            [&](const TransferNow& m) { step_transfer_now(state, from, m); },
        },
        message
    );
}

void tick_leader(State& state) {
    const Settings& settings = state.settings;
    tick_transfer(state);
    if (state.leads() && ++state.quorum_ticks >= settings.election_ticks) {
        state.quorum_ticks = 0;
        check_quorum(state);
    }
    if (!state.leads()) {
        return;
    }
    // A leader whose disk does not answer could still commit, but neither reply nor certify.
    if (!state.issued.empty() && state.issued.front().ticks > 2 * settings.election_ticks) {
        begin_transfer_to_best(state);
    }
    if (!state.electable) {
        begin_transfer_to_best(state);
    }
    if (++state.heartbeat_ticks >= settings.heartbeat_ticks) {
        state.heartbeat_ticks = 0;
        send_heartbeats(state);
    }
}

void serve_reads(State& state) {
    if (!state.term_is_open()) {
        if (!state.leads()) {
            for (const Ticket ticket : state.reads.take_all()) {
                state.ready.reads_dropped.push_back(ticket);
            }
        }
        return;
    }
    if (state.reads.waits() && !state.reads.is_open()) {
        state.reads.open_round(state.committed);
        state.heartbeat_ticks = 0;
        send_heartbeats(state);
    }
    const auto confirmed = state.reads.take_confirmed([&](std::uint64_t number) {
        return is_quorum(state.membership(), [&](NodeId node) {
            const auto progress = state.progress.find(node);
            return node == state.settings.self ||
                   (progress != state.progress.end() && progress->second.read() >= number);
        });
    });
    for (const Reads::Granted& read : confirmed) {
        state.ready.reads.push_back({.ticket = read.ticket, .index = read.index});
    }
}

void finish_write(State& state) {
    if (!state.writing) {
        return;
    }
    Write write = {.token = Token{state.last_token}, .promise = {}, .blocks = {}, .mark = {}};
    if (std::exchange(state.promise_changed, false)) {
        write.promise = Promise{.term = state.term, .vote = state.vote};
    }
    write.blocks = std::exchange(state.to_write, {});
    if (!state.recovering || state.recovered_by != Token{}) {
        write.mark = id_of(state.log.last());
    }
    state.writing = false;
    state.issued.push_back({.token = write.token, .ticks = 0});
    state.ready.write = std::move(write);
}

void hand_out(State& state) {
    const Index last = std::min(state.committed, state.durable.index());
    if (last > state.handed_out) {
        state.ready.apply = {.first = state.handed_out + 1, .last = last};
        state.handed_out = last;
    }
    state.log.hold_from(std::max(state.log.first_held(), last));
}

void notice_changes(State& state) {
    if (state.role != state.noticed_role || state.term != state.noticed_term ||
        state.leader != state.noticed_leader) {
        state.noticed_role = state.role;
        state.noticed_term = state.term;
        state.noticed_leader = state.leader;
        state.notice(Noticed::role);
    }
    if (state.membership().number != state.noticed_membership) {
        state.noticed_membership = state.membership().number;
        state.notice(Noticed::membership);
    }
    // A newcomer has not been one before; a leader that is removed hands over first.
    const bool takes_part = is_member(state.memberships.committed(), state.settings.self);
    if (state.took_part && !takes_part && !state.leads()) {
        state.notice(Noticed::removed);
    }
    state.took_part = takes_part || (state.took_part && state.leads());
}

}  // namespace

Raft::Raft(const Settings& settings, const Restored& restored) : state_(settings, restored) {}

void Raft::tick() {
    state_.timing.tick();
    for (State::Issued& issued : state_.issued) {
        ++issued.ticks;
    }
    if (state_.leads()) {
        tick_leader(state_);
    } else if (state_.timing.timed_out() || (state_.role == Role::follower &&
                                             is_alone(state_.membership(), state_.settings.self))) {
        stand(state_);
    }
}

void Raft::step(NodeId from, Incarnation incarnation, const Message& message) {
    if (incarnation < state_.incarnations[from] || from == state_.settings.self) {
        return;
    }
    if (incarnation > state_.incarnations[from]) {
        peer_joined(from, incarnation);
    }
    if (is_absurd(state_, message)) {
        state_.notice(Noticed::absurd_message, from);
        return;
    }
    dispatch(state_, from, message);
}

void Raft::peer_joined(NodeId peer, Incarnation incarnation) {
    if (incarnation < state_.incarnations[peer]) {
        return;
    }
    state_.incarnations[peer] = incarnation;
    if (const auto progress = state_.progress.find(peer); progress != state_.progress.end()) {
        progress->second.joined(incarnation);
        send_appends(state_);
    }
}

std::optional<Slot> Raft::open_slot() const {
    const Index uncommitted = state_.log.last().at.index - state_.committed;
    const bool room = uncommitted < state_.settings.limits.inflight_blocks &&
                      state_.uncommitted_bytes < state_.settings.limits.inflight_bytes;
    if (!state_.term_is_open() || !room || state_.sealing || state_.transferring_to != 0) {
        return std::nullopt;
    }
    return Slot{
        .at = {.term = state_.term, .index = state_.log.last().at.index + 1},
        .prev = state_.log.last().hash,
        .membership = state_.membership().number,
    };
}

bool Raft::propose(const BlockRef& block) {
    std::optional<Slot> slot = open_slot();
    if (state_.leads() && state_.sealing) {
        const SealRequest& wanted = *state_.sealing;
        if (block.kind != wanted.kind || block.membership != wanted.membership) {
            return false;
        }
        slot = wanted.slot;
    }
    if (!slot || block.at != slot->at || block.prev != slot->prev) {
        return false;
    }
    state_.sealing.reset();
    append_own(state_, block);
    return true;
}

void Raft::wrote(Token token) {
    state_.durable_token = std::max(state_.durable_token, token);
    std::erase_if(state_.issued, [&](const State::Issued& issued) {
        return issued.token <= token;
    });
    state_.durable.wrote(token);
    if (state_.recovering && state_.recovered_by != Token{} && state_.recovered_by <= token) {
        state_.recovering = false;
        state_.notice(Noticed::recovered);
    }
    // First what rests on it, then what follows from it.
    for (Gated& gated : std::exchange(state_.gated, {})) {
        if (gated.after <= token) {
            state_.ready.sends.push_back(std::move(gated.send));
        } else {
            state_.gated.push_back(std::move(gated));
        }
    }
    if (state_.role == Role::candidate && state_.promise_token <= token) {
        count_own_vote(state_);
    }
    advance_leader_commit(state_);
}

void Raft::applied(Index index) {
    assert(index >= state_.applied && index <= state_.handed_out);
    state_.applied = index;
}

void Raft::cosigned(Index block) {
    state_.floor = std::max(state_.floor, block);
}

void Raft::request_read(Ticket ticket) {
    state_.reads.add(ticket);
}

bool Raft::change_membership(const Membership& target) {
    return begin_change(state_, target);
}

bool Raft::transfer_to(NodeId to) {
    return to == 0 ? begin_transfer_to_best(state_) : begin_transfer(state_, to);
}

void Raft::leave_term(Term term) {
    if (state_.term == term && !state_.leads()) {
        state_.muted = term;
        become_follower(state_, term, 0);
    }
}

void Raft::set_electable(bool electable) {
    state_.electable = electable;
}

void Raft::kept_from(Index first) {
    state_.kept = std::max(state_.kept, first);
}

void Raft::snapshot_installed(const BlockRef& block, const Membership& membership) {
    install_snapshot(state_, block, membership);
}

Ready Raft::take_ready() {
    serve_reads(state_);
    // The first block of a term is about to be sealed: it goes with the first message.
    if (state_.leads() && state_.first_of_term != 0) {
        send_appends(state_);
        if (std::exchange(state_.commit_is_news, false)) {
            send_heartbeats(state_);
        }
    }
    hand_out(state_);
    finish_write(state_);
    notice_changes(state_);
    return std::exchange(state_.ready, Ready{});
}

Status Raft::status() const {
    return {
        .role = state_.role,
        .term = state_.term,
        .leader = state_.leader,
        .vote = state_.vote,
        .last = state_.log.last().at,
        .durable = state_.durable.index(),
        .committed = state_.committed,
        .applied = state_.applied,
        .claim = state_.claim(),
        .fit = !state_.recovering,
        .readable = state_.term_is_open(),
        .membership = state_.membership(),
    };
}

std::map<NodeId, Index> Raft::matches() const {
    std::map<NodeId, Index> matches;
    if (state_.leads()) {
        for (const auto& [node, progress] : state_.progress) {
            matches.emplace(node, progress.match());
        }
    }
    return matches;
}

bool Raft::follows_a_leader() const {
    return consensus::follows_a_leader(state_);
}

std::optional<BlockRef> Raft::held(Index index) const {
    const BlockRef* block = state_.log.held(index);
    return block == nullptr ? std::nullopt : std::optional(*block);
}

std::vector<Membership> Raft::memberships_until(const BlockId& block) const {
    const BlockRef* own = state_.log.held(block.at.index);
    const bool known = own != nullptr && id_of(*own) == block && own->at.index >= state_.committed;
    return known ? state_.memberships.until(own->at.index) : std::vector<Membership>();
}

}  // namespace tanji::consensus
