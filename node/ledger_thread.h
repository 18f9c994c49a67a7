#pragma once

#include "ledger/ledger.h"
#include "node/replica/ports.h"
#include "node/storage/log_store.h"
#include "node/telemetry/metrics.h"
#include "node/work_thread.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

namespace tanji::node {

// The thread that writes the ledger: committed blocks in order, and certificates beside them.
class LedgerThread : public Applier {
public:
    struct Heard {
        std::function<void(
            const ledger::Applied&, const ledger::DecodedBlock&, std::optional<ledger::TimeMs> due
        )>
            applied;
        std::function<void(ledger::TreeSize)> certified;
        // The state after a block of which every node keeps a snapshot.
        std::function<void(std::shared_ptr<const ledger::Reader>)> snapshot_due;
    };
    struct Pace {
        std::int64_t flush_s = 30;  // what was applied goes to disk so often, at the latest
        std::uint64_t snapshot_every_blocks = 65'536;
    };

    // Keeps references.
    LedgerThread(ledger::Store& store, LogStore& log, Pace pace, Metrics& metrics, Heard heard);

    void apply(consensus::Index index, SealedBlockPtr block) override;
    void keep(const ledger::CheckpointCertificate& certificate) override;
    std::optional<ledger::BlockRow> row(ledger::BlockIndex block) const override;
    ledger::Hash root_at(ledger::TreeSize size) const override;
    ledger::Hash leaf_at(ledger::LeafIndex index) const override;
    std::vector<ledger::Hash> consistency(ledger::TreeSize from, ledger::TreeSize to)
        const override;

    // Makes the ledger do without blocks below `first`, and puts all that is applied on disk; then
    // `done`, on this thread. REQUIRES: they are applied.
    void let_go(ledger::BlockIndex first, std::function<void()> done);

    // Only before the first apply(), or from `heard` on this thread.
    const ledger::Ledger& ledger() const { return ledger_; }

    // Applies what waits, flushes the store and ends the thread.
    void stop();

private:
    ledger::DecodedBlock read_block(ledger::BlockIndex index) const;
    void apply_block(consensus::Index index, const SealedBlockPtr& block);
    void count(const ledger::Applied& applied, const ledger::DecodedBlock& block);
    void flush_in_time(bool replaying);

    ledger::Store& store_;
    LogStore& log_;
    Pace pace_;
    std::chrono::steady_clock::time_point flushed_;
    bool replaying_ = false;
    Metrics& metrics_;
    Heard heard_;
    ledger::Ledger ledger_;
    WorkThread thread_;  // last: it uses everything above
};

// Reads blocks out of a log for a ledger. A block that the disk no longer gives ends the process.
ledger::Ledger::BlockReader block_reader(const LogStore& log);

}  // namespace tanji::node
