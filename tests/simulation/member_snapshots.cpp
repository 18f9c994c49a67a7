#include "ledger/store/schema.h"
#include "tests/simulation/member.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

// Snapshots as the loop and the log see them: states that are there after a while, blocks that are
// not there any more, a process that begins anew behind both. Whom a newcomer believes, and chunks,
// are tested with the real folder (tests/node, snapshot.sh).
namespace tanji::simulation {

// After each so many blocks; of certificates everybody keeps his own. Blocks that are applied again
// after a crash make none that is there.
void Member::keep_snapshot(Index block) {
    const std::uint64_t every = world_.weather.snapshot_every;
    const auto is_it = [block](const SnapshotPtr& each) { return each->block == block; };
    if (every == 0 || block % every != 0 || std::ranges::any_of(snapshots_, is_it)) {
        return;
    }
    auto taken = std::make_shared<SimSnapshot>();
    taken->block = block;
    taken->values = store_.values();
    std::erase_if(taken->values, [](const auto& row) {
        return row.first.starts_with(ledger::schema::all_certificates);
    });
    const auto& blocks = disk_.blocks();
    taken->blocks.assign(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(block));
    snapshots_.push_back(std::move(taken));
    std::ranges::sort(snapshots_, {}, [](const SnapshotPtr& each) { return each->block; });
    if (snapshots_.size() > 2) {
        snapshots_.pop_front();
    }
    if (snapshots_.size() > 1 && snapshots_.front()->block < head().block) {
        prune();
    }
}

// As Node::Parts::prune.
void Member::prune() {
    post(0, [this] {
        in_loop([this](node::Replica& replica) {
            const std::uint64_t keep = world_.weather.keep_blocks;
            const Index last = replica.status().durable;
            const auto behind_end = [&](std::uint64_t count) {
                return last > count ? last - count + 1 : 1;
            };
            Index from = std::min(snapshots_.front()->block + 1, behind_end(keep));
            for (const auto& [node, match] : replica.matches()) {
                from = std::min(from, std::max(match + 1, behind_end(2 * keep)));
            }
            if (from > disk_.first()) {
                store_.flush();
                disk_.prune(from);
                replica.kept_from(from);
                trace(fmt::format("keeps blocks from {} on", from));
            }
        });
    });
}

void Member::needs_snapshot(NodeId node) {
    if (!snapshots_.empty() && world_.offer) {
        world_.offer(node_, node, snapshots_.back());
    }
}

void Member::fetch(const SnapshotPtr& snapshot) {
    if (fetching_ || !is_up() || snapshot->block <= head().block) {
        return;
    }
    fetching_ = snapshot;
    post(draw_.between(second / 20, 5 * second), [this] {
        const SnapshotPtr whole = std::exchange(fetching_, nullptr);
        if (whole->block > head().block) {
            install(whole);
        }
    });
}

// The process ends in whatever state it is, and the next one finds the other ledger.
void Member::install(const SnapshotPtr& snapshot) {
    trace(fmt::format("installs the state after block {}", snapshot->block));
    ++installed_;
    crash();
    store_.replace(snapshot->values);
    disk_.begin_after(snapshot->blocks);
    snapshots_ = {snapshot};
    world_.timeline.after(draw_.between(1'000, 2 * second), [this] {
        if (!is_up() && !disk_.is_lost()) {
            world_.start(node_);
        }
    });
}

// The ledger was ahead of its log: from genesis, or from an own snapshot from which the log leads
// on.
bool Member::restore_ledger(Index log_end) {
    store_.clear();
    if (disk_.first() == 1) {
        return true;
    }
    const auto leads_on = [&](const SnapshotPtr& each) {
        return each->block <= log_end && each->block + 1 >= disk_.first();
    };
    const auto found = std::ranges::find_if(snapshots_.rbegin(), snapshots_.rend(), leads_on);
    if (found == snapshots_.rend()) {
        return false;
    }
    store_.replace((*found)->values);
    return true;
}

}  // namespace tanji::simulation
