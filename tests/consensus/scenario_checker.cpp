#include "tests/consensus/scenario_checker.h"

#include <algorithm>

namespace tanji::consensus::scenario {
namespace {

[[noreturn]] void broken(const char* rule, const Member& member, const std::string& what) {
    throw Broken(std::string(rule) + ", member " + std::to_string(member.id) + ": " + what);
}

// The node gave its word in a term: it must know that after a crash.
std::optional<Term> pledged(const Message& message) {
    if (const auto* vote = std::get_if<Vote>(&message)) {
        return vote->term;
    }
    if (const auto* reply = std::get_if<VoteReply>(&message)) {
        return reply->granted ? std::optional(reply->term) : std::nullopt;
    }
    if (const auto* reply = std::get_if<AppendReply>(&message)) {
        return reply->accepted ? std::optional(reply->term) : std::nullopt;
    }
    if (std::holds_alternative<Append>(message) || std::holds_alternative<Heartbeat>(message)) {
        return term_of(message);
    }
    return std::nullopt;
}

bool is_majority(const std::vector<NodeId>& list, const auto& yes) {
    return 2 * static_cast<std::size_t>(std::ranges::count_if(list, yes)) > list.size();
}

}  // namespace

Checker::Checker(const BlockPtr& genesis) {
    blocks_[genesis->ref.at] = genesis->ref.hash;
    committed_[1] = genesis->ref.hash;
}

void Checker::appended(const Member& member, const BlockPtr& block) {
    if (liars_.contains(block->leader)) {
        return;
    }
    const auto [known, is_new] = blocks_.try_emplace(block->ref.at, block->ref.hash);
    if (known->second != block->ref.hash) {
        broken("C2", member, "another block " + text_of(block->ref.at) + " than one known before");
    }
    const BlockPtr before = member.disk.log().at(block->ref.at.index - 1);
    if (before && before->ref.hash != block->ref.prev) {
        broken("C2", member, "block " + text_of(block->ref.at) + " does not follow the one before");
    }
}

void Checker::synced(const Member& member) {
    Past& past = past_[member.id];
    const Mark& mark = member.disk.mark();
    if (mark.seq < past.seq || mark.cosigned < past.cosigned) {
        broken("C4", member, "the mark went back");
    }
    past.seq = mark.seq;
    past.cosigned = mark.cosigned;
    const Promise& promise = mark.promise;
    const bool unfaithful =
        promise.term == past.durable_term && past.durable_vote && promise.vote != past.durable_vote;
    if (promise.term < past.durable_term || unfaithful) {
        broken("C4", member, "term or vote went back to term " + std::to_string(promise.term));
    }
    past.durable_term = promise.term;
    past.durable_vote = promise.vote;
    if (promise.vote) {
        const auto [voted, is_new] = votes_[promise.term].try_emplace(member.id, *promise.vote);
        if (voted->second != *promise.vote) {
            broken("C1", member, "two votes in term " + std::to_string(promise.term));
        }
    }
    // New ones stand at the end.
    const Log& log = member.disk.synced();
    for (Index index = log.last(); index >= log.first(); --index) {
        if (!durable_[log.at(index)->ref.hash].insert(member.id).second) {
            break;
        }
    }
}

void Checker::leaves(const Member& member, NodeId to, const Message& message) {
    if (liars_.contains(member.id)) {
        return;
    }
    const Promise& promise = member.disk.mark().promise;
    if (const auto term = pledged(message)) {
        if (*term > promise.term) {
            broken("C5", member, text_of(message) + " leaves before its term is durable");
        }
        past_[member.id].announced = std::max(past_[member.id].announced, *term);
    }
    if (const auto* vote = std::get_if<Vote>(&message);
        vote != nullptr && (promise.term != vote->term || promise.vote != member.id)) {
        broken("C5", member, text_of(message) + " leaves before its own vote is durable");
    }
    if (const auto* reply = std::get_if<VoteReply>(&message);
        reply != nullptr && reply->granted && !has_voted(member.id, reply->term, to)) {
        broken("C5", member, text_of(message) + " leaves before the vote is durable");
    }
    if (const auto* reply = std::get_if<AppendReply>(&message);
        reply != nullptr && reply->accepted) {
        const Log& log = member.disk.synced();
        const BlockPtr there = log.at(reply->index);
        const BlockPtr seen = member.disk.log().at(reply->index);
        if (reply->index >= log.first() && (!there || !seen || seen->ref.hash != there->ref.hash)) {
            broken("C5", member, text_of(message) + " leaves before the block is durable");
        }
        if (member.raft->status().fit && member.disk.mark().block.at.index < reply->index) {
            broken("C5", member, text_of(message) + " leaves before the mark names the block");
        }
    }
}

void Checker::applies(const Member& member, Index index) {
    const BlockPtr block = member.disk.synced().at(index);
    if (!block) {
        broken("F21", member, "applies block " + std::to_string(index) + ", not durable here");
    }
    if (liars_.empty() && !was_committed(id_of(block->ref))) {
        broken("C3", member, "applies block " + text_of(block->ref.at) + ", not committed");
    }
}

void Checker::started(const Member& member, const Restored& restored) {
    Past& past = past_[member.id];
    past.term = restored.term;
    past.committed = 0;
    past.role = Role::follower;
    if (member.disk.was_rolled_back()) {
        return;
    }
    if (restored.term < past.announced || restored.term < past.durable_term) {
        broken("C4", member, "starts in term " + std::to_string(restored.term));
    }
    if (restored.floor < past.cosigned) {
        broken("C4", member, "forgot what it cosigned");
    }
    synced(member);
}

void Checker::observe(const Member& member) {
    if (!member.runs()) {
        return;
    }
    const Status status = member.raft->status();
    Past& past = past_[member.id];
    if (status.term < past.term) {
        broken("C4", member, "its term went back");
    }
    if (status.committed < past.committed) {
        broken("C3", member, "its commit went back to " + std::to_string(status.committed));
    }
    if (status.committed > status.last.index && status.last.index >= member.disk.applied()) {
        broken("R7", member, "commit is above the last block");
    }
    const BlockPtr own = member.disk.log().at(status.durable);
    const BlockPtr there = member.disk.synced().at(status.durable);
    if (status.durable >= member.disk.log().first() &&
        (!own || !there || own->ref.hash != there->ref.hash)) {
        broken("C5", member, "thinks that block " + std::to_string(status.durable) + " is durable");
    }
    if (status.last.index != member.disk.log().last() ||
        status.last != member.disk.log().blocks.back()->ref.at) {
        broken("D2", member, "core and disk differ about the last block");
    }
    if (!liars_.contains(member.id)) {
        check_leader(member, status);
        check_commit(member, status);
    }
    past.term = status.term;
    past.committed = status.committed;
    past.role = status.role;
}

void Checker::check_leader(const Member& member, const Status& status) {
    if (status.role != Role::leader) {
        return;
    }
    const auto [leader, is_new] = leaders_.try_emplace(status.term, member.id);
    if (leader->second != member.id) {
        broken("C1", member, "a second leader of term " + std::to_string(status.term));
    }
    if (!status.fit) {
        broken("5.3", member, "leads while it recovers");
    }
    if (past_[member.id].role == Role::leader) {
        return;
    }
    // Its membership may already be another one if it was elected and committed in one step, which
    // a single voter does.
    if (liars_.empty() && !was_elected(status.membership, status.term, member.id)) {
        broken("C1", member, "leads term " + std::to_string(status.term) + " without a majority");
    }
    const Log& log = member.disk.log();
    for (const auto& [index, hash] : committed_) {
        // Votes may be late: a leader of an older term knows nothing of what a later one committed.
        const auto in = committed_in_.find(index);
        const bool is_older = in != committed_in_.end() && in->second >= status.term;
        if (index < log.first() || !liars_.empty() || is_older) {
            continue;
        }
        const BlockPtr own = log.at(index);
        if (!own || own->ref.hash != hash) {
            broken("C3", member, "leads without the committed block " + std::to_string(index));
        }
    }
}

void Checker::check_commit(const Member& member, const Status& status) {
    const Past& past = past_[member.id];
    const Log& log = member.disk.log();
    if (status.committed <= past.committed) {
        return;
    }
    const Index first = std::max(past.committed + 1, log.first());
    const BlockPtr top = log.at(status.committed);
    const bool is_news = !committed_.contains(status.committed);
    for (Index index = first; index <= std::min(status.committed, log.last()); ++index) {
        if (liars_.contains(log.at(index)->leader)) {
            continue;  // who believed them is not to blame
        }
        const Hash& hash = log.at(index)->ref.hash;
        const auto [known, added] = committed_.try_emplace(index, hash);
        committed_in_.try_emplace(index, status.term);
        if (known->second != hash) {
            broken("C3", member, "committed another block " + std::to_string(index));
        }
    }
    if (!top || !liars_.empty()) {
        return;
    }
    if (is_news && status.role != Role::leader && past.role != Role::leader) {
        broken("C3", member, "committed block " + text_of(top->ref.at) + " before any leader");
    }
    if (is_news && status.role == Role::leader && past.role == Role::leader) {
        if (top->ref.at.term != status.term) {
            broken("F6", member, "counted copies of the older block " + text_of(top->ref.at));
        }
        if (!is_durable_on_majority(status.membership, top->ref.hash)) {
            broken("F6", member, "committed " + text_of(top->ref.at) + " without a majority");
        }
    }
}

bool Checker::is_durable_on_majority(const Membership& membership, const Hash& hash) const {
    const auto found = durable_.find(hash);
    const auto has = [&](NodeId node) {
        return found != durable_.end() && found->second.contains(node);
    };
    return is_majority(membership.voters, has) &&
           (!membership.is_joint() || is_majority(membership.old_voters, has));
}

bool Checker::was_elected(const Membership& membership, Term term, NodeId leader) const {
    const auto voted = [&](NodeId node) { return has_voted(node, term, leader); };
    return is_majority(membership.voters, voted) &&
           (!membership.is_joint() || is_majority(membership.old_voters, voted));
}

bool Checker::has_voted(NodeId voter, Term term, NodeId candidate) const {
    const auto votes = votes_.find(term);
    if (votes == votes_.end()) {
        return false;
    }
    const auto vote = votes->second.find(voter);
    return vote != votes->second.end() && vote->second == candidate;
}

bool Checker::was_committed(const BlockId& block) const {
    const auto known = committed_.find(block.at.index);
    return known != committed_.end() && known->second == block.hash;
}

}  // namespace tanji::consensus::scenario
