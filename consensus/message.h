#pragma once

#include "consensus/types.h"

#include <variant>
#include <vector>

// What members say to each other about agreement. The driver adds what the core does not know: the
// blocks themselves, the candidate's last header, signatures, clocks.
namespace tanji::consensus {

// "Would you vote for me in that term?" Changes nothing at either side.
struct PreVote {
    Term term = 0;  // the one asked about: one above the asker's own
    Position last;

    bool operator==(const PreVote&) const = default;
};

struct PreVoteReply {
    Term term = 0;  // granted: the one asked about; refused: the voter's own
    bool granted = false;

    bool operator==(const PreVoteReply&) const = default;
};

// The leader of `term` asks `to` to stand at once. Its signature is the driver's business: made
// when the message leaves, verified before it enters a core.
struct TransferNow {
    Term term = 0;
    NodeId from = 0;
    NodeId to = 0;
    std::array<std::uint8_t, 64> signature{};

    bool operator==(const TransferNow&) const = default;
};

struct Vote {
    Term term = 0;
    Position last;
    std::optional<TransferNow> transfer;  // waives the rule that a heard leader is not replaced

    bool operator==(const Vote&) const = default;
};

struct VoteReply {
    Term term = 0;
    bool granted = false;

    bool operator==(const VoteReply&) const = default;
};

// Blocks that follow `prev`. At the sender, `blocks` is empty and `count` says how many the driver
// takes from the log; at the receiver they are there, decoded and checked.
struct Append {
    Term term = 0;
    Position prev;
    Hash prev_hash{};  // filled by the driver when the core no longer holds that block
    std::uint64_t count = 0;
    Index commit = 0;
    std::vector<BlockRef> blocks;

    bool operator==(const Append&) const = default;
};

struct AppendReply {
    Term term = 0;
    bool accepted = false;
    Index index = 0;  // accepted: durable and equal up to here; refused: prev of what was refused
    Position hint;    // refused: where to try next; 0/0: no hint
    bool conflict = false;  // refused for ever: it contradicts what cannot be cut

    bool operator==(const AppendReply&) const = default;
};

struct Heartbeat {
    Term term = 0;
    Index commit = 0;  // never above what this follower has acknowledged
    std::uint64_t read = 0;

    bool operator==(const Heartbeat&) const = default;
};

struct HeartbeatReply {
    Term term = 0;
    std::uint64_t read = 0;
    Index commit = 0;  // the follower's own

    bool operator==(const HeartbeatReply&) const = default;
};

using Message = std::variant<
    PreVote,
    PreVoteReply,
    Vote,
    VoteReply,
    Append,
    AppendReply,
    Heartbeat,
    HeartbeatReply,
    TransferNow>;

// The term a message is about.
inline Term term_of(const Message& message) {
    return std::visit([](const auto& one) { return one.term; }, message);
}

}  // namespace tanji::consensus
