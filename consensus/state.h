#pragma once

#include "consensus/durable.h"
#include "consensus/log.h"
#include "consensus/membership.h"
#include "consensus/message.h"
#include "consensus/progress.h"
#include "consensus/quorum.h"
#include "consensus/reads.h"
#include "consensus/ready.h"
#include "consensus/timing.h"
#include "consensus/types.h"

#include <deque>
#include <map>
#include <optional>
#include <vector>

// What one member knows, as the files of this folder share it. Private to them; tests read it.
namespace tanji::consensus {

// Leaves once the write is durable, unless the term has changed by then.
struct Gated {
    Token after;
    Send send;
};

struct State {
    State(const Settings& given, const Restored& restored);

    Settings settings;
    Timing timing;

    // --- promised ---
    Term term = 0;
    std::optional<NodeId> vote;
    BlockId marked;
    bool recovering = false;  // the marked block is neither in the durable log nor contradicted
    Token recovered_by;       // the write that ends that; 0 while it is not under way
    Index floor = 0;          // of the last cosigned checkpoint

    // --- the log ---
    Log log;
    Durable durable;
    Memberships memberships;
    Index committed = 0;
    Index applied = 0;
    Index handed_out = 0;  // to be applied
    Index kept = 1;        // the oldest block on disk

    // --- roles ---
    Role role = Role::follower;
    NodeId leader = 0;
    bool electable = true;
    Term muted =
        0;  // two leaders, a conflict or a lie, in this term: nothing more is acknowledged in it
    Tally tally;
    std::optional<TransferNow> transfer_order;  // the leader told this node to stand

    // --- leading ---
    std::map<NodeId, Progress> progress;
    Index first_of_term = 0;  // the no-op; 0 before it is sealed
    std::uint64_t uncommitted_bytes = 0;
    std::optional<SealRequest> sealing;
    NodeId transferring_to = 0;
    bool transfer_sent = false;
    std::uint32_t transfer_ticks = 0;
    std::uint32_t heartbeat_ticks = 0;
    std::uint32_t quorum_ticks = 0;
    bool commit_is_news = false;
    Reads reads;

    // --- incarnations that were heard, and writes that are under way ---
    std::map<NodeId, Incarnation> incarnations;
    std::uint64_t last_token = 0;
    bool writing = false;  // the last token's write is still being put together
    bool promise_changed = false;
    Token promise_token;  // the write that makes term and vote durable
    std::vector<BlockRef> to_write;
    Token durable_token;
    struct Issued {
        Token token;
        std::uint32_t ticks = 0;  // since it was issued
    };
    std::deque<Issued> issued;
    std::vector<Gated> gated;

    Role noticed_role = Role::follower;
    Term noticed_term = 0;
    NodeId noticed_leader = 0;
    std::uint64_t noticed_membership = 0;
    bool took_part = false;  // in the committed membership, when that was noticed last
    Ready ready;

    const Membership& membership() const { return memberships.in_force(); }
    bool leads() const { return role == Role::leader; }
    // Its own no-op is committed: everything before is known to be.
    bool term_is_open() const {
        return leads() && first_of_term != 0 && committed >= first_of_term;
    }
    // This node's place in every comparison of votes.
    Position claim() const { return recovering ? marked.at : log.last().at; }
    // What must never be cut.
    Index fixed() const { return std::max(committed, floor); }

    // The write that is put together until the next Ready.
    Token open_write();
    void promise(Term new_term, std::optional<NodeId> new_vote);
    // Queued until term and vote, and that write, are durable.
    void send(NodeId to, Message message, Token after = {});
    // Leaves at once: it promises nothing.
    void send_now(NodeId to, Message message);
    void notice(Noticed what, NodeId from = 0, const BlockId& own = {}, const BlockId& other = {});
    // A block at the end of the log, into the write that is put together.
    void append(const BlockRef& block);
    void cut_from(Index index);
};

// Follower of that term's leader; 0: nobody known yet.
void become_follower(State& state, Term term, NodeId leader);

}  // namespace tanji::consensus
