#pragma once

#include "node/replica/room.h"

#include <cstdint>

namespace tanji::node {

// Bytes that follow from `storage.min_free_mb`. Where that is small, as in a demo, the others are
// parts of it, so that they keep their order.
struct RoomLimits {
    std::uint64_t little = 0;   // with less free, this is no place for a leader
    std::uint64_t none = 0;     // with less free, no blocks are taken: 256 MiB, or half of `little`
    std::uint64_t reserve = 0;  // what the file `reserve` holds: 64 MiB, or a quarter of `little`
};

RoomLimits room_limits(std::uint64_t min_free_bytes);

// Less is believed at once. More counts when it passes the limit by a sixteenth: a disk that stands
// at one does not move the leadership to and fro.
Room judge_room(std::uint64_t free_bytes, const RoomLimits& limits, Room before);

}  // namespace tanji::node
