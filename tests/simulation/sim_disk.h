#pragma once

#include "node/replica/ports.h"
#include "tests/simulation/draw.h"
#include "tests/simulation/timeline.h"
#include "tests/simulation/weather.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

namespace tanji::simulation {

using consensus::Index;

// What the mark says (docs/formats.md, "The mark"), as far as agreement reads it.
struct SimMark {
    std::uint64_t incarnation = 0;
    std::uint64_t seq = 0;
    consensus::Term term = 0;
    consensus::NodeId vote = 0;
    consensus::BlockId block;
    node::CosignedHead cosigned;
};

// A log and a mark that a crash treats as a real disk might: what was under way is there or not,
// what was synced is there. Behaves as LogWriter does: everything that waits is one atomic write,
// synced; then the mark, synced; then whoever waited hears of it.
class SimDisk {
public:
    struct Heard {
        std::function<void(consensus::Token)> wrote;
        std::function<void(const node::CosignedHead&)> head_marked;
        std::function<void(const SimMark&)> marked;  // for the judge, at the very moment
    };

    SimDisk(Timeline& timeline, const Weather& weather, std::uint64_t seed, std::uint64_t node);

    // --- what is on it ---
    const std::vector<node::BlockBytes>& blocks() const { return blocks_; }  // [0] is block 1
    const SimMark& mark() const { return mark_; }
    bool holds(Index index, const consensus::Hash& hash) const;
    // The same, and everything before can be read.
    bool holds_all(Index index, const consensus::Hash& hash) const;
    bool is_lost() const { return lost_; }
    Index first() const { return first_; }  // what was before it is pruned
    // The newest that a block here introduces.
    std::optional<consensus::Membership> membership() const;

    // --- at the start of a process ---
    void format(const node::BlockBytes& genesis, const consensus::BlockId& id);
    struct Found {
        consensus::Restored restored;  // all but membership and applied
        bool fit = true;  // it holds the marked block, or a later leader's in its place
    };
    // What open_storage finds: the unbroken chain; open() also the newer promise, and a new
    // incarnation is marked at once.
    Found found() const;
    Found open(Heard heard);
    // The log that was found ends there.
    static void end_at(consensus::Restored& restored, Index last);

    // --- while it runs ---
    void write(node::DiskWrite write);
    void mark_head(const node::CosignedHead& head);
    void read(Index first, std::uint64_t count, std::uint64_t bytes_max, node::Disk::Read done);
    // REQUIRES: the blocks before are synced.
    void prune(Index first) { first_ = std::max(first_, first); }
    // Of a process that is not there: the log begins after the last of these, unless it leads
    // there.
    void begin_after(const std::vector<node::BlockBytes>& blocks);
    // The same, with genesis alone: what was acknowledged is marked still.
    void begin_like_newcomer();
    void set_slow(bool slow) { slow_ = slow; }
    bool is_slow() const { return slow_; }
    bool is_busy() const { return stage_ != Stage::idle; }

    // --- what goes wrong ---
    // The process ends: of what is under way nobody knows whether it was written.
    void crash();
    // Block i and what follows cannot be read any more, or is not what it was.
    void damage_block(Index index);
    void cut_tail(Index last);
    // The newer slot of the mark is bad. The disk counts as lost if the log knows of a later one.
    void damage_mark();
    void lose() { lost_ = true; }
    // From now on completions come before the sync.
    void lie_about_syncs() { canary_ = true; }

private:
    struct Waiting {
        consensus::Token token;
        std::vector<node::SealedBlockPtr> blocks;
        std::optional<consensus::Promise> promise;
        std::optional<consensus::BlockId> mark;
        std::optional<node::CosignedHead> head;

        bool empty() const { return token.value == 0 && !head; }
    };
    enum class Stage : std::uint8_t { idle, log, mark };

    Micros latency();
    void begin();
    void put_log();
    void put_promise();
    void put_mark();
    void finish();

    Timeline& timeline_;
    const Weather& weather_;
    Draw draw_;
    consensus::NodeId node_;
    Heard heard_;
    std::vector<node::BlockBytes> blocks_;
    std::vector<consensus::BlockRef> refs_;  // what each says of itself
    std::vector<bool> readable_;
    Index first_ = 1;  // those before it are there for the judge alone
    consensus::Term promised_term_ = 0;
    consensus::NodeId promised_vote_ = 0;
    std::uint64_t promised_seq_ = 0;
    SimMark mark_;
    SimMark mark_before_;
    SimMark next_;
    Waiting waiting_;
    Waiting flying_;
    Stage stage_ = Stage::idle;
    std::uint64_t life_ = 0;
    bool slow_ = false;
    bool lost_ = false;
    bool canary_ = false;
};

}  // namespace tanji::simulation
