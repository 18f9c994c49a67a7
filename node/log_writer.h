#pragma once

#include "node/replica/ports.h"
#include "node/storage/log_store.h"
#include "node/storage/mark.h"
#include "node/telemetry/metrics.h"
#include "node/work_thread.h"

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace tanji::node {

// The thread that owns the log and the mark. Everything that waits is merged: blocks in one synced
// write, then the mark, synced, then whoever waited hears of it. A failed sync ends the process.
class LogWriter : public Disk {
public:
    struct Heard {
        std::function<void(consensus::Token)> wrote;
        std::function<void(const CosignedHead&)> head_marked;
        std::function<void(std::function<void()>)> in_loop;  // does that on the loop's thread
    };

    // Keeps references to log and metrics.
    LogWriter(
        LogStore& log,
        MarkFile mark,
        std::uint64_t term,
        std::uint64_t vote,
        Metrics& metrics,
        Heard heard
    );

    void write(DiskWrite write) override;
    void mark_head(const CosignedHead& head) override;
    void read(consensus::Index first, std::uint64_t count, std::uint64_t bytes_max, Read done)
        override;

    // The block that the mark names: all up to it is on disk. From any thread.
    consensus::Position marked() const;

    // Blocks below `first` go; `done` on the loop's thread.
    void prune(ledger::BlockIndex first, std::function<void()> done);

    // Writes what waits, then ends the threads.
    void stop();

private:
    struct Waiting {
        consensus::Token token;
        std::vector<SealedBlockPtr> blocks;
        std::optional<consensus::Promise> promise;
        std::optional<consensus::BlockId> mark;
        std::optional<CosignedHead> head;
    };

    bool has_cut_since(std::uint64_t cuts) const;
    void flush();
    void append(const Waiting& merged);

    LogStore& log_;
    MarkFile mark_;
    Mark next_;  // what the next mark says
    Metrics& metrics_;
    Heard heard_;
    mutable std::mutex mutex_;
    Waiting waiting_;
    consensus::Position marked_;
    std::uint64_t cuts_ = 0;  // how often blocks on disk were replaced
    // Last: they use everything above.
    WorkThread reader_;
    WorkThread thread_;
};

}  // namespace tanji::node
