#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

// Plain values of agreement. Blocks themselves never enter: the core knows references to them.
namespace tanji::consensus {

using NodeId = std::uint64_t;  // 1, 2, … as genesis and governance number them
using Term = std::uint64_t;
using Index = std::uint64_t;   // of a block; genesis is 1
using Ticket = std::uint64_t;  // names a read that waits
using Hash = std::array<std::uint8_t, 32>;

// The place of a block: term first, then index.
struct Position {
    Term term = 0;
    Index index = 0;

    auto operator<=>(const Position&) const = default;
};

enum class Kind : std::uint8_t { no_op = 0, commands = 1, membership = 2, genesis = 3 };

struct BlockRef {
    Position at;
    Hash prev{};
    Hash hash{};
    Kind kind = Kind::no_op;
    std::uint32_t bytes = 0;

    bool operator==(const BlockRef&) const = default;
};

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
};

struct Limits {
    std::uint64_t inflight_blocks = 8;
    std::uint64_t inflight_bytes = 64U << 20U;
};

struct Settings {
    NodeId self = 1;
    std::vector<NodeId> voters;
    std::uint32_t election_ticks = 20;
    std::uint32_t heartbeat_ticks = 2;
    std::uint64_t seed = 1;
    Limits limits;
};

// What was found on disk at the start.
struct Restored {
    Term term = 0;
    std::optional<NodeId> vote;
    BlockRef last;               // the last durable block
    Index applied = 0;           // by the ledger
    std::vector<BlockRef> tail;  // durable blocks after the applied one, up to the last
};

enum class Role : std::uint8_t { follower, candidate, leader };

struct Status {
    Role role = Role::follower;
    Term term = 0;
    NodeId leader = 0;  // 0: none known
    Index last = 0;
    Index durable = 0;
    Index committed = 0;
    Index applied = 0;
};

}  // namespace tanji::consensus
