#pragma once

#include <cstdint>

namespace tanji::node {

// What the disk has left for blocks. Who measures it tells the loop (Replica::set_room).
enum class Room : std::uint8_t {
    enough,
    little,  // others lead, and nothing is taken that another node forwards
    none,    // nor are blocks taken; a vote is a few bytes, and is given
};

// Who has little room leads all the same where nobody else does: reads, certificates and time go
// on, and commands wait for room. Once a minute it tries to hand over again.
class StandIn {
public:
    explicit StandIn(std::uint32_t election_ticks) : patience_(5 * election_ticks) {}

    // Each tick.
    void tick(bool leads, bool follows_a_leader);
    bool may_lead() const { return left_ > 0; }

private:
    std::uint32_t patience_;
    std::uint32_t leaderless_ = 0;  // ticks
    std::uint32_t left_ = 0;        // ticks for which it may lead
};

}  // namespace tanji::node
