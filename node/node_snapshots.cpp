// The snapshots of a node, and the blocks that may go because of them.
#include "node/node_parts.h"

#include <algorithm>

namespace tanji::node {

void Node::Parts::make_snapshots(const ledger::Roster& roster) {
    metrics.set(Gauge::log_first_block, static_cast<double>(log->first()));
    snapshots = std::make_unique<Snapshots>(Snapshots::Parts{
        .folder = directory.snapshots(),
        .self = identity.node,
        .electorate = electorate_of(roster),
        .blocks = block_reader(*log),
        .every_blocks = identity.genesis.snapshot_every_blocks,
        .clock = clock,
        .metrics = metrics,
        .view = [this] { return current_view->get(); },
        .has_room =
            [this](std::uint64_t bytes) {
                const auto least = static_cast<std::uint64_t>(config.storage.min_free_mb) << 20U;
                return free_bytes(directory).value_or(UINT64_MAX) >= least + bytes;
            },
        .send = [this](
                    consensus::NodeId to, PeerMessage message
                ) { members->send(to, std::move(message)); },
        .log =
            [this](
                bool alarming,
                std::string_view event,
                consensus::NodeId peer,
                const std::string& what
            ) {
                const LogLevel level = alarming ? LogLevel::warn : LogLevel::info;
                logger.log(level, "snapshots", event, {{"msg", what}, {"peer", peer}});
            },
        .may_prune = [this](ledger::BlockIndex first) { prune(first); },
        .wants_restart =
            [this] {
                if (options.wants_restart) {
                    options.wants_restart();
                }
            },
    });
}

// What a follower still needs stays, up to twice the number of blocks that stay anyway.
void Node::Parts::prune(ledger::BlockIndex first) {
    const auto keep = static_cast<ledger::BlockIndex>(config.storage.log_keep_blocks);
    if (keep == 0) {
        return;
    }
    loop->post([this, first, keep] {
        const ledger::BlockIndex last = replica->status().durable;
        const auto behind_end = [&](ledger::BlockIndex count) {
            return last > count ? last - count + 1 : 1;
        };
        ledger::BlockIndex from = std::min(first, behind_end(keep));
        for (const auto& [node, match] : replica->matches()) {
            from = std::min(from, std::max(match + 1, behind_end(2 * keep)));
        }
        if (from <= log->first()) {
            return;
        }
        ledger_thread->let_go(from, [this, from] {
            // States are taken on this thread, too: one that waits is older than the rows that
            // stand for those blocks now. They go after the next snapshot.
            if (snapshots->is_reading()) {
                return;
            }
            writer->prune(from, [this, from] {
                replica->kept_from(from);
                logger.log(
                    LogLevel::info,
                    "snapshots",
                    "log.pruned",
                    {{"msg", "blocks before it are gone"}, {"index", from}}
                );
            });
        });
    });
}

}  // namespace tanji::node
