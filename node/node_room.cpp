// What a node does about the room on its disk.
#include "node/node_parts.h"
#include "node/storage/file.h"
#include "node/storage/reserve.h"

namespace tanji::node {

// True if it was full and is not any more. Before the stores are opened, because a write that fails
// then ends the process; and after they did not open, when that took what was left.
bool Node::Parts::gives_reserve() {
    const std::uint64_t free = free_bytes(directory).value_or(UINT64_MAX);
    if (free >= limits.reserve || !exists(directory.identity())) {
        return false;
    }
    const auto mine = DirectoryLock::take(directory);
    if (!mine) {
        return false;  // the stores will say so
    }
    const auto released = release_reserve(directory.reserve());
    if (released && !*released) {
        return false;
    }
    logger.log(
        LogLevel::warn,
        "storage",
        "storage.reserve_released",
        {{"msg",
          released ? "the disk is full: it gives the room to open the stores"
                   : released.error().detail}}
    );
    return released.has_value();
}

// Only out of plenty: with it the node must not be where it hands its leadership over.
void Node::Parts::keep_reserve() {
    const std::uint64_t free = free_bytes(directory).value_or(0);
    const bool has_room = free >= limits.little + limits.reserve;
    if (!has_room && !exists(directory.reserve())) {
        logger.log(
            LogLevel::warn,
            "storage",
            "storage.no_reserve",
            {{"msg", "there is no room for the file reserve: the next start tries again"}}
        );
        return;
    }
    if (auto made = has_room ? make_reserve(directory.reserve(), limits.reserve) : ledger::Status{};
        !made) {
        logger.log(LogLevel::warn, "storage", "storage.no_reserve", {{"msg", made.error().detail}});
    }
}

// Every second is enough: what comes between is far less than what is left at each limit.
void Node::Parts::measure_room() {
    const std::optional<std::uint64_t> free = free_bytes(directory);
    if (!free) {
        return;  // who cannot be asked is not taken for full
    }
    free_now = static_cast<std::int64_t>(*free);
    metrics.set(Gauge::disk_free_bytes, static_cast<double>(*free));
    room = judge_room(*free, limits, room);
}

void Node::Parts::tell_room() {
    loop->post([this, now = room] { replica->set_room(now); });
}

}  // namespace tanji::node
