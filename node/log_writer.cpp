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
}

void LogWriter::write(
    consensus::Token token,
    std::vector<SealedBlockPtr> blocks,
    std::optional<consensus::WritePromise> promise
) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.token = token;
        waiting_.blocks.insert(waiting_.blocks.end(), blocks.begin(), blocks.end());
        if (promise) {
            waiting_.promise = promise;
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
    for (const SealedBlockPtr& block : merged.blocks) {
        blocks.push_back({.index = block->ref.at.index, .bytes = block->bytes});
    }
    std::optional<Promise> promise;
    if (merged.promise) {
        next_.term = merged.promise->term;
        next_.vote = merged.promise->vote.value_or(0);
        promise = Promise{.term = next_.term, .vote = next_.vote, .mark_seq = mark_.next_seq()};
    }
    if (!blocks.empty()) {
        const consensus::BlockRef& last = merged.blocks.back()->ref;
        next_.block_term = last.at.term;
        next_.block_index = last.at.index;
        next_.block_hash.bytes = last.hash;
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
    if (merged.token.value != 0) {
        heard_.wrote(merged.token);
    }
    if (merged.head) {
        heard_.head_marked();
    }
}

}  // namespace tanji::node
