#pragma once

#include "api/operator.h"
#include "node/cluster_watch.h"
#include "node/replica/replica.h"
#include "node/service.h"
#include "node/telemetry/logging.h"
#include "node/work_thread.h"

#include <chrono>

namespace tanji::node {

// A leader that goes hands over first, so that nobody has to wait for an election: it asks the
// voter that has most, does not stand again, and waits until it follows; and a moment longer, to
// hear who leads. Nothing to do for a follower, or where nobody else votes. Not from the loop's
// thread.
void hand_over(Replica& replica, WorkThread& loop, std::chrono::milliseconds patience);

// What the admin listener may do to this node.
class NodeOperator : public api::Operator {
public:
    // Keeps references.
    struct Parts {
        ClusterWatch& cluster;
        Replica& replica;  // only on `loop`
        WorkThread& loop;
        NodeService& service;
        Logger& logger;
    };
    explicit NodeOperator(const Parts& parts) : parts_(parts) {}

    ledger::Result<NewLeader> transfer(std::string_view to) override;
    void drain() override;
    ledger::Status set_log_level(std::string_view level) override;

private:
    ledger::Result<NewLeader> await_leader(const api::ClusterState& before);

    Parts parts_;
};

}  // namespace tanji::node
