#pragma once

#include "consensus/types.h"

#include <deque>
#include <optional>
#include <vector>

namespace tanji::consensus {

// References to the blocks of this node: all from the committed one on, and of older ones only
// where each term began.
class Log {
public:
    // `starts`: the first block of each term up to the first of `held`, ascending; may begin late.
    Log(std::vector<Position> starts, const std::vector<BlockRef>& held);

    const BlockRef& last() const { return held_.back(); }
    Index first_held() const { return held_.front().at.index; }
    // Nothing below first_held() or above last().
    const BlockRef* held(Index index) const;
    // Where a block stands, also an older one; nothing when that was never known here.
    std::optional<Position> position(Index index) const;

    // REQUIRES: it follows last().
    void append(const BlockRef& block);
    // REQUIRES: index > first_held().
    void cut_from(Index index);
    // References below `index` are dropped. REQUIRES: index <= last().
    void hold_from(Index index);
    // Nothing but that block is known any more.
    void reset(const BlockRef& block);

    // The largest own position that is above `limit` neither in index nor in term: where two logs
    // may still agree. 0/0 if there is none.
    Position largest_within(const Position& limit) const;

private:
    std::vector<Position> starts_;
    std::deque<BlockRef> held_;
};

}  // namespace tanji::consensus
