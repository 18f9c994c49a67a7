#include "tests/simulation/governance.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

constexpr std::size_t voters_most = 7;
constexpr int attempts = 8;
constexpr std::int64_t day_and_more_ms = ledger::ms_per_day + 3'600'000;

NodeList without(NodeList list, const NodeList& gone) {
    std::erase_if(list, [&](NodeId node) { return is_in(gone, node); });
    return list;
}

// The number in `member-7` and `member-x12`.
std::uint64_t number_of(const std::string& member) {
    return std::stoull(member.substr(member.find_first_of("0123456789")));
}

}  // namespace

Governance::Governance(
    World& world,
    Members& members,
    Nemesis& nemesis,
    std::function<void(const ledger::NodeRow&)> join
)
    : world_(world),
      members_(members),
      nemesis_(nemesis),
      join_(std::move(join)),
      draw_(world.seed, "governance") {}

void Governance::begin() {
    world_.changing = [this](NodeId node, const consensus::Membership& membership) {
        changing(node, membership);
    };
    step();
}

void Governance::step() {
    world_.timeline.after(second, [this] {
        if (stopped_) {
            return;
        }
        if (!waits_ && draw_.chance(world_.weather.decide_ppm)) {
            decide();
        }
        if (world_.judge.roster().decision && draw_.chance(100'000)) {
            std::set<NodeId> all;
            for (const auto& each : members_) {
                all.insert(each->id());
            }
            help(all);
        }
        const bool is_late = world_.weather.abandons && world_.later_ms == 0 &&
                             world_.judge.roster().decision && draw_.chance(50'000);
        if (is_late) {
            ++counts_["days that nobody lived"];
            world_.later_ms = day_and_more_ms;
        }
        step();
    });
}

Member* Governance::any_up() {
    Member& any = member(draw_.between(1, members_.size()));
    return any.is_up() && !any.is_paused() ? &any : nullptr;
}

// --- what is decided ---

void Governance::decide() {
    Member* asked = any_up();
    if (asked == nullptr) {
        return;
    }
    const ledger::Roster roster = asked->known_roster();
    if (roster.decision && !draw_.chance(100'000)) {
        return;  // mostly they know that it would be refused
    }
    const auto decision = draw_decision(roster);
    if (!decision || !is_sane(roster, *decision)) {
        return;
    }
    ++counts_["decisions"];
    waits_ = true;
    ask(*decision, ++decisions_, 0);
}

std::optional<Decision> Governance::draw_decision(const ledger::Roster& roster) {
    const ledger::Membership& now = roster.newest().membership;
    const NodeId next = roster.nodes.size() + 1;
    Decision decision = {.base = now.number, .nodes = {}, .promote = {}, .remove = {}};
    const std::uint64_t what = draw_.below(10);
    const NodeId voter = now.voters.at(draw_.below(now.voters.size()));
    if (what < 6) {
        if (next > world_.alliance.nodes_max()) {
            return std::nullopt;
        }
        const auto dead = std::ranges::find_if(now.voters, [&](NodeId node) {
            return node <= members_.size() && member(node).disk().is_lost();
        });
        const bool replaces = what < 3 || dead != now.voters.end();
        const NodeId goes = dead != now.voters.end() ? *dead : voter;
        const auto joins = newcomer(next, replaces ? number_of(roster.node(goes)->member) : next);
        decision.nodes.push_back(joins);
        for (const NodeId node : now.voters) {  // a member has one node
            if (roster.node(node)->member == joins.row.member) {
                decision.remove.push_back(node);
            }
        }
        return decision;
    }
    if (what < 8 && !now.learners.empty()) {
        decision.promote.push_back(now.learners.at(draw_.below(now.learners.size())));
        return decision;
    }
    decision.remove.push_back(voter);
    return decision;
}

ledger::JoiningNode Governance::newcomer(NodeId number, std::uint64_t member) {
    const auto [known, is_new] = introduced_.try_emplace(number);
    if (is_new) {
        known->second = world_.alliance.joining(number, member);
        known->second.voter = draw_.chance(850'000);
        if (number == members_.size() + 1) {
            ++counts_["nodes that came"];
            join_(known->second.row);
        }
    }
    return known->second;
}

// A minority of each list may be lost for ever; more voters than that make no story better.
bool Governance::is_sane(const ledger::Roster& roster, const Decision& decision) const {
    const ledger::Membership& now = roster.newest().membership;
    NodeList end = without(now.voters, decision.remove);
    end.insert(end.end(), decision.promote.begin(), decision.promote.end());
    for (const ledger::JoiningNode& node : decision.nodes) {
        if (node.voter) {
            end.push_back(node.row.node);
        }
    }
    const auto is_lost = [&](NodeId node) {
        return node > members_.size() || member(node).disk().is_lost();
    };
    if (end.empty() || end.size() > voters_most || count_in(end, is_lost) > (end.size() - 1) / 2) {
        return false;
    }
    return std::ranges::none_of(
        lists_that_count(world_.judge, members_),
        [&](const NodeList& list) { return count_in(list, is_lost) > (list.size() - 1) / 2; }
    );
}

// --- how it gets into the ledger ---

// The same bytes to one node after the other until somebody knows what became of them.
void Governance::ask(const Decision& decision, std::uint64_t number, int attempt) {
    if (stopped_ || attempt == attempts) {
        waits_ = false;
        return;
    }
    const auto again = [this, decision, number, attempt] {
        world_.timeline.after(second + draw_.below(4 * second), [=, this] {
            ask(decision, number, attempt + 1);
        });
    };
    Member* asked = any_up();
    if (asked == nullptr) {
        again();
        return;
    }
    const std::size_t place = history_.size();
    Asked& waiting = history_.emplace_back();
    waiting.node = asked->id();
    waiting.began = world_.timeline.now();
    waiting.wish.number = number;
    waiting.decision = world_.alliance.prepared(decision, number);
    asked->submit(
        [this, decision, number] { return world_.alliance.prepared(decision, number); },
        false,
        10'000,
        [this, place](const ledger::Result<node::Reply>& reply) { ended(place, reply); }
    );
    world_.timeline.after(12 * second, [this, place, again] {
        if (history_.at(place).end == Asked::End::answered) {
            waits_ = false;
        } else {
            history_.at(place).end = Asked::End::unknown;
            again();
        }
    });
}

void Governance::ended(std::size_t place, const ledger::Result<node::Reply>& reply) {
    Asked& asked = history_.at(place);
    if (asked.end != Asked::End::open || !reply) {
        return;
    }
    const ledger::CommandOutcome& outcome = reply->outcome;
    asked.end = Asked::End::answered;
    asked.ended = world_.timeline.now();
    asked.code = outcome.error ? ledger::name_of(outcome.error->code) : "";
    asked.block = outcome.block;
    asked.leaf = outcome.leaf;
    ++counts_[outcome.error ? "decisions refused" : "decisions taken"];
}

// --- what happens meanwhile ---

void Governance::changing(NodeId node, const consensus::Membership& membership) {
    ++counts_[membership.is_joint() ? "joint blocks written" : "final blocks written"];
    if (stopped_ || !world_.weather.harsh || nemesis_.is_frozen() || !draw_.chance(150'000)) {
        return;
    }
    const Micros soon = draw_.below(draw_.coin() ? 5'000 : second);
    if (draw_.coin()) {
        world_.timeline.after(soon, [this, node] {
            if (!nemesis_.is_frozen() && member(node).is_up()) {
                ++counts_["crash in a change"];
                nemesis_.crash(node);
            }
        });
        return;
    }
    world_.timeline.after(soon, [this, membership] {
        if (!nemesis_.is_frozen() && membership.is_joint()) {
            nemesis_.split(membership.voters, membership.old_voters);
        }
    });
}

bool Governance::help(const std::set<NodeId>& nodes) {
    Member* leader = nullptr;
    for (const NodeId node : nodes) {
        Member& each = member(node);
        if (each.is_up() && each.replica().status().role == consensus::Role::leader &&
            (leader == nullptr || each.replica().status().term > leader->replica().status().term)) {
            leader = &each;
        }
    }
    if (leader == nullptr) {
        return false;
    }
    const NodeList voters = leader->membership().voters;
    bool helped = true;
    for (const NodeId node : nodes) {
        const Member& each = member(node);
        if (!each.is_up() || each.knows(leader->id()) || node == leader->id() ||
            each.is_quarantined() || !leader->knows(node)) {
            continue;
        }
        NodeList able;
        for (const NodeId other : voters) {
            if (other != node && nodes.contains(other) && each.knows(other) &&
                member(other).is_up() && member(other).replica().status().fit &&
                other != leader->id()) {
                able.push_back(other);
            }
        }
        helped = helped && !able.empty();
        if (!able.empty()) {
            ++counts_["leadership moved for a stranger"];
            const NodeId to = able.at(draw_.below(able.size()));
            leader->in_loop([to](node::Replica& replica) { replica.transfer_to(to); });
            break;
        }
    }
    return helped;
}

}  // namespace tanji::simulation
