#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/value/result.h"
#include "node/cluster_request.h"

#include <string>
#include <vector>

namespace tanji::node {

struct ClusterDone {
    std::string out;  // absolute; policy.txt, genesis.json, event-<year>.hex
    ledger::Genesis genesis;
    std::vector<ClusterNode> nodes;
    bool loopback = false;
};

// A whole alliance on disk: every node can be started with its node.toml. Nothing is written unless
// the request is sound; an `out` that is not empty refuses.
ledger::Result<ClusterDone> new_cluster(const ClusterRequest& request);

// What was made, and the commands that come next, to be copied as they are.
std::string to_text(const ClusterDone& done);

}  // namespace tanji::node
