#include "tests/simulation/recovery.h"

#include "consensus/quorum.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::simulation {

using consensus::Status;

Recovery::Recovery(
    World& world, Members& members, Nemesis& nemesis, Clients& clients, Governance& governance
)
    : world_(world),
      members_(members),
      nemesis_(nemesis),
      clients_(clients),
      governance_(governance) {}

// --- who is in it ---

// A random majority of every list that counts, and perhaps more.
std::set<NodeId> Recovery::draw_core(Draw& draw, bool all) {
    const std::vector<NodeList> lists = lists_that_count(world_.judge, members_);
    const NodeList& voters = lists.front();
    const consensus::Membership& newest = world_.judge.membership();
    std::vector<NodeId> order;
    for (const auto& each : members_) {
        const NodeId node = each->id();
        const bool counts =
            consensus::is_member(newest, node) ||
            std::ranges::any_of(lists, [&](const NodeList& list) { return is_in(list, node); });
        if (counts && !each->disk().is_lost()) {
            order.push_back(node);
        }
    }
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[draw.below(i)]);
    }
    const std::uint64_t wanted =
        all ? voters.size() : draw.between(voters.size() / 2 + 1, voters.size());
    std::set<NodeId> core;
    std::uint64_t in_core = 0;
    for (const NodeId node : order) {
        const bool is_voter = is_in(voters, node);
        if (is_voter ? in_core < wanted : (all || draw.coin())) {
            core.insert(node);
            in_core += is_voter ? 1 : 0;
        }
    }
    const auto is_inside = [&](NodeId node) { return core.contains(node); };
    for (const NodeList& list : lists) {
        for (const NodeId node : order) {
            if (is_in(list, node) && count_in(list, is_inside) <= list.size() / 2) {
                core.insert(node);
            }
        }
    }
    return core;
}

bool Recovery::knows(NodeId node, NodeId other) {
    if (member(node).is_up()) {
        return member(node).knows(other);
    }
    const ledger::Roster roster = member(node).known_roster();
    return member(node).remembers(other) || roster.newest().membership.has(other) ||
           (roster.decision &&
            (is_in(roster.decision->voters, other) || is_in(roster.decision->learners, other)));
}

// Whether one of them is fit and ends at or behind the claims of a majority: else no leader can
// arise, because what was acknowledged is missing.
bool Recovery::can_elect(const std::set<NodeId>& core, bool among_strangers) {
    return std::ranges::any_of(core, [&](NodeId candidate) {
        const consensus::Membership newest = member(candidate).membership();
        if (!consensus::is_voter(newest, candidate) || !has_all(candidate)) {
            return false;
        }
        return consensus::is_quorum(newest, [&](NodeId voter) {
            const bool meets =
                voter == candidate || among_strangers ||
                (core.contains(voter) && knows(voter, candidate) && knows(candidate, voter));
            return core.contains(voter) && meets && claim_of(voter) <= last_of(candidate);
        });
    });
}

bool Recovery::has_all(NodeId node) {
    const SimDisk& disk = member(node).disk();
    return member(node).is_up()
               ? member(node).replica().status().fit
               : disk.holds_all(disk.mark().block.at.index, disk.mark().block.hash);
}
consensus::Position Recovery::claim_of(NodeId node) {
    return member(node).is_up() ? member(node).replica().status().claim
                                : member(node).disk().mark().block.at;
}
consensus::Position Recovery::last_of(NodeId node) {
    return member(node).is_up() ? member(node).replica().status().last
                                : member(node).disk().mark().block.at;
}

// --- how it is mended ---

Recovery::Excuse Recovery::mend() {
    nemesis_.freeze();
    clients_.stop();
    governance_.stop();
    Draw draw(world_.seed, "core");
    core_ = draw_core(draw, false);
    if (!can_elect(core_, false)) {
        core_ = draw_core(draw, true);
    }
    Excuse excuse = Excuse::none;
    if (!can_elect(core_, false)) {
        excuse = can_elect(core_, true) ? Excuse::strangers : Excuse::lost;
    }
    world_.network.mend(core_);
    cut_off(draw);
    wake();
    return excuse;
}

// For ever: whoever is outside hears nothing of the core, or is not heard, or both. Who hears
// nothing may go on asking for votes, and calling himself a leader.
void Recovery::cut_off(Draw& draw) {
    for (NodeId outside = 1; outside <= members_.size(); ++outside) {
        if (core_.contains(outside)) {
            continue;
        }
        const std::uint64_t way = draw.below(3);
        for (const NodeId inside : core_) {
            world_.network.heal(inside, outside);
            world_.network.heal(outside, inside);
            if (way != 0) {
                world_.network.cut(inside, outside);
            }
            if (way != 1) {
                world_.network.cut(outside, inside);
            }
        }
    }
}

void Recovery::wake() {
    std::string names;
    for (const NodeId node : core_) {
        Member& each = member(node);
        each.resume();
        each.disk().set_slow(false);
        each.set_clock(0, 0);
        names += fmt::format(" {}", node);
    }
    world_.weather.sync_mean = std::min<Micros>(world_.weather.sync_mean, 2'000);
    for (const NodeId node : core_) {
        if (!member(node).is_up()) {
            nemesis_.start(node);
        }
    }
    if (world_.trace) {
        world_.trace(fmt::format("{} mended:{}", world_.timeline.now(), names));
    }
}

void Recovery::help() {
    helped_ = governance_.help(core_);
}

// --- what it is asked ---

bool Recovery::can_certify() const {
    const consensus::Membership& newest = world_.judge.membership();
    const auto is_inside = [this](NodeId node) { return core_.contains(node); };
    for (const NodeList* list : {&newest.voters, &newest.old_voters}) {
        if (!list->empty() && count_in(*list, is_inside) < ledger::quorum(list->size())) {
            return false;
        }
    }
    // Whoever cosigns refuses a tree from the future, as it should.
    const auto true_ms = static_cast<ledger::TimeMs>(world_.timeline.now() / 1'000);
    return world_.judge.newest_time() <= founded_ms + 2'000 + world_.later_ms + true_ms;
}

void Recovery::ask_everybody() {
    for (const NodeId node : core_) {
        open_[node] = {"write", "read"};
        clients_.insist(
            node, [this] { return can_certify(); }, [this, node] { open_[node].erase("write"); }
        );
        clients_.insist_on_reading(node, [this, node] { open_[node].erase("read"); });
    }
}

std::vector<NodeId> Recovery::members_of_core() const {
    std::vector<NodeId> now;
    std::ranges::copy_if(core_, std::back_inserter(now), [this](NodeId node) {
        return consensus::is_member(world_.judge.membership(), node);
    });
    return now;
}

std::string Recovery::questions_of(NodeId node) const {
    std::string text;
    for (const std::string& question : open_.at(node)) {
        text += fmt::format(" {}@{}", question, node);
    }
    return text;
}

std::string Recovery::missing() {
    const std::vector<NodeId> now = members_of_core();
    for (const NodeId node : now) {
        if (!member(node).is_up()) {
            return fmt::format("node {} begins anew with another state", node);
        }
    }
    const Status first = member(now.front()).replica().status();
    if (first.leader == 0 || !core_.contains(first.leader)) {
        return fmt::format("node {} knows no leader of the core", now.front());
    }
    if (first.membership.is_joint()) {
        return fmt::format("membership {} stays joint", first.membership.number);
    }
    std::string unanswered;
    for (const NodeId node : now) {
        const Status status = member(node).replica().status();
        if (member(node).is_quarantined()) {
            return fmt::format("node {} is quarantined", node);
        }
        if (status.leader != first.leader || status.term != first.term) {
            return fmt::format("node {} follows {}", node, status.leader);
        }
        if (status.last != first.last || status.committed != first.committed ||
            status.committed != status.last.index || status.applied != status.committed) {
            return fmt::format(
                "node {}: last {}/{}, durable {}, committed {}, applied {}{}; node {}: last {}/{}, "
                "committed {}",
                node,
                status.last.term,
                status.last.index,
                status.durable,
                status.committed,
                status.applied,
                status.fit ? "" : ", recovering",
                now.front(),
                first.last.term,
                first.last.index,
                first.committed
            );
        }
        unanswered += questions_of(node);
    }
    return unanswered.empty() ? "" : "questions have no answer:" + unanswered;
}

}  // namespace tanji::simulation
