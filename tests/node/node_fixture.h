#pragma once

#include "ledger/decoded_block.h"
#include "ledger/value/json.h"
#include "node/demo_data.h"
#include "node/node.h"
#include "node/setup.h"
#include "node/storage/startup.h"
#include "node/tokens.h"
#include "tests/node/temporary_directory.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::node::test {

// A node as it runs in the demo: real storage, real signatures, a listener on a free loopback port,
// and the demo's SYNTHETIC data in its ledger.
class RunningNode {
public:
    static constexpr std::uint64_t seed = 7;

    RunningNode() {
        alliance_ = build_demo({.seed = seed, .time = now_ms(), .addresses = {"127.0.0.1:1"}});
        put_content(folder_ / "genesis.json", alliance_.file);
        EXPECT_TRUE(write_node_keys(folder_ / "node/keys", alliance_.nodes.front()));
        const ledger::Bytes block = ledger::genesis_block(alliance_.file, alliance_.genesis.time);
        const auto header =
            ledger::decode_header(ledger::ByteView(block).substr(0, ledger::header_bytes));
        EXPECT_TRUE(create_storage(
            {.path = folder_ / "node"},
            {.ledger = alliance_.genesis.ledger,
             .node = 1,
             .log_key = alliance_.nodes.front().log.id()},
            {.bytes = block, .hash = ledger::hash_of(*header)}
        ));
        token_ =
            add_token(folder_ / "node/tokens", "metro", {"read"}, now_ms() + 3'600'000).value();
        other_token_ =
            add_token(folder_ / "node/tokens", "shop", {"read"}, now_ms() + 3'600'000).value();
        streaming_token_ =
            add_token(folder_ / "node/tokens", "ev", {"stream"}, now_ms() + 3'600'000).value();
        start();
    }

    // Also what the demo puts into it.
    void seed_data() {
        auto seeded = seed_demo(node_->service(), alliance_, seed, now_ms());
        ASSERT_TRUE(seeded) << seeded.error().detail;
        data_ = std::move(*seeded);
    }
    void await_certified() {
        for (int i = 0; i < 2'000 && !is_certified(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        ASSERT_TRUE(is_certified());
    }

    Node& node() { return *node_; }
    api::Service& service() { return node_->service(); }
    const DemoAlliance& alliance() const { return alliance_; }
    const DemoData& data() const { return data_; }
    const std::string& token() const { return token_; }              // of metro
    const std::string& other_token() const { return other_token_; }  // of shop
    const std::string& streaming_token() const { return streaming_token_; }
    std::uint16_t port() const { return node_->api_port(); }
    std::string file(const std::string& name) const { return folder_ / name; }
    const ledger::SigningKey& key(const std::string& member) const {
        return alliance_.keys.at(member);
    }
    ledger::SigningKey wallet(std::size_t number) const {
        return demo_key(seed, fmt::format("wallet-{}", number));
    }

    static ledger::TimeMs now_ms() {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch()
        )
            .count();
    }

private:
    void start() {
        config_.node.member = "metro";
        config_.node.name = "metro";
        config_.node.data_dir = folder_ / "node";
        config_.node.genesis = folder_ / "genesis.json";
        config_.keys = {
            .log = folder_ / "node/keys/log.key",
            .cosign = folder_ / "node/keys/cosign.key",
            .peer = folder_ / "node/keys/peer.key",
        };
        config_.api.listen = "127.0.0.1:0";
        config_.api.language = "en";
        config_.admin.listen = "127.0.0.1:0";
        config_.storage.cache_mb = 16;
        config_.storage.min_free_mb = 1;
        config_.rate = {.ip = {}, .member = {}, .signer = {}, .compute = {}};
        logger_ = Logger::open({.level = LogLevel::warn, .file = folder_ / "node.log"}).value();
        auto started = Node::start(config_, {.demo = true, .quick_stop = true}, *logger_);
        ASSERT_TRUE(started) << started.error().sentence;
        node_ = std::move(*started);
        for (int i = 0; i < 2'000 && !node_->is_ready(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        ASSERT_TRUE(node_->is_ready());
    }
    bool is_certified() {
        const auto view = node_->service().local();
        const auto certificate = view->certificate();
        return certificate && certificate->size == view->head().size;
    }

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
