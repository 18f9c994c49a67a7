#include "node/node.h"

#include "node/joining.h"
#include "node/node_parts.h"
#include "node/setup.h"
#include "node/storage/file.h"
#include "node/tokens.h"

#include <algorithm>

namespace tanji::node {
namespace {

constexpr std::size_t genesis_file_bytes_max = 64 * 1024;

std::expected<Identity, NodeRefused> read_identity(const Config& config) {
    auto file = read_file(config.node.genesis, genesis_file_bytes_max);
    if (!file) {
        return refused(file.error());
    }
    if (!*file) {
        return refused(exit_configuration, "there is no genesis file " + config.node.genesis);
    }
    auto genesis = ledger::read_genesis(**file);
    if (!genesis) {
        return refused(
            exit_configuration,
            fmt::format(
                "{}: {} {}", config.node.genesis, genesis.error().pointer, genesis.error().detail
            )
        );
    }
    const auto log = read_key(config.keys.log);
    if (!log) {
        return refused(log.error());
    }
    const auto cosign = read_key(config.keys.cosign);
    if (!cosign) {
        return refused(cosign.error());
    }
    const auto peer = read_key(config.keys.peer);
    if (!peer) {
        return refused(peer.error());
    }
    auto entry = own_entry(*genesis, config, log->public_key());
    if (!entry) {
        return refused(entry.error());
    }
    // With another key nobody would count its cosignatures, or let it in.
    const auto cosign_listed = ledger::parse_vkey(entry->cosign);
    if (!cosign_listed || cosign_listed->key != cosign->public_key()) {
        return refused(exit_configuration, config.keys.cosign + " is not the key that is listed");
    }
    if (entry->peer != peer->public_key()) {
        return refused(exit_configuration, config.keys.peer + " is not the key that is listed");
    }
    const auto voters = std::ranges::count(genesis->nodes, true, &ledger::GenesisNode::voter);
    const bool joined = entry->node > genesis->nodes.size();
    return Identity{
        .genesis = std::move(*genesis),
        .file = std::move(**file),
        .node = entry->node,
        .entry = *entry,
        .has_others = joined || voters > 1,
        .log = *log,
        .cosign = *cosign,
        .peer = *peer,
    };
}

}  // namespace

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() {
    stop();
}

std::expected<std::unique_ptr<Node>, NodeRefused> Node::start(
    const Config& config, const NodeOptions& options, Logger& logger
) {
    auto identity = read_identity(config);
    if (!identity) {
        return std::unexpected(identity.error());
    }
    auto node = std::unique_ptr<Node>(
        new Node(std::make_unique<Parts>(config, options, logger, std::move(*identity)))
    );
    if (auto opened = node->parts_->open_storage_and_ledger(); !opened) {
        return std::unexpected(opened.error());
    }
    node->reload();
    if (auto joined = node->parts_->join(); !joined) {
        return std::unexpected(joined.error());
    }
    if (auto serving = node->parts_->start_api(); !serving) {
        return std::unexpected(serving.error());
    }
    node->parts_->start_ticking();
    node->parts_->start_scrubbing();
    return node;
}

std::string Node::ledger_id() const {
    return parts_->identity.genesis.ledger.hex();
}

api::Service& Node::service() {
    return *parts_->service;
}

api::Operator& Node::operating() {
    return *parts_->acting;
}

std::uint16_t Node::api_port() const {
    return parts_->server->port();
}

bool Node::is_ready() const {
    return std::ranges::all_of(parts_->service->readiness(), &api::Check::ok);
}

std::string Node::status_text() const {
    const auto view = parts_->service->local();
    return fmt::format("block {}, {} leaves", view->head().block, view->head().size);
}

void Node::reload() {
    auto tokens = read_tokens(parts_->directory.path + "/tokens");
    if (tokens) {
        parts_->service->set_tokens(std::move(*tokens));
    } else {
        parts_->logger.log(
            LogLevel::error, "node", "tokens.unreadable", {{"msg", tokens.error().detail}}
        );
    }
    if (parts_->server && !parts_->config.api.tls.certificate.empty()) {
        if (auto reloaded = parts_->server->reload_tls(); !reloaded) {
            parts_->logger.log(
                LogLevel::error, "node", "tls.unreadable", {{"msg", reloaded.error().detail}}
            );
        }
    }
}

void Node::stop_to_restart() {
    parts_->options.quick_stop = true;
    parts_->stop();
}

void Node::stop() {
    parts_->stop();
}

}  // namespace tanji::node
