#include "consensus/replication.h"

#include "consensus/reconfigure.h"
#include "consensus/transfer.h"

#include <algorithm>
#include <cassert>

namespace tanji::consensus {
namespace {

void need_snapshot(State& state, NodeId node, Progress& progress) {
    progress.needs_snapshot();
    state.ready.snapshots.push_back(node);
}

// How many blocks one message takes from `next` on. Of blocks that are no longer held by reference
// the sizes are unknown here: the driver may take fewer.
struct Span {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
};
Span span_from(const State& state, Index next) {
    const Limits& limits = state.settings.limits;
    Span span;
    while (span.count < limits.blocks_per_append && next + span.count <= state.log.last().at.index
    ) {
        const BlockRef* block = state.log.held(next + span.count);
        if (block == nullptr && next + span.count >= state.log.first_held()) {
            break;
        }
        const std::uint64_t bytes =
            block != nullptr ? block->bytes : limits.bytes_per_append / limits.blocks_per_append;
        if (span.count > 0 && span.bytes + bytes > limits.bytes_per_append) {
            break;
        }
        span.bytes += bytes;
        ++span.count;
    }
    return span;
}

// Sends one message from `next` on, which may be empty. False if what comes before is unknown here.
bool send_one(State& state, NodeId node, Progress& progress) {
    const Index next = progress.next();
    const auto prev = state.log.position(next - 1);
    if (!prev || (next < state.kept && next <= state.log.last().at.index)) {
        need_snapshot(state, node, progress);
        return false;
    }
    const Span span = span_from(state, next);
    Append append = {
        .term = state.term,
        .prev = *prev,
        .prev_hash = {},
        .count = span.count,
        .commit = state.committed,
        .blocks = {},
    };
    if (const BlockRef* held = state.log.held(next - 1)) {
        append.prev_hash = held->hash;
    }
    progress.sent(next, span.count, span.bytes);
    state.send(node, std::move(append));
    return true;
}

void send_what_fits(State& state, NodeId node, Progress& progress) {
    while (progress.may_send(state.settings.limits)) {
        const bool has_more = progress.next() <= state.log.last().at.index;
        const bool must_probe = progress.mode() == Progress::Mode::probe;
        if ((!has_more && !must_probe) || !send_one(state, node, progress)) {
            return;
        }
    }
}

// An empty append behind everything that was sent: refused if any of it was lost. Sending it all
// again would drown a follower whose disk is slow.
void ask_whether_lost(State& state, NodeId node, Progress& progress) {
    if (progress.match() + 1 == progress.next()) {
        return;
    }
    const BlockRef* prev = state.log.held(progress.next() - 1);
    if (prev == nullptr) {
        progress.lost();
        return;
    }
    state.send(
        node,
        Append{
            .term = state.term,
            .prev = prev->at,
            .prev_hash = prev->hash,
            .count = 0,
            .commit = state.committed,
            .blocks = {},
        }
    );
}

void send_heartbeat(State& state, NodeId node, Progress& progress) {
    const Index commit = std::min(progress.match(), state.committed);
    progress.tell(commit);
    state.send(node, Heartbeat{.term = state.term, .commit = commit, .read = state.reads.number()});
}

Index reached(const State& state, NodeId node) {
    if (node == state.settings.self) {
        return state.durable.index();
    }
    const auto progress = state.progress.find(node);
    return progress == state.progress.end() ? 0 : progress->second.match();
}

// Of the follower that answers; null if the answer is of another term or of nobody that is
// followed. A later term ends this one.
Progress* progress_of(State& state, NodeId from, Term term) {
    if (term > state.term) {
        become_follower(state, term, 0);
        return nullptr;
    }
    const auto found = state.progress.find(from);
    if (!state.leads() || term < state.term || found == state.progress.end()) {
        return nullptr;
    }
    found->second.heard();
    return &found->second;
}

}  // namespace

void follow_members(State& state) {
    // Whom a change removes gets its final block, too: then it knows, and is quiet.
    std::erase_if(state.progress, [&](const auto& entry) {
        return !is_member(state.membership(), entry.first) &&
               !is_member(state.memberships.committed(), entry.first);
    });
    for (const NodeId node : members_of(state.membership())) {
        if (node != state.settings.self) {
            state.progress.try_emplace(
                node, state.log.last().at.index + 1, state.incarnations[node]
            );
        }
    }
}

void send_appends(State& state) {
    for (auto& [node, progress] : state.progress) {
        send_what_fits(state, node, progress);
    }
}

void send_heartbeats(State& state) {
    for (auto& [node, progress] : state.progress) {
        send_heartbeat(state, node, progress);
    }
}

void append_own(State& state, const BlockRef& block) {
    if (state.first_of_term == 0) {
        state.first_of_term = block.at.index;
    }
    state.append(block);
    state.uncommitted_bytes += block.bytes;
    if (block.membership) {
        follow_members(state);
    }
    send_appends(state);
}

void commit_up_to(State& state, Index index) {
    const Index target = std::min(index, state.log.last().at.index);
    if (target <= state.committed) {
        return;
    }
    if (state.leads()) {
        for (Index i = state.committed + 1; i <= target; ++i) {
            const std::uint32_t bytes =
                i >= state.first_of_term ? state.log.held(i)->bytes : 0;  // others never counted
            state.uncommitted_bytes -= bytes;
        }
        state.commit_is_news = true;
    }
    state.committed = target;
    const std::uint64_t before = state.memberships.committed().number;
    state.memberships.commit(target);
    if (state.leads() && state.memberships.committed().number != before) {
        send_heartbeats(state);
        follow_members(state);
    }
}

void advance_leader_commit(State& state) {
    if (!state.leads() || state.first_of_term == 0) {
        return;
    }
    const Index index =
        quorum_index(state.membership(), [&](NodeId node) { return reached(state, node); });
    // Copies of an older term's block do not make it committed.
    if (index >= state.first_of_term && index > state.committed) {
        commit_up_to(state, index);
        continue_change(state);
    }
}

void step_append_reply(State& state, NodeId from, const AppendReply& message) {
    Progress* of = progress_of(state, from, message.term);
    if (of == nullptr) {
        return;
    }
    Progress& progress = *of;
    if (!message.accepted) {
        const bool knows_where = message.hint != Position{};
        const Position meet = state.log.largest_within(message.hint);
        if (!knows_where || !progress.refused(message.index, meet.index)) {
            return;
        }
    } else if (message.index > state.log.last().at.index) {
        state.notice(Noticed::absurd_message, from);
        return;
    } else if (progress.accepted(message.index)) {
        advance_leader_commit(state);
    }
    // Committing may have changed who is a member.
    if (const auto still = state.progress.find(from); still != state.progress.end()) {
        send_what_fits(state, from, still->second);
        // What was committed before it had it, it hears now.
        const bool is_news =
            std::min(still->second.match(), state.committed) > still->second.told();
        if (message.accepted && is_news && !state.commit_is_news) {
            send_heartbeat(state, from, still->second);
        }
        continue_transfer(state);
    }
}

void step_heartbeat_reply(State& state, NodeId from, const HeartbeatReply& message) {
    Progress* of = progress_of(state, from, message.term);
    if (of == nullptr) {
        return;
    }
    Progress& progress = *of;
    progress.answered_read(message.read);
    if (message.commit + 1 >= state.kept) {
        progress.has_snapshot(message.commit);
    } else if (progress.mode() == Progress::Mode::snapshot) {
        state.ready.snapshots.push_back(from);  // the offer may be lost, too
    }
    progress.count_round(state.log.last().at.index - progress.match() <= caught_up_blocks);
    if (progress.mode() == Progress::Mode::probe) {
        progress.retry();  // what was under way may be lost
    } else if (progress.mode() == Progress::Mode::replicate && progress.stalled()) {
        ask_whether_lost(state, from, progress);
    }
    send_what_fits(state, from, progress);
}

}  // namespace tanji::consensus
