#pragma once

#include "node/replica/ports.h"

#include <deque>
#include <optional>

namespace tanji::node {

// The newest blocks of the log, in memory: those that wait to be applied, with what was read of
// them, and, as bytes, a few more for followers that are close behind. What is not here is read
// from disk.
class RecentBlocks {
public:
    // Replaces what stood at its place and after it. Whatever is here stays without a gap.
    void put(SealedBlockPtr block);
    // Null if it is not here, or was applied.
    SealedBlockPtr unapplied(consensus::Index index) const;
    // Null if it is not here.
    BlockBytes bytes(consensus::Index index) const;
    // Up to here only the bytes are needed, and of the oldest not even those.
    void applied(consensus::Index index);

private:
    struct Kept {
        SealedBlockPtr sealed;  // null once applied
        BlockBytes bytes;
    };

    const Kept* find(consensus::Index index) const;

    consensus::Index first_ = 0;
    consensus::Index applied_ = 0;
    std::deque<Kept> kept_;
    std::uint64_t kept_bytes_ = 0;
};

}  // namespace tanji::node
