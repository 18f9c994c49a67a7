// What a node does about the room on its disk.
#include "node/node_parts.h"

namespace tanji::node {

// Every second is enough: what comes between is far less than what is left at each limit.
void Node::Parts::measure_room() {
    const std::optional<std::uint64_t> free = free_bytes(directory);
    if (!free) {
        return;  // who cannot be asked is not taken for full
    }
    free_now = static_cast<std::int64_t>(*free);
    metrics.set(Gauge::disk_free_bytes, static_cast<double>(*free));
    room = judge_room(*free, limits, room);
    loop->post([this, now = room] { replica->set_room(now); });
}

}  // namespace tanji::node
