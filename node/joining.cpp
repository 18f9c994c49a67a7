#include "node/joining.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/value/json.h"
#include "node/storage/file.h"

#include <algorithm>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr std::size_t entry_bytes_max = 16 * 1024;

}  // namespace

std::string joining_file(const std::string& data_dir) {
    return data_dir + "/joining.json";
}

ledger::JoiningNode joining_node(
    const ledger::Genesis& genesis,
    std::uint64_t number,
    const std::string& member,
    const std::string& address,
    bool voter,
    const NodeKeys& keys
) {
    const std::string cosigner = ledger::cosigner_name(genesis.origin, member);
    const auto prove = [&](std::string_view purpose, const ledger::SigningKey& key) {
        return key.sign(ledger::key_proof_bytes(genesis.ledger, member, purpose, key.public_key()));
    };
    ledger::JoiningNode node;
    node.row.node = number;
    node.row.member = member;
    node.row.address = address;
    node.row.log = ledger::to_vkey(ledger::log_key(genesis.origin, keys.log.public_key()));
    node.row.cosign = ledger::to_vkey(ledger::cosign_key(cosigner, keys.cosign.public_key()));
    node.row.peer = keys.peer.public_key();
    node.voter = voter;
    node.log_proof = prove("log", keys.log);
    node.cosign_proof = prove("cosign", keys.cosign);
    node.peer_proof = prove("peer", keys.peer);
    return node;
}

std::string to_text(const ledger::JoiningNode& node) {
    ledger::JsonWriter out;
    write(out, node);
    return out.take() + "\n";
}

ledger::Result<ledger::JoiningNode> read_joining_node(ledger::ByteView text) {
    const auto value = ledger::parse_json(text);
    if (!value) {
        return std::unexpected(value.error());
    }
    ledger::JsonFaults faults;
    ledger::JsonReader reader(*value, "", faults);
    auto node = ledger::JoiningNode::read(reader);
    reader.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    return node;
}

ledger::Result<ledger::NodeRow> own_entry(
    const ledger::Genesis& genesis, const Config& config, const ledger::PublicKey& log
) {
    const std::string vkey = ledger::to_vkey(ledger::log_key(genesis.origin, log));
    const auto listed = std::ranges::find(genesis.nodes, vkey, &ledger::GenesisNode::log);
    if (listed != genesis.nodes.end()) {
        return *ledger::first_roster(genesis).node(listed->node);
    }
    const std::string path = joining_file(config.node.data_dir);
    const auto text = read_file(path, entry_bytes_max);
    if (!text) {
        return std::unexpected(text.error());
    }
    if (!*text) {
        return ledger::refuse(
            ErrorCode::internal, "the genesis file lists no node with the log key {}", vkey
        );
    }
    auto joining = read_joining_node(**text);
    if (!joining) {
        return ledger::refuse(ErrorCode::internal, "{}: {}", path, joining.error().detail);
    }
    if (joining->row.log != vkey || !joining->is_proven(genesis.ledger)) {
        return ledger::refuse(ErrorCode::internal, "{} is of other keys, or another ledger", path);
    }
    return joining->row;
}

}  // namespace tanji::node
