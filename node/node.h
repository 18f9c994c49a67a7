#pragma once

#include "api/operator.h"
#include "api/service.h"
#include "ledger/value/result.h"
#include "node/config.h"
#include "node/telemetry/logging.h"

#include <functional>
#include <memory>
#include <string>

namespace tanji::node {

// Why a node does not run, and the exit status that says so.
struct NodeRefused {
    int exit_code = exit_configuration;
    std::string sentence;
};

struct NodeOptions {
    bool demo = false;        // says so in GET /v1/ledger
    bool quick_stop = false;  // a demo does not wait for balancers
    // The node has to be stopped and started again, to go on from a snapshot that it took from
    // others. From any thread, once.
    std::function<void()> wants_restart = {};
};

// A whole node: the parts, made and started in order, stopped in the other. Several may live in one
// process; they share nothing.
class Node {
public:
    // Replays what the ledger has not applied, listens, and is about to lead when it returns. The
    // logger outlives it.
    static std::expected<std::unique_ptr<Node>, NodeRefused> start(
        const Config& config, const NodeOptions& options, Logger& logger
    );
    // As stop().
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    std::string ledger_id() const;
    // As long as the node lives.
    api::Service& service();
    api::Operator& operating();
    std::uint16_t api_port() const;
    // Whether it leads and has applied all that is committed.
    bool is_ready() const;
    std::string status_text() const;

    // Certificates, tokens.
    void reload();
    // As stop(), at once: the same process goes on.
    void stop_to_restart();
    // Drains for as long as the configuration says, answers what is under way, flushes, closes.
    void stop();

private:
    struct Parts;
    explicit Node(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tanji::node
