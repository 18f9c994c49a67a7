#pragma once

#include "consensus/ready.h"
#include "consensus/state.h"
#include "consensus/types.h"

#include <map>

namespace tanji::consensus {

// Agreement as a pure state machine: ticks, messages, proposals and finished writes go in, `Ready`
// comes out. The same code runs in the node and in the simulator; it knows no clock, thread, disk
// or socket. docs/consensus.md has the rules.
class Raft {
public:
    // REQUIRES: restored.log is not empty and ends at the last durable block.
    Raft(const Settings& settings, const Restored& restored);

    // Time passes: one tick.
    void tick();
    // A message of a member. Frames of an older incarnation are dropped; a newer one is a node
    // that may have lost what it had not promised.
    void step(NodeId from, Incarnation incarnation, const Message& message);
    // A connection to that incarnation of a member is new: what was under way to it is lost.
    void peer_joined(NodeId peer, Incarnation incarnation);

    // Where the next block may be sealed, if this node leads, its no-op is committed, and neither
    // too many blocks nor too many bytes are uncommitted.
    std::optional<Slot> open_slot() const;
    // A block sealed for exactly the open slot, or the one that Ready asked to seal; false if it is
    // for another.
    bool propose(const BlockRef& block);

    // All writes up to `token` are durable, and the mark behind them.
    void wrote(Token token);
    void applied(Index index);
    // A checkpoint of the tree after that block was cosigned here: it is never cut any more.
    void cosigned(Index block);

    // A read that must see every write acknowledged before: granted or dropped in a later Ready.
    void request_read(Ticket ticket);

    // The leader begins what governance decided. `target` names voters and learners, not number.
    // False: not now (not the leader, a change is open, the no-op is not committed), or not such a
    // target (no voter, more than voters_max or learners_max).
    bool change_membership(const Membership& target);
    // The leader hands over, with 0 to the voter that has most. False if this node does not lead or
    // `to` is no other voter.
    bool transfer_to(NodeId to);
    // The leader of that term broke its word: nothing more is acknowledged in it, and this node
    // stands for election when its time-out is over. Nothing happens if the term is over.
    void leave_term(Term term);
    // A node that may not stand: its clock is off, its disk is full.
    void set_electable(bool electable);
    // The oldest block that is still on disk here.
    void kept_from(Index first);
    // The state at that block is installed and durable, with the membership in force there: log
    // and memberships are what it says, unless the log holds that block.
    void snapshot_installed(const BlockRef& block, const Membership& membership);

    // Everything to do now; what it says is said once.
    Ready take_ready();
    Status status() const;
    // It leads, or heard the leader within an election time-out.
    bool follows_a_leader() const;
    // Of each other member, how far its log is known to be durable and equal; the leader alone
    // knows.
    std::map<NodeId, Index> matches() const;
    // A block the core still holds by reference; nothing for older ones.
    std::optional<BlockRef> held(Index index) const;
    // Those in force one after the other, from the committed one to the one right behind that
    // block; none if it is not in the log, or below the commit index.
    std::vector<Membership> memberships_until(const BlockId& block) const;

private:
    State state_;
};

}  // namespace tanji::consensus
