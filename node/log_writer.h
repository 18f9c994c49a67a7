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
        std::function<void()> head_marked;
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

    void write(
        consensus::Token token,
        std::vector<SealedBlockPtr> blocks,
        std::optional<consensus::WritePromise> promise
    ) override;
    void mark_head(const CosignedHead& head) override;

    // Writes what waits, then ends the thread.
    void stop() { thread_.stop(); }

private:
    struct Waiting {
        consensus::Token token;
        std::vector<SealedBlockPtr> blocks;
        std::optional<consensus::WritePromise> promise;
        std::optional<CosignedHead> head;
    };

    void flush();
    void append(const Waiting& merged);

    LogStore& log_;
    MarkFile mark_;
    Mark next_;  // what the next mark says
    Metrics& metrics_;
    Heard heard_;
    std::mutex mutex_;
    Waiting waiting_;
    WorkThread thread_;  // last: it uses everything above
};

}  // namespace tanji::node
