#pragma once

#include "tests/simulation/electors.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tanji::simulation {

// What goes wrong, and when; never more than the members must survive: of the disks of voters a
// minority is damaged or lost at any time.
class Nemesis {
public:
    Nemesis(World& world, Members& members);

    void begin();
    // From now on nothing new goes wrong, and what is broken stays broken.
    void freeze() { frozen_ = true; }
    bool is_frozen() const { return frozen_; }
    void start(NodeId node);
    void crash(NodeId node);
    // Whoever is in the first list hears nobody who is only in the second, and the other way round.
    void split(const NodeList& one, const NodeList& other);
    const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

private:
    void storm_on();
    void strike();
    void cut_something();
    void heal_something();
    void damage(NodeId node);
    bool may_damage(NodeId node) const;
    void reconnect(NodeId a, NodeId b);
    bool happens(std::uint64_t ppm_per_second) { return draw_.chance(ppm_per_second / 5); }
    NodeId any() { return draw_.between(1, members_.size()); }
    Member& member(NodeId node) const { return *members_.at(node - 1); }

    World& world_;
    Members& members_;
    Draw draw_;
    bool frozen_ = false;
    std::map<std::string, std::uint64_t> counts_;
};

}  // namespace tanji::simulation
