#pragma once

#include "ledger/parties/member.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tanji::node {

// What `tanjid cluster new` was told.
struct ClusterRequest {
    std::vector<std::string> members;      // each runs a node and votes
    std::vector<std::string> guests = {};  // run none, until one joins
    std::string origin;
    std::string out;  // a new folder
    // All nodes on this machine, node k at port + 10 k (API), + 1 (peers), + 2 (admin) …
    bool loopback = false;
    std::uint16_t port = 8460;
    // … or each on its own, `member=host:port` for its peers, the API on that machine's loopback.
    std::vector<std::string> addresses = {};
    std::vector<std::string> roles = {};    // member:role[:scope,…[:rank]], besides operator
    std::vector<std::string> schemes = {};  // whose registrar is who has that role
    std::uint64_t snapshot_every_blocks = 65'536;
    ledger::TimeMs time = 0;  // of block 1
};

struct ClusterNode {
    std::string member;
    std::string folder;  // genesis.json, node.toml, tanjid.service, <member>.key, data/
    std::string api;     // host:port, as the other two
    std::string peers;
    std::string admin;
};

// Where each member's node will be, without its folder, after the members themselves were looked
// at.
ledger::Result<std::vector<ClusterNode>> place_nodes(const ClusterRequest& request);

// As `tanjid cluster new --role` takes it; the member is not looked at.
struct NamedGrant {
    std::string member;
    ledger::RoleGrant grant;
};
ledger::Result<NamedGrant> read_role(const std::string& text);

}  // namespace tanji::node
