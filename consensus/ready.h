#pragma once

#include "consensus/types.h"

#include <optional>
#include <vector>

// Everything that is to happen in the world, as a value: no callback, no clock, no disk.
namespace tanji::consensus {

// Term and vote, durable before anything that depends on them leaves.
struct WritePromise {
    Token token;
    Term term = 0;
    std::optional<NodeId> vote;
};

// Blocks to write, in one write with the promise if there is one.
struct WriteBlocks {
    Token token;
    Index cut_from = 0;  // blocks from here on are replaced; 0: none
    std::vector<BlockRef> refs;
};

// A block that the core itself wants sealed.
struct SealRequest {
    Slot slot;
    Kind kind = Kind::no_op;
};

// Answer the read once `index` is applied.
struct ReadGranted {
    Ticket ticket = 0;
    Index index = 0;
};

struct Ready {
    std::optional<WritePromise> promise;
    std::optional<WriteBlocks> blocks;
    std::optional<SealRequest> seal;
    std::vector<BlockRef> apply;  // committed and durable, in order
    std::vector<ReadGranted> reads;
    std::vector<Ticket> reads_dropped;

    bool empty() const {
        return !promise && !blocks && !seal && apply.empty() && reads.empty() &&
               reads_dropped.empty();
    }
};

}  // namespace tanji::consensus
