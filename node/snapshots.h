#pragma once

#include "node/replica/ports.h"
#include "node/snapshot/fetch.h"
#include "node/telemetry/metrics.h"
#include "node/work_thread.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>

namespace tanji::node {

// The snapshots of a node, on two threads of their own: one writes them, one answers others and
// takes what this node lacks. Nothing else waits for either.
class Snapshots {
public:
    struct Parts {
        std::string folder;
        consensus::NodeId self = 0;
        Electorate electorate;
        ledger::BlockReader blocks;
        std::uint64_t every_blocks = 1;  // of genesis
        Clock& clock;
        Metrics& metrics;
        std::function<std::shared_ptr<const ledger::View>()> view;
        // Whether the disk has room for so many bytes, and what the node needs besides.
        std::function<bool(std::uint64_t bytes)> has_room;
        std::function<void(consensus::NodeId to, PeerMessage message)> send;
        // A line of the log.
        std::function<void(
            bool alarming, std::string_view event, consensus::NodeId peer, const std::string& what
        )>
            log;
        // Blocks below may go, as far as snapshots are concerned.
        std::function<void(ledger::BlockIndex first)> may_prune;
        // A snapshot of others is whole: it is installed at the next start. Called once.
        std::function<void()> wants_restart;
    };
    explicit Snapshots(Parts parts);

    // The state at a block of which every node keeps a snapshot. The reader must not outlive its
    // store: stop() drops it.
    void due(std::shared_ptr<const ledger::Reader> at);
    // Whether a state waits to be written, or is: blocks that it was taken with must stay. Any
    // thread.
    bool is_reading() const { return readers_ > 0; }
    // That follower needs blocks that are pruned here.
    void wanted_by(consensus::NodeId node);
    // A message about snapshots; false when too many wait.
    bool heard(consensus::NodeId from, PeerMessage message);
    // From now on that is whom to believe.
    void follow(Electorate electorate);
    void tick();
    // What is being written is given up.
    void stop();

private:
    void make(const ledger::Reader& at);
    void let_prune();
    void offer(consensus::NodeId node);
    void answer(consensus::NodeId from, const ManifestQuery& query);
    void answer(consensus::NodeId from, const FetchChunk& wanted);
    void take(consensus::NodeId from, const PeerMessage& message);
    void look_whether_whole();

    Parts parts_;
    SnapshotFolder folder_;
    Electorate electorate_;  // of the desk
    SnapshotFetch fetch_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> newest_due_ = 0;
    std::atomic<std::uint64_t> readers_ = 0;
    std::map<consensus::NodeId, ledger::TimeMs> offered_;  // when last
    bool told_ = false;
    // Last: they use everything above.
    WorkThread maker_;
    WorkThread desk_;
};

}  // namespace tanji::node
