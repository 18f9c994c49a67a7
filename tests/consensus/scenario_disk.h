#pragma once

#include "consensus/ready.h"
#include "tests/consensus/scenario_block.h"

#include <deque>
#include <expected>
#include <string>
#include <vector>

// A disk as docs/consensus.md, "Storage", describes it: the log, the mark, and what a crash, a bad
// sector or an old image make of them. Start-up follows the table there.
namespace tanji::consensus::scenario {

// Blocks that follow each other, from the oldest one kept.
struct Log {
    std::vector<Position> starts;  // the first block of each term, up to the oldest kept
    Membership membership;         // in force at the oldest kept
    std::vector<BlockPtr> blocks;  // never empty

    Index first() const { return blocks.front()->ref.at.index; }
    Index last() const { return first() + blocks.size() - 1; }
    // Nothing for what is not there.
    BlockPtr at(Index index) const;
    bool holds(const BlockId& block) const;
    // In force at that block, which is there.
    Membership membership_at(Index index) const;
    std::vector<Position> starts_to(Index index) const;
};

struct Mark {
    std::uint64_t seq = 0;
    Incarnation incarnation = 0;
    Promise promise;
    BlockId block;
    Index cosigned = 0;
};

// The state after a block, as far as a core needs to know it.
struct Snapshot {
    BlockPtr block;
    Membership membership;
    std::vector<Position> starts;
};

struct Started {
    Incarnation incarnation = 0;
    Restored restored;
};

class Disk {
public:
    explicit Disk(const BlockPtr& genesis);

    // What the running process sees: its log with all writes that it issued.
    const Log& log() const { return seen_; }
    // What a power cut leaves.
    const Log& synced() const { return kept_.log; }
    const Mark& mark() const { return kept_.marks[kept_.newest]; }
    Index applied() const { return applied_; }
    std::size_t unsynced() const { return writes_.size(); }

    // The blocks of the write, with their contents.
    void write(const Write& write, const std::vector<BlockPtr>& blocks);
    // The oldest writes become durable one after the other, each with its mark. None: 0.
    Token sync(std::size_t writes);
    void apply_to(Index index) { applied_ = index; }
    void cosign(Index block);
    // The mark names its block, unless it still speaks for a missing one above it (`fit` is false).
    // REQUIRES: everything is synced.
    void install(const Snapshot& snapshot, bool fit);
    Snapshot snapshot() const;
    // Older blocks go. REQUIRES: `first` is applied.
    void compact(Index first);

    // The process ends. Killed: what it handed over is there, without the mark that would follow.
    // Power cut (`unsynced`): it is not.
    void crash(bool unsynced);
    // What a new process finds, or the word by which it refuses to run.
    std::expected<Started, std::string> start();

    enum class Damage { flip, zero, swap };
    void damage_block(Index index, Damage damage);
    void tear_last_write();
    void damage_mark(std::size_t slot) { valid_[slot] = false; }
    void lose() { lost_ = true; }
    // The disk, or the mark alone, as it was before the last start.
    void roll_back();
    void roll_back_mark();
    bool was_rolled_back() const { return rolled_back_; }

private:
    struct Kept {
        Log log;
        Promise promise;  // in the log, with the number of the mark that follows
        std::uint64_t promise_seq = 0;
        std::array<Mark, 2> marks;
        std::size_t newest = 0;
        Index applied = 1;
    };
    struct Pending {
        Write write;
        std::vector<BlockPtr> blocks;
    };
    // What the last synced write replaced.
    struct Undo {
        Index from = 0;  // 0: no blocks
        std::vector<BlockPtr> blocks;
        Promise promise;
        std::uint64_t promise_seq = 0;
    };

    static void replace(Log& log, const std::vector<BlockPtr>& blocks);
    void store(const Pending& pending);
    void put_mark(Mark mark);
    bool read_log();
    Restored restored(const Promise& promise) const;

    Kept kept_;
    Kept image_;  // before the last start
    Undo undo_;
    Log seen_;
    std::deque<Pending> writes_;
    Index applied_ = 1;
    std::array<bool, 2> valid_{true, true};
    bool lost_ = false;
    bool rolled_back_ = false;
};

}  // namespace tanji::consensus::scenario
