#pragma once

#include "tests/simulation/history.h"
#include "tests/simulation/nemesis.h"

#include <map>
#include <string>

namespace tanji::simulation {

// Decides who shall count: nodes come (from genesis alone, as `tanjid init --join` makes them), are
// replaced, vote, leave. Never so that a list would need a node whose disk is lost for its
// majority; an alliance that does that waits for ever, and it was told so.
class Governance {
public:
    // `join` makes the process of a new node.
    Governance(
        World& world,
        Members& members,
        Nemesis& nemesis,
        std::function<void(const ledger::NodeRow&)> join
    );

    void begin();
    void stop() { stopped_ = true; }
    const History& history() const { return history_; }
    const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

    // A member that was offline while others came knows only those of its own last block: what
    // operators do then is to let one lead that it knows. False if nobody can.
    bool help(const std::set<NodeId>& nodes);

private:
    void step();
    void decide();
    std::optional<Decision> draw_decision(const ledger::Roster& roster);
    // Of that number, a node of this member; another one if it has introduced itself before.
    ledger::JoiningNode newcomer(NodeId number, std::uint64_t member);
    bool is_sane(const ledger::Roster& roster, const Decision& decision) const;
    void ask(const Decision& decision, std::uint64_t number, int attempt);
    void ended(std::size_t place, const ledger::Result<node::Reply>& reply);
    void changing(NodeId node, const consensus::Membership& membership);
    Member& member(NodeId node) const { return *members_.at(node - 1); }
    Member* any_up();

    World& world_;
    Members& members_;
    Nemesis& nemesis_;
    std::function<void(const ledger::NodeRow&)> join_;
    Draw draw_;
    History history_;
    std::map<NodeId, ledger::JoiningNode> introduced_;
    std::uint64_t decisions_ = 0;
    bool waits_ = false;
    bool stopped_ = false;
    std::map<std::string, std::uint64_t> counts_;
};

}  // namespace tanji::simulation
