#include "node/cluster_watch.h"

#include "ledger/proof/checkpoint.h"
#include "node/ask.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr auto patience = std::chrono::seconds(1);

std::string_view name_of(consensus::Role role) {
    switch (role) {
        case consensus::Role::follower:
            return "follower";
        case consensus::Role::pre_candidate:
            return "pre-candidate";
        case consensus::Role::candidate:
            return "candidate";
        case consensus::Role::leader:
            break;
    }
    return "leader";
}

template <typename Value>
std::optional<Value> value_of(
    const std::map<consensus::NodeId, Value>& values, consensus::NodeId node
) {
    const auto found = values.find(node);
    return found == values.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::map<consensus::NodeId, std::string> names_of_nodes(const ledger::Roster& roster) {
    std::map<consensus::NodeId, std::string> names;
    for (const ledger::NodeRow& node : roster.nodes) {
        const bool alone =
            std::ranges::count(roster.nodes, node.member, &ledger::NodeRow::member) == 1;
        names[node.node] = alone ? node.member : fmt::format("{}-{}", node.member, node.node);
    }
    return names;
}

ClusterWatch::ClusterWatch(const Parts& parts) : parts_(parts) {}

ClusterWatch::Seen ClusterWatch::look() {
    const auto seen = ask(
        parts_.loop,
        [&replica = parts_.replica] {
            return Seen{
                .status = replica.status(),
                .matches = replica.matches(),
                .clock_offsets = replica.clock_offsets(),
                .overdue = replica.overdue(),
            };
        },
        patience
    );
    const std::lock_guard lock(mutex_);
    if (seen) {
        seen_ = *seen;
    }
    return seen_;
}

// A certificate carries a line of each voter that cosigned it.
void ClusterWatch::note_cosigners() {
    const auto certificate = parts_.view.get()->certificate();
    if (!certificate) {
        return;
    }
    const auto note = ledger::parse_note(certificate->note);
    assert(note.has_value());  // it was verified before it was kept
    const auto roster = parts_.members.roster();
    const std::lock_guard lock(mutex_);
    for (const ledger::NodeRow& node : roster->nodes) {
        const auto key = ledger::parse_vkey(node.cosign);
        const bool signed_it = key && std::ranges::any_of(note->lines, [&](const auto& line) {
                                   return line.is_by(*key);
                               });
        if (signed_it) {
            cosigned_[node.node] = std::max(cosigned_[node.node], certificate->size);
        }
    }
}

api::ClusterState ClusterWatch::state_of(const Seen& seen) {
    const consensus::Status& status = seen.status;
    const ReplicaObserver::Withdrawn withdrawn = parts_.observer.withdrawn();
    api::ClusterState state = {
        .node = parts_.self,
        .leader = status.leader,
        .role = name_of(status.role),
        .term = status.term,
        .last = status.last.index,
        .durable = status.durable,
        .committed = status.committed,
        .applied = status.applied,
        .recovering = !status.fit,
        .quarantine = withdrawn.reason,
        .quarantine_detail = withdrawn.sentence,
    };
    const std::vector<PeerStatus> peers = parts_.members.status();
    const auto roster = parts_.members.roster();
    const ledger::Membership& newest = roster->newest().membership;
    state.membership = newest.number;
    state.joint = newest.is_joint();
    const std::lock_guard lock(mutex_);
    for (const ledger::NodeRow& node : roster->nodes) {
        if (!newest.has(node.node)) {
            continue;
        }
        const bool self = node.node == parts_.self;
        const auto peer = std::ranges::find(peers, node.node, &PeerStatus::node);
        api::NodeState& told = state.nodes.emplace_back();
        told.node = node.node;
        told.member = node.member;
        told.voter = newest.has_voter(node.node);
        told.connected = self || (peer != peers.end() && peer->connected());
        told.program = peer != peers.end() ? peer->program : "";
        told.match = value_of(seen.matches, node.node);
        told.clock_offset_ms = value_of(seen.clock_offsets, node.node);
        told.cosigned_size = value_of(cosigned_, node.node).value_or(0);
    }
    return state;
}

api::ClusterState ClusterWatch::state() {
    note_cosigners();
    return state_of(look());
}

void ClusterWatch::measure() {
    const std::lock_guard lock(measuring_);
    note_cosigners();
    const Seen seen = look();
    parts_.metrics.set(Gauge::commands_overdue, static_cast<double>(seen.overdue));
    const auto names = names_of_nodes(*parts_.members.roster());
    for (const api::NodeState& node : state_of(seen).nodes) {
        const std::string& name = names.at(node.node);
        parts_.metrics.cosigner_size(name, static_cast<double>(node.cosigned_size));
        if (node.node != parts_.self) {
            parts_.metrics.peer(
                name,
                node.connected,
                node.match ? std::optional(static_cast<double>(*node.match)) : std::nullopt,
                node.clock_offset_ms
                    ? std::optional(static_cast<double>(*node.clock_offset_ms) / 1'000)
                    : std::nullopt
            );
        }
    }
}

}  // namespace tanji::node
