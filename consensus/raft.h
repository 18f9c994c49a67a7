#pragma once

#include "consensus/durable.h"
#include "consensus/ready.h"
#include "consensus/types.h"

#include <deque>
#include <optional>
#include <vector>

namespace tanji::consensus {

// Agreement as a pure state machine: ticks, proposals and finished writes go in, `Ready` comes out.
// The same code runs in the node and in tests; it knows no clock, thread, disk or socket.
//
// Behind this interface stands a single voter: its own durable log is the majority. It goes through
// the same steps as a cluster does: a term and a vote made durable before it leads, a no-op that
// opens the term, proposals at exactly one slot, commit only of what is durable and of the current
// term on, reads only after the no-op committed.
class Raft {
public:
    // REQUIRES: settings.voters is {settings.self}.
    Raft(Settings settings, Restored restored);

    // Time passes: one tick. A voter that leads nothing stands for election after
    // election_ticks..2×election_ticks of them; alone it need not wait for others.
    void tick();

    // Where the next block may be sealed, if this node leads, its no-op is committed, and neither
    // too many blocks nor too many bytes are uncommitted.
    std::optional<Slot> open_slot() const;
    // A block sealed for exactly the open slot, or the one that Ready asked to seal; false if it is
    // for another.
    bool propose(const BlockRef& block);

    void wrote(Token token);
    void applied(Index index);
    // A read that must see every write acknowledged before: granted or dropped in a later Ready.
    void request_read(Ticket ticket);

    // Everything to do now; what it says is said once.
    Ready take_ready();
    Status status() const;

private:
    void stand_for_election();
    void lead();
    void advance_commit();
    Token next_token() { return Token{++last_token_}; }

    Settings settings_;
    Role role_ = Role::follower;
    Term term_ = 0;
    std::optional<NodeId> vote_;
    BlockRef last_;
    Durable durable_;
    Index committed_ = 0;
    Index applied_ = 0;
    Index first_of_term_ = 0;  // the no-op of the own term; 0 before it is sealed
    std::deque<BlockRef> uncommitted_;
    std::deque<BlockRef> unqueued_;  // committed, not handed out yet
    std::uint64_t uncommitted_bytes_ = 0;
    std::uint64_t last_token_ = 0;
    Token promise_token_;
    std::vector<Ticket> waiting_reads_;
    Ready ready_;
};

}  // namespace tanji::consensus
