#pragma once

#include "ledger/value/result.h"
#include "node/replica/peer_message.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace tanji::node {

// Reads that must see every write acknowledged before them, on a node that may or may not lead.
// Each gets the index that the leader confirmed, and is answered once this node has applied it.
class Reading {
public:
    using Granted = std::function<void(ledger::Result<ledger::BlockIndex>)>;

    // `least` must be applied here too, 2 s after the rest at the latest. Without a barrier that is
    // all.
    struct Wanted {
        ledger::BlockIndex least = 0;
        bool barrier = true;
    };
    void add(Granted granted, ledger::TimeMs deadline, Wanted wanted);

    // --- on the leader ---
    // Tickets for the core, of this node's reads that are not asked for yet.
    std::vector<consensus::Ticket> to_ask_here();
    // A ticket for another node's question.
    consensus::Ticket remote(consensus::NodeId from, std::uint64_t request);
    // The core's answer; 0: dropped. What goes back to another node, if it was its question.
    struct Answer {
        consensus::NodeId to = 0;
        ReadIndexReply reply;
    };
    std::optional<Answer> answered(consensus::Ticket ticket, consensus::Index index);

    // --- on the others ---
    // One question for all that wait, under a fresh number; nothing while one is under way.
    std::optional<ReadIndex> to_ask_leader(consensus::NodeId leader, ledger::TimeMs now);
    void heard(const ReadIndexReply& reply);

    // Those whose index is applied.
    void applied(consensus::Index index);
    // Those that waited too long: `no_leader`, or `behind` when only `least` is missing.
    void expire(ledger::TimeMs now);

private:
    struct Read {
        Granted granted;
        ledger::TimeMs deadline = 0;
        ledger::BlockIndex least = 0;
        std::optional<consensus::Index> index;
        std::optional<ledger::TimeMs> behind_since;
        bool asked_here = false;
        std::uint64_t asked_in = 0;  // the question to the leader
    };
    bool is_behind(Read& read, ledger::TimeMs now) const;
    struct Remote {
        consensus::NodeId from = 0;
        std::uint64_t request = 0;
    };

    std::map<consensus::Ticket, Read> reads_;
    std::map<consensus::Ticket, Remote> remote_;
    consensus::Ticket last_ticket_ = 0;
    consensus::Index applied_ = 0;
    std::uint64_t question_ = 0;
    bool is_asking_ = false;
    consensus::NodeId asked_ = 0;
    ledger::TimeMs ask_again_at_ = 0;
};

}  // namespace tanji::node
