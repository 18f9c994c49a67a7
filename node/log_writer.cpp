#include "node/log_writer.h"

#include <chrono>
#include <utility>

namespace tanji::node {
namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
    return std::chrono::duration<double>(Steady::now() - start).count();
}

}  // namespace

LogWriter::LogWriter(
    LogStore& log,
    MarkFile mark,
    std::uint64_t term,
    std::uint64_t vote,
    Metrics& metrics,
    Heard heard
)
    : log_(log),
      mark_(std::move(mark)),
      next_(mark_.current()),
      metrics_(metrics),
      heard_(std::move(heard)) {
    next_.term = term;
    next_.vote = vote;
    marked_ = {.term = next_.block_term, .index = next_.block_index};
}

consensus::Position LogWriter::marked() const {
    const std::lock_guard lock(mutex_);
    return marked_;
}

void LogWriter::read(
    consensus::Index first, std::uint64_t count, std::uint64_t bytes_max, Read done
) {
    std::uint64_t cuts = 0;
    {
        const std::lock_guard lock(mutex_);
        cuts = cuts_;
    }
    reader_.post([this, first, count, bytes_max, cuts, done = std::move(done)] {
        std::vector<BlockBytes> blocks;
        std::uint64_t bytes = 0;
        const auto scanned =
            log_.scan(first, first + count - 1, [&](ledger::BlockIndex, ledger::ByteView block) {
                bytes += block.size();
                if (!blocks.empty() && bytes > bytes_max) {
                    return false;
                }
                blocks.push_back(std::make_shared<const ledger::Bytes>(block));
                return true;
            });
        if (!scanned && !has_cut_since(cuts)) {
            stop_process(scanned.error().detail);
        }
        heard_.in_loop([done, blocks = std::move(blocks)]() mutable { done(std::move(blocks)); });
    });
}

// What was asked for may be gone by now, and rightly.
bool LogWriter::has_cut_since(std::uint64_t cuts) const {
    const std::lock_guard lock(mutex_);
    return cuts_ != cuts;
}

void LogWriter::prune(ledger::BlockIndex first, std::function<void()> done) {
    thread_.post([this, first, done = std::move(done)] {
        if (const auto pruned = log_.prune(first); !pruned) {
            stop_process(pruned.error().detail);
        }
        metrics_.set(Gauge::log_first_block, static_cast<double>(first));
        heard_.in_loop(done);
    });
}

void LogWriter::stop() {
    reader_.stop();
    thread_.stop();
}

// Blocks that replace others which still wait to be written take their place: one write carries an
// index once.
void LogWriter::write(DiskWrite write) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.token = write.token;
        if (!write.blocks.empty()) {
            const consensus::Index first = write.blocks.front()->ref.at.index;
            std::erase_if(waiting_.blocks, [&](const SealedBlockPtr& block) {
                return block->ref.at.index >= first;
            });
            waiting_.blocks.insert(waiting_.blocks.end(), write.blocks.begin(), write.blocks.end());
        }
        if (write.promise) {
            waiting_.promise = write.promise;
        }
        if (write.mark) {
            waiting_.mark = write.mark;
        }
    }
    thread_.post([this] { flush(); });
}

void LogWriter::mark_head(const CosignedHead& head) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.head = head;
    }
    thread_.post([this] { flush(); });
}

// Log first, mark second: a marked block is always there, and what is not marked was promised to
// nobody (docs/formats.md, "The mark").
void LogWriter::append(const Waiting& merged) {
    std::vector<StoredBlock> blocks;
    blocks.reserve(merged.blocks.size());
    for (const SealedBlockPtr& block : merged.blocks) {
        blocks.push_back({.index = block->ref.at.index, .bytes = *block->bytes});
    }
    std::optional<Promise> promise;
    if (merged.promise) {
        next_.term = merged.promise->term;
        next_.vote = merged.promise->vote.value_or(0);
        promise = Promise{.term = next_.term, .vote = next_.vote, .mark_seq = mark_.next_seq()};
    }
    if (merged.mark) {
        next_.block_term = merged.mark->at.term;
        next_.block_index = merged.mark->at.index;
        next_.block_hash.bytes = merged.mark->hash;
    }
    if (!blocks.empty() && blocks.front().index <= log_.last()) {
        const std::lock_guard lock(mutex_);
        ++cuts_;
    }
    if (!blocks.empty() || promise) {
        const auto start = Steady::now();
        if (const auto appended = log_.append(blocks, promise); !appended) {
            stop_process(appended.error().detail);
        }
        metrics_.observe(Distribution::log_append_seconds, seconds_since(start));
    }
}

void LogWriter::flush() {
    Waiting merged;
    {
        const std::lock_guard lock(mutex_);
        merged = std::exchange(waiting_, Waiting{});
    }
    if (merged.token.value == 0 && !merged.head) {
        return;  // an earlier flush has taken it along
    }
    append(merged);
    if (merged.head) {
        next_.cosigned_block = merged.head->block;
        next_.cosigned_size = merged.head->size;
        next_.cosigned_root = merged.head->root;
        next_.cosigned_time = merged.head->time_s;
    }
    const auto start = Steady::now();
    if (const auto marked = mark_.write(next_); !marked) {
        stop_process(marked.error().detail);
    }
    metrics_.observe(Distribution::log_sync_seconds, seconds_since(start));
    {
        const std::lock_guard lock(mutex_);
        marked_ = {.term = next_.block_term, .index = next_.block_index};
    }
    if (merged.token.value != 0) {
        heard_.wrote(merged.token);
    }
    if (merged.head) {
        heard_.head_marked(*merged.head);
    }
}

}  // namespace tanji::node
