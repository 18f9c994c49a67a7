#pragma once

#include "api/service.h"
#include "ledger/governance/genesis.h"
#include "node/current_view.h"
#include "node/members.h"
#include "node/replica/replica.h"
#include "node/replica_observer.h"
#include "node/telemetry/metrics.h"
#include "node/work_thread.h"

#include <map>
#include <mutex>
#include <string>

namespace tanji::node {

// What labels call the nodes: their member, with the number behind it where a member has several.
std::map<consensus::NodeId, std::string> names_of_nodes(const ledger::Roster& roster);

// What this node knows of the agreement, put together from the loop, the transport and the
// certificates. Any thread but the loop's.
class ClusterWatch {
public:
    // Keeps references.
    struct Parts {
        consensus::NodeId self;
        const Replica& replica;  // only on `loop`
        WorkThread& loop;
        const Members& members;
        const ReplicaObserver& observer;
        CurrentView& view;
        Metrics& metrics;
    };
    explicit ClusterWatch(const Parts& parts);

    // Waits up to a second for the loop; what it said last if it does not answer.
    api::ClusterState state();
    // Why this node takes no part, as a sentence; empty while it does. Does not wait.
    std::string withdrawn() const { return parts_.observer.withdrawn().sentence; }
    // Brings the metrics of peers and cosigners up to date.
    void measure();

private:
    // What only the loop may look at.
    struct Seen {
        consensus::Status status;
        std::map<consensus::NodeId, consensus::Index> matches;
        std::map<consensus::NodeId, ledger::TimeMs> clock_offsets;
        std::size_t overdue = 0;
    };
    Seen look();
    api::ClusterState state_of(const Seen& seen);
    void note_cosigners();

    Parts parts_;
    std::mutex mutex_;
    Seen seen_;
    std::map<consensus::NodeId, ledger::TreeSize> cosigned_;
    std::mutex measuring_;
};

}  // namespace tanji::node
