#pragma once

#include <cstdint>
#include <string>

// Faults of the disk under a whole process: the calls of the C library through which everything
// goes, RocksDB too, are counted, and one of them is where it happens. Nothing happens until it is
// ordered, so the other tests of the program notice nothing.
namespace tanji::node::test {

struct DiskFault {
    enum class Kind : std::uint8_t {
        none,
        killed,      // the process ends before the step: what was written stays
        power_lost,  // the process ends before the step: what was not synced is gone
        sync_fails,  // the step is a sync: it fails once, and what that file had to sync is gone
        mark_full,   // the step is a write of the mark: no space
        mark_short,  // the step is a write of the mark: half of it
    };
    Kind kind = Kind::none;
    // Steps are syncs, renames, links, removals, new folders; syncs only for sync_fails; writes of
    // the mark only for the last two. The first is 1.
    std::uint64_t at = 0;
    std::string folder = {};  // the data directory, whose unsynced bytes are lost
};

inline constexpr int exit_crashed = 99;

// From now on, in this process.
void order(const DiskFault& fault);

// Whether the step was reached.
bool has_struck();

}  // namespace tanji::node::test
