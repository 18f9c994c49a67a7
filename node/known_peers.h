#pragma once

#include "ledger/governance/membership.h"
#include "ledger/value/result.h"
#include "node/cluster/peers.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tanji::node {

// Whom a node talks to, as of a membership: a file beside log and ledger, so that one whose state
// is made anew, or who was away while all others came and went, is still found by those that lead
// now. It only says whose connections are let in; blocks prove themselves.
struct KnownPeers {
    std::uint64_t membership = 0;        // number; 0: nobody is known
    std::vector<PeerNode> nodes;         // this one may be among them
    std::set<consensus::NodeId> voters;  // of these

    bool operator==(const KnownPeers&) const = default;
};

PeerNode peer_of(const ledger::NodeRow& node);
// Who is in the newest membership, and who is about to come.
KnownPeers known_peers(const ledger::Roster& roster);

// Those of the ledger, and who is remembered from a newer membership and the ledger does not name
// yet. What the ledger says of a node counts: whom the file calls removed is known until the ledger
// says so, too.
std::vector<PeerNode> whom_to_know(const ledger::Roster& roster, const KnownPeers& remembered);

// The file in the data directory. An operator may copy it from another node of the same ledger.
std::string peers_file(const std::string& data_dir);

// Nobody, when there is no such file; refused when it is not such a list of that ledger.
ledger::Result<KnownPeers> read_peers(const std::string& path, const ledger::Hash& ledger);
// Synced when it returns.
ledger::Status write_peers(
    const std::string& path, const ledger::Hash& ledger, const KnownPeers& peers
);

}  // namespace tanji::node
