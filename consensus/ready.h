#pragma once

#include "consensus/message.h"
#include "consensus/types.h"

#include <optional>
#include <vector>

// Everything that is to happen in the world, as a value: no callback, no clock, no disk.
namespace tanji::consensus {

// Term and vote, durable before anything that depends on them leaves.
struct Promise {
    Term term = 0;
    std::optional<NodeId> vote;

    bool operator==(const Promise&) const = default;
};

// One atomic, synced write; afterwards the mark, synced; then Raft::wrote(token).
struct Write {
    Token token;
    std::optional<Promise> promise;
    std::vector<BlockRef> blocks;  // replace whatever stands at the first one's index and after it
    // The block the mark names from now on. Nothing while the node recovers: its mark stays.
    std::optional<BlockId> mark;
};

struct Send {
    NodeId to = 0;
    Message message;
};

// A block that the core itself wants sealed.
struct SealRequest {
    Slot slot;
    Kind kind = Kind::no_op;
    std::optional<Membership> membership;
};

// Blocks that are committed and durable, to be applied in order. Empty if last < first.
struct ApplyRange {
    Index first = 1;
    Index last = 0;

    bool empty() const { return last < first; }
};

// Answer the read once `index` is applied.
struct ReadGranted {
    Ticket ticket = 0;
    Index index = 0;
};

enum class Noticed : std::uint8_t {
    role,            // this node's role, term or leader changed
    membership,      // the membership in force changed
    conflict,        // a leader's block contradicts what cannot be cut
    fork,            // two blocks of one term at one place: their author lies
    two_leaders,     // two nodes lead one term
    absurd_message,  // a term, an index or a membership that no honest node sends
    recovered,       // the marked block is there again, or was contradicted
    removed,         // this node is in no list any more
};

struct Notice {
    Noticed what = Noticed::role;
    NodeId from = 0;
    BlockId own;    // conflict: the block here
    BlockId other;  // conflict: the block there
};

struct Ready {
    std::optional<Write> write;
    std::vector<Send> sends;  // in order; everything they rest on is durable
    std::optional<SealRequest> seal;
    ApplyRange apply;
    std::vector<ReadGranted> reads;
    std::vector<Ticket> reads_dropped;
    std::vector<NodeId> snapshots;  // followers that need what is no longer kept here
    std::vector<Notice> notices;

    bool empty() const {
        return !write && sends.empty() && !seal && apply.empty() && reads.empty() &&
               reads_dropped.empty() && snapshots.empty() && notices.empty();
    }
};

}  // namespace tanji::consensus
