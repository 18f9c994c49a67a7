#include "consensus/state.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tanji::consensus {
namespace {

// Whether the log shows that the marked block is there, or that it was never committed: another
// block at its index, or a later term before it.
bool accounts_for(const Log& log, const BlockId& marked) {
    const bool is_behind = log.last().at.index < marked.at.index;
    return !is_behind || log.last().at.term > marked.at.term;
}

// Whether that is an acknowledgement of the block at `index`.
bool acknowledges(const Send& send, Index index) {
    const auto* reply = std::get_if<AppendReply>(&send.message);
    return reply != nullptr && reply->accepted && reply->index >= index;
}

}  // namespace

State::State(const Settings& given, const Restored& restored)
    : settings(given),
      timing(given.election_ticks, given.seed),
      term(restored.term),
      vote(restored.vote),
      marked(restored.marked),
      floor(restored.floor),
      log(restored.starts, restored.log),
      durable(restored.log.back().at.index),
      memberships(restored.log.front().at.index, restored.membership),
      committed(restored.log.front().at.index),
      applied(restored.applied),
      handed_out(restored.applied),
      kept(restored.first) {
    assert(settings.election_ticks >= 1 && settings.heartbeat_ticks >= 1);
    assert(applied <= committed && term >= log.last().at.term);
    for (Index index = log.first_held() + 1; index <= log.last().at.index; ++index) {
        if (const auto& membership = log.held(index)->membership) {
            memberships.append(index, *membership);
        }
    }
    recovering = !accounts_for(log, marked);
    if (!recovering && marked.hash != log.last().hash) {
        // The process ended between the log and the mark. Nothing behind the mark may be
        // acknowledged before the mark names it.
        promise_token = open_write();
    }
    noticed_term = term;
    noticed_membership = membership().number;
    took_part = is_member(memberships.committed(), settings.self);
}

Token State::open_write() {
    if (!writing) {
        writing = true;
        ++last_token;
    }
    return Token{last_token};
}

void State::promise(Term new_term, std::optional<NodeId> new_vote) {
    term = new_term;
    vote = new_vote;
    promise_changed = true;
    promise_token = open_write();
}

void State::send(NodeId to, Message message, Token after) {
    const Token needed = std::max(after, promise_token);
    if (needed <= durable_token) {
        ready.sends.push_back({.to = to, .message = std::move(message)});
    } else {
        gated.push_back({.after = needed, .send = {.to = to, .message = std::move(message)}});
    }
}

void State::send_now(NodeId to, Message message) {
    ready.sends.push_back({.to = to, .message = std::move(message)});
}

void State::notice(Noticed what, NodeId from, const BlockId& own, const BlockId& other) {
    ready.notices.push_back({.what = what, .from = from, .own = own, .other = other});
}

void State::append(const BlockRef& block) {
    log.append(block);
    const Token token = open_write();
    durable.writing(block.at.index, token);
    to_write.push_back(block);
    if (block.membership) {
        memberships.append(block.at.index, *block.membership);
    }
    if (recovering && recovered_by == Token{} && accounts_for(log, marked)) {
        recovered_by = token;
    }
}

void State::cut_from(Index index) {
    assert(index > fixed());
    log.cut_from(index);
    durable.cut_from(index);
    memberships.cut_from(index);
    while (!to_write.empty() && to_write.back().at.index >= index) {
        to_write.pop_back();
    }
    // What is gone is not acknowledged any more, neither later nor in this very breath.
    std::erase_if(gated, [&](const Gated& each) { return acknowledges(each.send, index); });
    std::erase_if(ready.sends, [&](const Send& each) { return acknowledges(each, index); });
}

void become_follower(State& state, Term term, NodeId leader) {
    assert(term >= state.term);
    if (term > state.term) {
        state.gated.clear();
        state.promise(term, std::nullopt);
        state.timing.reset();
        state.leader = 0;
    }
    if (state.role == Role::candidate) {
        std::erase_if(state.gated, [](const Gated& gated) {
            return std::holds_alternative<Vote>(gated.send.message);
        });
    }
    if (state.role == Role::leader) {
        state.timing.forget_leader();
        state.timing.reset();
    }
    state.role = Role::follower;
    state.leader = leader;
    state.tally.clear();
    state.transfer_order.reset();
    state.progress.clear();
    state.first_of_term = 0;
    state.uncommitted_bytes = 0;
    state.sealing.reset();
    state.ready.seal.reset();
    state.transferring_to = 0;
    state.commit_is_news = false;
    for (const Ticket ticket : state.reads.take_all()) {
        state.ready.reads_dropped.push_back(ticket);
    }
}

}  // namespace tanji::consensus
