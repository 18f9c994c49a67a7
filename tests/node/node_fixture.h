#pragma once

#include "node/demo_data.h"
#include "node/node.h"
#include "node/setup.h"
#include "tests/node/temporary_directory.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace tanji::node::test {

// A node as it runs in the demo: real storage, real signatures, a listener on a free loopback port,
// and the demo's SYNTHETIC data in its ledger.
class RunningNode {
public:
    static constexpr std::uint64_t seed = 7;

    RunningNode();
    ~RunningNode();
    RunningNode(const RunningNode&) = delete;
    RunningNode& operator=(const RunningNode&) = delete;

    // Also what the demo puts into it.
    void seed_data();
    void await_certified();

    Node& node() { return *node_; }
    api::Service& service() { return node_->service(); }
    const DemoAlliance& alliance() const { return alliance_; }
    const DemoData& data() const { return data_; }
    const std::string& token() const { return token_; }              // of metro
    const std::string& other_token() const { return other_token_; }  // of shop
    const std::string& streaming_token() const { return streaming_token_; }
    std::uint16_t port() const { return node_->api_port(); }
    std::string file(const std::string& name) const { return folder_ / name; }
    const ledger::SigningKey& key(const std::string& member) const;
    ledger::SigningKey wallet(std::size_t number) const;

    static ledger::TimeMs now_ms();

private:
    void start();
    bool is_certified();

    TemporaryDirectory folder_;
    DemoAlliance alliance_;
    Config config_;
    std::unique_ptr<Logger> logger_;
    std::unique_ptr<Node> node_;
    DemoData data_;
    std::string token_;
    std::string other_token_;
    std::string streaming_token_;
};

}  // namespace tanji::node::test
