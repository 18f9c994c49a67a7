#pragma once

#include "tests/simulation/clients.h"
#include "tests/simulation/governance.h"
#include "tests/simulation/nemesis.h"

#include <map>
#include <set>
#include <string>

namespace tanji::simulation {

// The end of a life: a random core that can go on is mended, everybody else is cut off for ever,
// and the core has a minute to agree, to answer and to certify.
class Recovery {
public:
    Recovery(
        World& world, Members& members, Nemesis& nemesis, Clients& clients, Governance& governance
    );

    enum class Excuse : std::uint8_t {
        none,
        lost,      // what a majority acknowledged is missing
        strangers  // those that could go on came while the others were away
    };
    // Why nothing may be demanded.
    Excuse mend();
    void ask_everybody();
    // Once a second: an operator does what the handbook says.
    void help();
    // Why the core has not recovered yet; empty: it has.
    std::string missing();
    // Somebody of the core has never heard of whoever could lead.
    bool has_strangers() const { return !helped_; }

private:
    std::set<NodeId> draw_core(Draw& draw, bool all);
    bool can_elect(const std::set<NodeId>& core, bool among_strangers);
    bool has_all(NodeId node);
    consensus::Position claim_of(NodeId node);
    consensus::Position last_of(NodeId node);
    bool knows(NodeId node, NodeId other);
    void cut_off(Draw& draw);
    void wake();
    bool can_certify() const;
    // Of the core, who is a member now.
    std::vector<NodeId> members_of_core() const;
    std::string questions_of(NodeId node) const;
    Member& member(NodeId node) const { return *members_.at(node - 1); }

    World& world_;
    Members& members_;
    Nemesis& nemesis_;
    Clients& clients_;
    Governance& governance_;
    std::set<NodeId> core_;
    std::map<NodeId, std::set<std::string>> open_;  // questions without an answer
    bool helped_ = true;
};

}  // namespace tanji::simulation
