#pragma once

#include "consensus/raft.h"
#include "node/replica/admission.h"
#include "node/replica/certification.h"
#include "node/replica/clock_watch.h"
#include "node/replica/forwarding.h"
#include "node/replica/ports.h"
#include "node/replica/reading.h"
#include "node/replica/recent_blocks.h"
#include "node/replica/room.h"
#include "node/replica/sealer.h"
#include "node/replica/waiters.h"

#include <map>
#include <memory>
#include <set>
#include <span>

namespace tanji::node {

// A block of the log, and its time.
struct BlockTime {
    consensus::Index index = 0;
    consensus::Hash hash{};
    ledger::TimeMs time = 0;
};

struct ReplicaSettings {
    consensus::Settings raft;
    Rounds::Pace certify;
    ledger::TimeMs last_block_time = 0;            // of the newest block found on disk
    std::vector<BlockTime> times;                  // of every block in Restored::log
    ledger::Bytes last_header;                     // of that block
    std::shared_ptr<const ledger::Roster> roster;  // of the ledger found on disk
    ledger::TimeMs max_step_ms = 60'000;           // ledger time never trails the clock by more
    ledger::TimeMs max_skew_ms = 2'000;            // of clocks, before it is somebody's fault
    ledger::TimeMs doubt_ms = 3'000;               // a refused leader is not heard so long
    ledger::TimeMs forward_ms = 10'000;  // a command that was taken is sent to leaders so long
    std::size_t backlog_commands = 16'384;
    std::uint64_t backlog_bytes = 64U << 20U;
};

// The loop: inputs in, what the core makes Ready carried out in order. One thread calls it.
class Replica {
public:
    Replica(
        ReplicaSettings settings,
        const consensus::Restored& restored,
        CosignerIdentity identity,
        const CosignedHead& last_cosigned,
        const ledger::Hash& ledger,
        const Ports& ports
    );

    // The newest block that was applied before this start, and the newest certificate that was
    // kept.
    void found_head(const CosignedHead& head) { certification_.found_head(head); }
    void found_certificate(const ledger::CheckpointCertificate& certificate) {
        certification_.found_at_start(certificate);
    }

    // --- inputs; each is followed by one run() ---
    // A command that passed tests 1 to 4. Refused with `overloaded` when too much waits.
    void submit(std::shared_ptr<const ledger::Prepared> command, Waiters::Waiter waiter);
    // Who sends again what has its outcome waits for the certificate alone: nothing is sealed, and
    // at the deadline the outcome is the answer.
    void await_certificate(ledger::CommandOutcome outcome, Waiters::Waiter waiter);
    // A read that must see what was acknowledged before.
    void read(Reading::Granted granted, ledger::TimeMs deadline, Reading::Wanted wanted = {});
    void tick();
    void wrote(consensus::Token token);
    void head_marked(const CosignedHead& head);
    // `next_due` is when the next sweep falls due in the ledger.
    void applied(
        const ledger::Applied& applied,
        const ledger::DecodedBlock& block,
        std::optional<ledger::TimeMs> next_due
    );
    void certified(ledger::TreeSize size);

    // A message of another member, after admit(): of an Append the blocks are given, or why not.
    void received(
        consensus::NodeId from,
        consensus::Incarnation incarnation,
        const Agreement& agreement,
        const Admitted<std::vector<SealedBlockPtr>>& admitted
    );
    // Commands another node took, prepared and their signatures verified; null: refused by that.
    void received(
        consensus::NodeId from,
        const Forward& forward,
        const std::vector<std::shared_ptr<const ledger::Prepared>>& commands
    );
    // Every other message.
    void received(consensus::NodeId from, const PeerMessage& message);
    // A new connection to a member, and what its mark names. A process whose mark is below what the
    // one before it acknowledged to this leader is turned away.
    void joined(
        consensus::NodeId peer, consensus::Incarnation incarnation, consensus::Position marked
    );

    // Leadership goes to that node, 0: to the one that has most. False if this node does not lead.
    bool transfer_to(consensus::NodeId to);
    void set_electable(bool electable) { may_lead_ = electable; }
    // What the disk has left from now on. A change is reported, once.
    void set_room(Room room);
    // Nothing new is taken; what is under way goes on.
    void drain() { draining_ = true; }
    // Answers everybody who still waits.
    void abandon();
    // Blocks below `first` are not on disk any more.
    void kept_from(consensus::Index first) { raft_.kept_from(first); }

    // Carries out everything that follows from the inputs so far.
    void run();

    consensus::Status status() const { return raft_.status(); }
    ledger::TreeSize certified_size() const { return certification_.certified_size(); }
    std::size_t waiting() const { return waiters_.size(); }
    std::size_t backlog_commands() const { return sealer_.waiting(); }
    std::uint64_t backlog_bytes() const { return sealer_.waiting_bytes(); }
    bool is_quarantined() const { return quarantine_ != Quarantine::none; }
    bool clock_is_off() const { return clock_is_off_; }
    // Own clock less that of each member heard of late.
    std::map<consensus::NodeId, ledger::TimeMs> clock_offsets() const {
        return clocks_.offsets(ports_.clock.now_ms());
    }
    // Durable and equal there, as far as this node knows; empty unless it leads.
    std::map<consensus::NodeId, consensus::Index> matches() const { return raft_.matches(); }
    // Commands taken here five seconds ago, or earlier, that no block has brought back: the leader
    // may be leaving them out.
    std::size_t overdue() const;

private:
    void seal_what_waits();
    void seal(const consensus::SealRequest& request);
    void carry_out(consensus::Ready ready);
    void write(const consensus::Write& write);
    void send(const consensus::Send& send);
    void send_blocks(consensus::NodeId to, const consensus::Append& append);
    void send_with_blocks(
        consensus::NodeId to, const consensus::Append& append, std::vector<BlockBytes> blocks
    );
    void apply(const consensus::ApplyRange& range);
    void answer_read(consensus::Ticket ticket, consensus::Index index);
    void hand_on();
    void notice(const consensus::Notice& notice);
    void notice_role();
    void contradicted(const consensus::Notice& notice);
    void report_fork(const consensus::Notice& notice);
    ledger::Bytes header_at(const consensus::Position& claimed) const;
    std::optional<ledger::BlockHeader> header_of(const consensus::BlockId& block) const;
    void unauthorised(const ledger::BlockHeader& header);
    void leader_fault(const ledger::BlockHeader& header, std::size_t command);
    void not_taken(const ForwardReply& reply);
    void refuse(consensus::NodeId from, const consensus::Append& append);
    void quarantine(Quarantine reason, const std::string& sentence);
    bool is_tail_ahead(ledger::TimeMs now);
    bool has_room_to_lead() const;
    std::optional<ledger::TimeMs> time_of(consensus::Index index, const consensus::Hash& hash)
        const;
    bool is_time_for_empty_block(ledger::TimeMs now) const;
    ledger::Result<void> may_take() const;
    void roster_changed(const std::shared_ptr<const ledger::Roster>& roster);
    void carry_out_decision(ledger::TimeMs now);
    bool may_follow(
        const SealedBlock& block,
        const consensus::Append& append,
        std::span<const SealedBlockPtr> before
    ) const;
    bool may_be_sealed(
        const SealedBlock& block,
        const consensus::Append& append,
        std::span<const SealedBlockPtr> before
    ) const;
    bool may_be_introduced(
        const SealedBlock& block,
        const consensus::Append& append,
        std::span<const SealedBlockPtr> before
    ) const;
    std::vector<consensus::Membership> memberships_before(const consensus::Append& append) const;
    bool is_foreseen(
        const ledger::Membership& joint,
        const consensus::Append& append,
        std::span<const SealedBlockPtr> before
    ) const;
    SealedBlockPtr in_tail(consensus::Index index) const;
    Admitted<void> check_memberships(
        const consensus::Append& append, std::span<const SealedBlockPtr> blocks
    ) const;

    ReplicaSettings settings_;
    std::shared_ptr<const ledger::Roster> roster_;  // as applied; null where nothing changes it
    Ports ports_;
    ledger::Hash ledger_;
    const ledger::SigningKey& log_key_;
    consensus::Raft raft_;
    Sealer sealer_;
    Admission admission_;
    Doubts doubts_;
    Certification certification_;
    ClockWatch clocks_;
    Forwarding forwarding_;
    Reading reading_;
    Waiters waiters_;
    RecentBlocks blocks_;
    std::map<consensus::Hash, SealedBlockPtr> arrived_;  // since the last run()
    Sealer::Claim claim_;
    ledger::Bytes last_header_;
    ledger::Bytes header_before_;                     // the one before that
    ledger::TimeMs last_log_time_ = 0;                // of the last block in the log
    std::map<consensus::Index, BlockTime> times_;     // of the committed block and all after it
    std::optional<ledger::TimeMs> tail_ahead_since_;  // that block is ahead of the clock
    ledger::TimeMs last_block_time_ = 0;
    std::optional<ledger::TimeMs> next_due_;
    consensus::Role role_ = consensus::Role::follower;
    consensus::Term term_ = 0;
    consensus::NodeId leader_ = 0;
    Quarantine quarantine_ = Quarantine::none;
    std::map<consensus::NodeId, consensus::Incarnation> met_;
    std::set<consensus::NodeId> conflicts_;  // voters that contradicted what is never cut
    Room room_ = Room::enough;
    StandIn stand_in_;
    bool may_lead_ = true;
    bool clock_is_off_ = false;
    bool draining_ = false;
};

}  // namespace tanji::node
