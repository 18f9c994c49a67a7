#include "node/storage/room.h"

#include <algorithm>

namespace tanji::node {
namespace {

constexpr std::uint64_t none_bytes_max = 256ULL << 20;
constexpr std::uint64_t reserve_bytes_max = 64ULL << 20;

}  // namespace

RoomLimits room_limits(std::uint64_t min_free_bytes) {
    return {
        .little = min_free_bytes,
        .none = std::min(none_bytes_max, min_free_bytes / 2),
        .reserve = std::min(reserve_bytes_max, min_free_bytes / 4),
    };
}

Room judge_room(std::uint64_t free_bytes, const RoomLimits& limits, Room before) {
    const auto is_below = [&](std::uint64_t limit, bool was_below) {
        return free_bytes < limit + (was_below ? limit / 16 : 0);
    };
    if (is_below(limits.none, before == Room::none)) {
        return Room::none;
    }
    return is_below(limits.little, before != Room::enough) ? Room::little : Room::enough;
}

}  // namespace tanji::node
