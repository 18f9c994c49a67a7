#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"
#include "node/config.h"
#include "node/genesis_file.h"
#include "node/storage/startup.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::node {

// The three keys of a node; none of them ever signs a command.
struct NodeKeys {
    ledger::SigningKey log;
    ledger::SigningKey cosign;
    ledger::SigningKey peer;
};
NodeKeys generate_node_keys();
// Writes `log.key`, `cosign.key`, `peer.key`: PEM, mode 0600, synced. Refused when one is there.
ledger::Status write_node_keys(const std::string& folder, const NodeKeys& keys);
// One PEM file. Refused when others than its owner may read it.
ledger::Result<ledger::SigningKey> read_key(const std::string& path);
// Mode 0600, synced, the folder made if it is absent. Refused when the file is there.
ledger::Status write_key(const std::string& path, const ledger::SigningKey& key);

// Adds the next node of an alliance, a voter.
void add_node(
    ledger::Genesis& genesis,
    const std::string& member,
    const std::string& address,
    const NodeKeys& keys
);

// What `tanjid init` was told.
struct InitRequest {
    std::string member;
    std::string name_en = {};  // the slug unless given
    std::string name_zh = {};
    std::string region = "CN";                  // of the member
    std::vector<ledger::RoleGrant> roles = {};  // operator unless given
    std::vector<Founder> others = {};           // of an alliance whose only node is this one
    std::vector<ledger::Scheme> schemes = {};
    std::string origin = {};   // `<member>.example/ledger` unless given
    std::string data_dir;      // keys and storage
    std::string out;           // genesis.json, node.toml, <member>.key
    std::string genesis = {};  // text of an alliance's file; else one is made
    std::uint64_t join = 0;    // the number of a node that this file does not name; else 0
    bool learner = false;      // that node only receives
    std::string listen = "127.0.0.1:8460";
    std::string address = "127.0.0.1:8461";  // under which other nodes would reach this one
    ledger::TimeMs time = 0;                 // of block 1, when a genesis file is made
    Config settings = {};                    // what else its node.toml says
};

struct InitDone {
    ledger::Hash ledger;
    std::uint64_t node = 0;
    std::vector<std::string> files;  // what was written, for people
};

// Block 1 of a genesis file; refused when the file is no genesis file.
using MakeFirstBlock = std::function<ledger::Result<FirstBlock>(ledger::ByteView genesis)>;
ledger::Result<FirstBlock> first_block_of(ledger::ByteView genesis);

// Keys, genesis file, block 1, node.toml. Keys that are there already are used (those of the node
// in <data_dir>/keys, which an alliance's file must list; the member's in <out>/<member>.key); any
// other file that is there refuses. The member's key is made only with a genesis file.
ledger::Result<InitDone> init_node(const InitRequest& request, const MakeFirstBlock& first_block);

// The node of an alliance's genesis file that has this log key.
ledger::Result<std::uint64_t> node_with_log_key(
    ledger::ByteView genesis, const ledger::PublicKey& log_key
);

// An alliance for the demo: everything follows from the seed, so a run can be repeated to the byte.
// The keys are worth nothing: whoever knows the seed has them.
struct DemoAlliance {
    ledger::Genesis genesis;
    std::string file;                                   // genesis_text(genesis)
    std::map<std::string, ledger::SigningKey> keys;     // by member: commands and votes
    std::vector<NodeKeys> nodes;                        // in the order of genesis.nodes
    std::map<std::uint64_t, ledger::Bytes> event_keys;  // of the year of `time` and the one before
};

struct DemoRequest {
    std::uint64_t seed = 1;
    std::uint64_t nodes = 1;  // 1..4: metro, ev, wallet, registry
    ledger::TimeMs time = 0;
    std::vector<std::string> addresses = {};  // of the nodes for one another
};

// Members metro 地铁, ev 充电, wallet 钱包, registry 登记, shop 商户, verico and verify-b 核查;
// scheme sz-ph. REQUIRES: 1..4 nodes, an address for each.
DemoAlliance build_demo(const DemoRequest& request);

// The demo's key of that name, 32 bytes of it: `wallet-1`, `metro/log`.
ledger::SigningKey demo_key(std::uint64_t seed, std::string_view name);

}  // namespace tanji::node
