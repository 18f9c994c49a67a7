#include "tests/node/node_fixture.h"

#include "ledger/decoded_block.h"
#include "node/storage/startup.h"
#include "node/tokens.h"

#include <chrono>
#include <thread>
#include <utility>

namespace tanji::node::test {

RunningNode::RunningNode() {
    alliance_ = build_demo({.seed = seed, .time = now_ms(), .addresses = {"127.0.0.1:1"}});
    put_content(folder_ / "genesis.json", alliance_.file);
    EXPECT_TRUE(write_node_keys(folder_ / "node/keys", alliance_.nodes.front()));
    const ledger::Bytes block = ledger::genesis_block(alliance_.file, alliance_.genesis.time);
    const auto header =
        ledger::decode_header(ledger::ByteView(block).substr(0, ledger::header_bytes));
    EXPECT_TRUE(create_storage(
        {.path = folder_ / "node"},
        {.ledger = alliance_.genesis.ledger, .node = 1, .log_key = alliance_.nodes.front().log.id()
        },
        {.bytes = block, .hash = ledger::hash_of(*header)}
    ));
    token_ = add_token(folder_ / "node/tokens", "metro", {"read"}, now_ms() + 3'600'000).value();
    other_token_ =
        add_token(folder_ / "node/tokens", "shop", {"read"}, now_ms() + 3'600'000).value();
    streaming_token_ =
        add_token(folder_ / "node/tokens", "ev", {"stream"}, now_ms() + 3'600'000).value();
    start();
}

RunningNode::~RunningNode() = default;

void RunningNode::seed_data() {
    auto seeded = seed_demo(node_->service(), alliance_, seed, now_ms());
    ASSERT_TRUE(seeded) << seeded.error().detail;
    data_ = std::move(*seeded);
}

void RunningNode::await_certified() {
    for (int i = 0; i < 2'000 && !is_certified(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(is_certified());
}

const ledger::SigningKey& RunningNode::key(const std::string& member) const {
    return alliance_.keys.at(member);
}

ledger::SigningKey RunningNode::wallet(std::size_t number) const {
    return demo_key(seed, fmt::format("wallet-{}", number));
}

ledger::TimeMs RunningNode::now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

void RunningNode::start() {
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

bool RunningNode::is_certified() {
    const auto view = node_->service().local();
    const auto certificate = view->certificate();
    return certificate && certificate->size == view->head().size;
}

}  // namespace tanji::node::test
