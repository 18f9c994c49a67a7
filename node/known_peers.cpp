#include "node/known_peers.h"

#include "ledger/value/json.h"
#include "node/storage/file.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr std::size_t file_bytes_max = 1024 * 1024;
constexpr std::size_t nodes_max = 1'000;
constexpr std::size_t address_bytes_max = 256;

void read_node(ledger::JsonReader& entry, KnownPeers& peers) {
    PeerNode node;
    node.node = entry.integer("node", 1, UINT32_MAX);
    node.address = entry.text("address", address_bytes_max);
    node.key = entry.public_key("peer");
    if (entry.boolean("voter")) {
        peers.voters.insert(node.node);
    }
    entry.finish();
    peers.nodes.push_back(std::move(node));
}

}  // namespace

PeerNode peer_of(const ledger::NodeRow& node) {
    return {.node = node.node, .address = node.address, .key = node.peer};
}

KnownPeers known_peers(const ledger::Roster& roster) {
    const ledger::Membership& newest = roster.newest().membership;
    KnownPeers known;
    known.membership = newest.number;
    for (const ledger::NodeRow& node : roster.nodes) {
        const auto& decision = roster.decision;
        const bool comes = decision && (std::ranges::binary_search(decision->voters, node.node) ||
                                        std::ranges::binary_search(decision->learners, node.node));
        if (comes || newest.has(node.node)) {
            known.nodes.push_back(peer_of(node));
        }
        if (newest.has_voter(node.node)) {
            known.voters.insert(node.node);
        }
    }
    return known;
}

std::vector<PeerNode> whom_to_know(const ledger::Roster& roster, const KnownPeers& remembered) {
    KnownPeers known = known_peers(roster);
    if (remembered.membership > known.membership) {
        std::ranges::copy_if(
            remembered.nodes,
            std::back_inserter(known.nodes),
            [&](const PeerNode& node) { return roster.node(node.node) == nullptr; }
        );
    }
    return known.nodes;
}

std::string peers_file(const std::string& data_dir) {
    return data_dir + "/peers.json";
}

ledger::Result<KnownPeers> read_peers(const std::string& path, const ledger::Hash& ledger) {
    auto text = read_file(path, file_bytes_max);
    if (!text) {
        return ledger::refusal(text);
    }
    if (!*text) {
        return KnownPeers();
    }
    const auto value = ledger::parse_json(**text);
    if (!value) {
        return ledger::refuse(ErrorCode::internal, "{}: {}", path, value.error().detail);
    }
    ledger::JsonFaults faults;
    ledger::JsonReader reader(*value, "", faults);
    const auto of = reader.digest("ledger");
    KnownPeers peers;
    peers.membership = reader.integer("membership", 1, INT64_MAX);
    const auto& nodes = reader.elements("nodes", 1, nodes_max);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        ledger::JsonReader entry(
            nodes[i], fmt::format("{}/{}", reader.pointer("nodes"), i), faults
        );
        read_node(entry, peers);
    }
    reader.finish();
    if (faults.any()) {
        const std::string sentence = faults.refusal().error().detail;
        return ledger::refuse(ErrorCode::internal, "{}: {}", path, sentence);
    }
    if (of != ledger) {
        return ledger::refuse(ErrorCode::internal, "{} is of ledger {}", path, of.hex());
    }
    return peers;
}

ledger::Status write_peers(
    const std::string& path, const ledger::Hash& ledger, const KnownPeers& peers
) {
    ledger::JsonWriter out;
    out.open_object()
        .member("ledger", ledger.hex())
        .member("membership", peers.membership)
        .name("nodes")
        .open_array();
    for (const PeerNode& node : peers.nodes) {
        out.open_object()
            .member("node", node.node)
            .member("address", node.address)
            .member("peer", ledger::to_base64(node.key.view()))
            .member("voter", peers.voters.contains(node.node))
            .close_object();
    }
    out.close_array().close_object();
    return write_file(path, out.take() + "\n", 0600, Existing::replace);
}

}  // namespace tanji::node
