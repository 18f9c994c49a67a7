#pragma once

#include <cstdint>

namespace tanji::node {

// What the disk has left for blocks. Who measures it tells the loop (Replica::set_room).
enum class Room : std::uint8_t {
    enough,
    little,  // others lead, and nothing is taken that another node forwards
    none,    // nor are blocks taken; a vote is a few bytes, and is given
};

}  // namespace tanji::node
