#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

// Plain values of agreement. Blocks themselves never enter: the core knows references to them.
namespace tanji::consensus {

using NodeId = std::uint64_t;  // 1, 2, … as genesis and governance number them; 0 is nobody
using Term = std::uint64_t;
using Index = std::uint64_t;        // of a block; genesis is 1
using Ticket = std::uint64_t;       // names a read that waits
using Incarnation = std::uint64_t;  // grows at each start of a node
using Hash = std::array<std::uint8_t, 32>;
using DecisionId = std::array<std::uint8_t, 16>;  // the command by which governance decided

// The place of a block: term first, then index.
struct Position {
    Term term = 0;
    Index index = 0;

    auto operator<=>(const Position&) const = default;
};

enum class Kind : std::uint8_t { no_op = 0, commands = 1, membership = 2, genesis = 3 };

// Who counts. In a joint phase a decision needs a majority of `voters` and one of `old_voters`.
// Every list ascends.
struct Membership {
    std::uint64_t number = 0;  // 1 comes from genesis, each change adds one
    std::vector<NodeId> voters;
    std::vector<NodeId> old_voters;  // empty unless joint
    std::vector<NodeId> learners;
    DecisionId decision{};

    bool is_joint() const { return !old_voters.empty(); }
    bool operator==(const Membership&) const = default;
};

struct BlockRef {
    Position at;
    Hash prev{};
    Hash hash{};
    Kind kind = Kind::no_op;
    std::uint32_t bytes = 0;
    std::optional<Membership> membership;  // that a membership block introduces

    bool operator==(const BlockRef&) const = default;
};

// A block by place and content.
struct BlockId {
    Position at;
    Hash hash{};

    bool operator==(const BlockId&) const = default;
};

inline BlockId id_of(const BlockRef& block) {
    return {.at = block.at, .hash = block.hash};
}

// One number per write, growing by one in a process life; 0 is none. Writes are done in the order
// in which they were issued, so "wrote(t)" means that all writes up to t are durable.
struct Token {
    std::uint64_t value = 0;

    auto operator<=>(const Token&) const = default;
};

// Where a block may be sealed: exactly there, after exactly that block.
struct Slot {
    Position at;
    Hash prev{};
    std::uint64_t membership = 0;  // the number in force for it
};

struct Limits {
    std::uint64_t inflight_blocks = 8;  // uncommitted at the leader
    std::uint64_t inflight_bytes = 64U << 20U;
    std::uint64_t append_messages = 16;  // unanswered, per follower
    std::uint64_t append_bytes = 16U << 20U;
    std::uint64_t blocks_per_append = 64;
    std::uint64_t bytes_per_append = 1U << 20U;  // a single block may be larger
};

struct Settings {
    NodeId self = 1;
    std::uint32_t election_ticks = 20;
    std::uint32_t heartbeat_ticks = 2;
    std::uint64_t seed = 1;
    Limits limits;
};

// What was found on disk at the start. `log` are the blocks that are there, without a gap, from
// the one at `applied` or `floor`, whichever is higher and there, to the last; never empty, because
// genesis is a block. What came before is known by where its terms began.
struct Restored {
    Term term = 0;
    std::optional<NodeId> vote;
    BlockId marked;                // the last block this node may have acknowledged
    Index first = 1;               // the oldest block still kept on disk
    std::vector<Position> starts;  // the first block of each term, up to log.front()
    std::vector<BlockRef> log;
    Membership membership;  // in force at log.front()
    Index applied = 0;      // by the ledger
    Index floor = 0;        // the block of the last cosigned checkpoint
};

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader };

struct Status {
    Role role = Role::follower;
    Term term = 0;
    NodeId leader = 0;  // 0: none known
    std::optional<NodeId> vote;
    Position last;
    Index durable = 0;
    Index committed = 0;
    Index applied = 0;
    Position claim;         // this node's place in every comparison of votes
    bool fit = true;        // false: recovering, the marked block is missing
    bool readable = false;  // leads, and a block of its term is committed
    Membership membership;  // in force
};

}  // namespace tanji::consensus
