#pragma once

#include "consensus/raft.h"
#include "node/replica/certifier.h"
#include "node/replica/ports.h"
#include "node/replica/sealer.h"
#include "node/replica/waiters.h"

#include <map>
#include <memory>

namespace tanji::node {

struct ReplicaSettings {
    consensus::Settings raft;
    Certifier::Pace certify;
    ledger::TimeMs last_block_time = 0;   // of the newest block found on disk
    ledger::TimeMs max_step_ms = 60'000;  // ledger time never trails the clock by more
    std::size_t backlog_commands = 16'384;
    std::uint64_t backlog_bytes = 64U << 20U;
};

// The loop: inputs in, what the core makes Ready carried out in order. One thread calls it.
class Replica {
public:
    Replica(
        ReplicaSettings settings,
        consensus::Restored restored,
        CosignerIdentity identity,
        const CosignedHead& last_cosigned,
        const ledger::Hash& ledger,
        const Ports& ports
    );

    // --- inputs; each is followed by one run() ---
    // A command that passed tests 1 to 4. Refused with `overloaded` when too much waits.
    void submit(std::shared_ptr<const ledger::Prepared> command, Waiters::Waiter waiter);
    // A read that must see what was acknowledged before.
    void read(
        std::function<void(ledger::Result<ledger::BlockIndex>)> granted, ledger::TimeMs deadline
    );
    void tick();
    void wrote(consensus::Token token);
    void head_marked();
    // `next_due` is when the next sweep falls due in the ledger.
    void applied(
        const ledger::Applied& applied,
        const ledger::DecodedBlock& block,
        std::optional<ledger::TimeMs> next_due
    );
    void certified(ledger::TreeSize size);
    // Nothing new is taken; what is under way goes on.
    void drain() { draining_ = true; }
    // Answers everybody who still waits.
    void abandon();

    // Carries out everything that follows from the inputs so far.
    void run();

    consensus::Status status() const { return raft_.status(); }
    ledger::TreeSize certified_size() const { return certifier_.certified_size(); }
    std::size_t waiting() const { return waiters_.size(); }
    std::size_t backlog_commands() const { return sealer_.waiting(); }
    std::uint64_t backlog_bytes() const { return sealer_.waiting_bytes(); }

private:
    void seal_what_waits();
    void seal(const consensus::Slot& slot, consensus::Kind kind);
    void carry_out(consensus::Ready ready);
    bool is_time_for_empty_block(ledger::TimeMs now) const;
    void expire_reads(ledger::TimeMs now);
    void grant_reads(consensus::Index applied);

    struct PendingRead {
        std::function<void(ledger::Result<ledger::BlockIndex>)> granted;
        ledger::TimeMs deadline = 0;
        std::optional<consensus::Index> index;  // once confirmed
    };

    ReplicaSettings settings_;
    Ports ports_;
    consensus::Raft raft_;
    Sealer sealer_;
    Certifier certifier_;
    Waiters waiters_;
    std::map<consensus::Index, SealedBlockPtr> in_flight_;  // sealed, not yet handed to the ledger
    std::map<consensus::Ticket, PendingRead> reads_;
    consensus::Ticket last_ticket_ = 0;
    Sealer::Claim claim_;
    ledger::TimeMs last_block_time_ = 0;
    std::optional<ledger::TimeMs> next_due_;
    consensus::Role role_ = consensus::Role::follower;
    bool draining_ = false;
};

}  // namespace tanji::node
