#include "tests/consensus/scenario_cluster.h"

#include <algorithm>

namespace tanji::consensus::scenario {
namespace {

constexpr std::size_t messages_max = 20'000;  // in one settling; more is a loop

Membership genesis_membership(const Setup& setup) {
    Membership membership;
    membership.number = 1;
    membership.voters = setup.voters;
    membership.learners = setup.learners;
    return membership;
}

}  // namespace

Cluster::Cluster(const Setup& setup)
    : setup_(setup),
      genesis_(genesis(genesis_membership(setup))),
      checker_(genesis_) {
    contents_[genesis_->ref.hash] = genesis_;
    for (const auto& list : {setup.voters, setup.learners, setup.spares}) {
        for (const NodeId id : list) {
            members_[id] = std::make_unique<Member>(id, genesis_);
        }
    }
    for (const NodeId id : ids()) {
        restart(id);
    }
}

Member& Cluster::at(NodeId id) {
    const auto found = members_.find(id);
    if (found == members_.end()) {
        throw Broken("there is no member " + std::to_string(id));
    }
    return *found->second;
}

std::vector<NodeId> Cluster::ids() const {
    std::vector<NodeId> all;
    for (const auto& [id, member] : members_) {
        all.push_back(id);
    }
    return all;
}

void Cluster::tick(NodeId id) {
    Member& member = at(id);
    if (member.runs()) {
        member.raft->tick();
        pump(member);
    }
}

void Cluster::deliver(Network::Link link, std::size_t place) {
    arrive(network_.take(link, place));
}

void Cluster::deliver_late(Network::Link link) {
    arrive(network_.let_go(link));
}

void Cluster::drop(Network::Link link, std::size_t place) {
    trace_.lost(network_.take(link, place));
}

void Cluster::settle() {
    std::size_t messages = 0;
    for (auto busy = network_.busy(); !busy.empty(); busy = network_.busy()) {
        for (const Network::Link& link : busy) {
            if (network_.under_way(link).empty()) {
                continue;  // its receiver stopped meanwhile
            }
            deliver(link);
            if (++messages > messages_max) {
                throw Broken("nothing settles: messages without end");
            }
        }
    }
}

void Cluster::settle_election(const std::vector<NodeId>& among) {
    for (bool news = true; news;) {
        news = false;
        for (const NodeId from : among) {
            for (const NodeId to : among) {
                const auto& queue = network_.under_way({from, to});
                const auto found = std::ranges::find_if(queue, is_election);
                if (found != queue.end()) {
                    deliver({from, to}, static_cast<std::size_t>(found - queue.begin()));
                    news = true;
                }
            }
        }
        for (const NodeId id : among) {
            const Member& member = at(id);
            if (member.runs() && member.disk.unsynced() > 0 &&
                member.raft->status().role != Role::leader) {
                sync(id, member.disk.unsynced());
                news = true;
            }
        }
    }
}

std::size_t Cluster::questions_of(NodeId id) {
    std::size_t questions = 0;
    for (const NodeId to : ids()) {
        for (const Envelope& each : network_.under_way({id, to})) {
            const auto* message = std::get_if<Message>(&each.content);
            questions += message != nullptr && (std::holds_alternative<PreVote>(*message) ||
                                                std::holds_alternative<Vote>(*message));
        }
    }
    return questions;
}

void Cluster::say(Network::Link link, const Message& message) {
    Envelope envelope = addressed(at(link.first), at(link.second));
    envelope.content = message;
    if (auto* append = std::get_if<Append>(&std::get<Message>(envelope.content))) {
        fill(at(link.first), *append, envelope.blocks);
    }
    send(std::move(envelope));
}

void Cluster::keep_silent(NodeId id) {
    for (const NodeId to : ids()) {
        const auto& queue = network_.under_way({id, to});
        for (std::size_t place = queue.size(); place-- > 0;) {
            const auto* message = std::get_if<Message>(&queue[place].content);
            if (message != nullptr && std::holds_alternative<PreVote>(*message)) {
                drop({id, to}, place);
            }
        }
    }
}

void Cluster::heal() {
    network_.heal();
    meet_all();
}

void Cluster::heal(Network::Link link) {
    network_.heal(link);
    meet_all();
}

void Cluster::reconnect(NodeId one, NodeId other) {
    if (!knows(at(one), at(other)) || !knows(at(other), at(one))) {
        return;
    }
    for (const auto& [to, from] : {std::pair{one, other}, std::pair{other, one}}) {
        while (!network_.under_way({from, to}).empty()) {
            drop({from, to});
        }
    }
    for (const auto& [to, from] : {std::pair{one, other}, std::pair{other, one}}) {
        if (at(to).runs() && at(from).runs()) {
            introduce(at(to), at(from));
            pump(at(to));
        }
    }
}

bool Cluster::propose(NodeId id, const std::string& text) {
    Member& member = at(id);
    const auto slot = member.runs() ? member.raft->open_slot() : std::nullopt;
    if (!slot) {
        return false;
    }
    const BlockPtr block = sealed_for(member, *slot, text);
    if (!member.raft->propose(block->ref)) {
        throw Broken("the core refused a block sealed for its open slot");
    }
    pump(member);
    return true;
}

void Cluster::request_read(NodeId id, const std::string& name) {
    Member& member = at(id);
    reads_[name] = {.needed = checker_.committed()};
    tickets_.push_back(name);
    if (!member.runs()) {
        reads_[name].state = Read::dropped;
        return;
    }
    member.raft->request_read(tickets_.size());
    pump(member);
}

bool Cluster::transfer(NodeId from, NodeId to) {
    Member& member = at(from);
    const bool begun = member.runs() && member.raft->transfer_to(to);
    pump(member);
    return begun;
}

bool Cluster::change(NodeId id, const Membership& target) {
    Member& member = at(id);
    const bool begun = member.runs() && member.raft->change_membership(target);
    pump(member);
    return begun;
}

void Cluster::cosign(NodeId id, Index block) {
    Member& member = at(id);
    if (!member.runs() || block > member.disk.applied() || block <= member.disk.mark().cosigned) {
        throw Broken("a member cosigns what it applied, and nothing smaller than before");
    }
    member.disk.cosign(block);
    checker_.synced(member);
    member.raft->cosigned(block);
    pump(member);
}

void Cluster::take_snapshot(NodeId id) {
    at(id).snapshot = at(id).disk.snapshot();
}

void Cluster::compact(NodeId id, Index first) {
    Member& member = at(id);
    if (!member.snapshot || member.snapshot->block->ref.at.index < first) {
        take_snapshot(id);
    }
    member.disk.compact(first);
    if (member.runs()) {
        member.raft->kept_from(first);
        pump(member);
    }
}

void Cluster::ship(Network::Link link) {
    send_snapshot(at(link.first), link.second);
}

void Cluster::set_electable(NodeId id, bool electable) {
    if (at(id).runs()) {
        at(id).raft->set_electable(electable);
        pump(at(id));
    }
}

void Cluster::sync(NodeId id, std::size_t writes) {
    Member& member = at(id);
    const Token done = member.disk.sync(writes);
    if (done == Token{}) {
        return;
    }
    checker_.synced(member);
    if (member.runs()) {
        member.raft->wrote(done);
        pump(member);
    }
}

void Cluster::crash(NodeId id, bool unsynced, bool also_sent) {
    Member& member = at(id);
    trace_.remark(id, unsynced ? "loses power" : "is killed");
    member.raft.reset();
    member.known.clear();
    member.disk.crash(unsynced);
    network_.forget(id, also_sent);
}

void Cluster::restart(NodeId id) {
    Member& member = at(id);
    if (member.runs()) {
        throw Broken("member " + std::to_string(id) + " runs already");
    }
    const auto started = member.disk.start();
    if (!started) {
        member.refused = started.error();
        trace_.remark(id, "refuses to start: " + member.refused);
        return;
    }
    member.refused.clear();
    member.incarnation = started->incarnation;
    member.process = ++processes_;
    member.notices.clear();
    checker_.started(member, started->restored);
    Settings settings = setup_.settings;
    settings.self = id;
    settings.seed = setup_.seed * 1'000'003 + id * 101 + member.process;
    member.raft.emplace(settings, started->restored);
    trace_.remark(id, "starts");
    pump(member);
    meet_all();
}

void Cluster::trust_no_more(NodeId id) {
    at(id).lies.any = true;
    checker_.distrust(id);
}

NodeId Cluster::leader() const {
    NodeId best = 0;
    Term term = 0;
    for (const auto& [id, member] : members_) {
        if (member->runs() && member->raft->status().role == Role::leader &&
            (best == 0 || member->raft->status().term > term)) {
            best = id;
            term = member->raft->status().term;
        }
    }
    return best;
}

std::string_view name_of(Role role) {
    switch (role) {
        case Role::follower:
            return "follower";
        case Role::pre_candidate:
            return "pre_candidate";
        case Role::candidate:
            return "candidate";
        case Role::leader:
            return "leader";
    }
    return "";
}

std::string Cluster::state_of(const Member& member, std::size_t role_width) const {
    std::string line = std::to_string(member.id) + " ";
    if (!member.runs()) {
        return line + (member.refused.empty() ? "down" : "refused: " + member.refused);
    }
    const Status status = member.raft->status();
    std::string role(name_of(status.role));
    role.resize(std::max(role.size(), role_width), ' ');
    line += role + "  term " + std::to_string(status.term) + "  last " + text_of(status.last) +
            "  commit " + std::to_string(status.committed) + "  durable " +
            std::to_string(status.durable);
    return line + (status.fit ? "" : "  recovering, claims " + text_of(status.claim));
}

std::string text_of(const Membership& membership) {
    std::string text = std::to_string(membership.number) + ":";
    const auto add = [&](const char* name, const std::vector<NodeId>& list) {
        text += list.empty() ? "" : " " + std::string(name);
        for (const NodeId id : list) {
            text += (id == list.front() ? " " : ",") + std::to_string(id);
        }
    };
    add("voters", membership.voters);
    add("old voters", membership.old_voters);
    add("learners", membership.learners);
    return text;
}

std::string Cluster::states() const {
    std::size_t width = 0;
    for (const auto& [id, member] : members_) {
        if (member->runs()) {
            width = std::max(width, name_of(member->raft->status().role).size());
        }
    }
    std::string text;
    for (const auto& [id, member] : members_) {
        text += state_of(*member, width) + "\n";
    }
    return text;
}

}  // namespace tanji::consensus::scenario
