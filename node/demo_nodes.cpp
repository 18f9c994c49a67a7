#include "node/demo_nodes.h"

#include "ledger/proof/policy.h"
#include "node/demo_failed.h"
#include "node/storage/file.h"
#include "node/storage/startup.h"
#include "node/tokens.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr std::int64_t ready_wait_ms = 20'000;

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

void pause() {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

}  // namespace

DemoNodes::DemoNodes(const DemoOptions& options) : options_(options) {
    make_folder();
    try {
        write_alliance();
        for (std::size_t node = 0; node < options_.nodes; ++node) {
            loggers_.push_back(must(Logger::open({
                .level = LogLevel::info,
                .format = LogFormat::text,
                .node = member(node),
                .file = file(node == 0 ? "node.log" : fmt::format("node-{}.log", node + 1)),
            })));
            nodes_.emplace_back();
        }
    } catch (const DemoFailed&) {
        remove_folder_if_temporary();
        throw;
    }
}

DemoNodes::~DemoNodes() {
    nodes_.clear();
    remove_folder_if_temporary();
}

void DemoNodes::remove_folder_if_temporary() const {
    if (temporary_) {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
}

std::string DemoNodes::file(std::string_view name) const {
    return fmt::format("{}/{}", folder_, name);
}

std::string DemoNodes::folder_of(std::size_t node) const {
    return file(fmt::format("node-{}", node + 1));
}

std::uint16_t DemoNodes::port(std::size_t node) const {
    return static_cast<std::uint16_t>(options_.port + 10 * node);
}

std::string DemoNodes::url(std::size_t node) const {
    return fmt::format("http://127.0.0.1:{}", port(node));
}

std::string DemoNodes::admin_url(std::size_t node) const {
    return fmt::format("http://127.0.0.1:{}", port(node) + 2);
}

std::size_t DemoNodes::quorum() const {
    return ledger::quorum(size());
}

std::size_t DemoNodes::up() const {
    return static_cast<std::size_t>(std::ranges::count_if(nodes_, [](const auto& node) {
        return node != nullptr;
    }));
}

Node& DemoNodes::any() const {
    const auto found =
        std::ranges::find_if(nodes_, [](const auto& node) { return node != nullptr; });
    assert(found != nodes_.end());
    return **found;
}

std::optional<std::size_t> DemoNodes::leader(std::int64_t patience_ms) const {
    const ledger::TimeMs deadline = now_ms() + patience_ms;
    do {
        // A node that was just stopped may still be named: the one that leads says so itself.
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (is_up(i) && node(i).service().cluster().role == "leader") {
                return i;
            }
        }
        pause();
    } while (now_ms() < deadline);
    return std::nullopt;
}

void DemoNodes::make_folder() {
    if (!options_.keep.empty()) {
        folder_ = options_.keep;
        if (std::filesystem::exists(folder_) && !std::filesystem::is_empty(folder_)) {
            throw DemoFailed{folder_ + " is not empty: --keep wants a new folder"};
        }
        must(make_directory(folder_));
        return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "tanji-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw DemoFailed{"no temporary folder can be made"};
    }
    folder_ = pattern;
    temporary_ = true;
}

void DemoNodes::write_alliance() {
    std::vector<std::string> addresses;
    for (std::size_t node = 0; node < options_.nodes; ++node) {
        addresses.push_back(fmt::format("127.0.0.1:{}", port(node) + 1));
    }
    alliance_ = build_demo({
        .seed = options_.seed,
        .nodes = options_.nodes,
        .time = now_ms(),
        .addresses = addresses,
    });
    must(write_file(file("genesis.json"), alliance_.file, 0644, Existing::refuse));
    must(write_file(file("policy.txt"), alliance_.genesis.policy(), 0644, Existing::refuse));
    write_keys();
    for (std::size_t node = 0; node < options_.nodes; ++node) {
        make_storage(node);
        // So that a kept alliance can be run by as many processes: tanjid start -c node-2/node.toml
        must(write_file(
            folder_of(node) + "/node.toml",
            commented_node_toml(config_of(node)),
            0644,
            Existing::refuse
        ));
    }
}

void DemoNodes::write_keys() const {
    for (const auto& [member, key] : alliance_.keys) {
        must(write_key(file(fmt::format("keys/{}.key", member)), key));
    }
    for (std::size_t i = 1; i <= 5; ++i) {
        const std::string name = fmt::format("wallet-{}", i);
        must(write_key(file(fmt::format("keys/{}.key", name)), demo_key(options_.seed, name)));
    }
    for (const auto& [year, key] : alliance_.event_keys) {
        const std::string name = fmt::format("keys/event-{}.hex", year);
        must(write_file(file(name), ledger::to_hex(key) + "\n", 0600, Existing::refuse));
    }
    const auto salt = demo_key(options_.seed, "account-salt").sign("salt");
    must(write_file(
        file("keys/account-salt.hex"),
        ledger::to_hex(salt.view().substr(0, 32)) + "\n",
        0600,
        Existing::refuse
    ));
}

void DemoNodes::make_storage(std::size_t node) const {
    const NodeKeys& keys = alliance_.nodes.at(node);
    must(write_node_keys(folder_of(node) + "/keys", keys));
    must(create_storage(
        {.path = folder_of(node)},
        {.ledger = alliance_.genesis.ledger, .node = node + 1, .log_key = keys.log.id()},
        must(first_block_of(alliance_.file))
    ));
}

Config DemoNodes::config_of(std::size_t node) const {
    Config config;
    config.node.member = alliance_.genesis.nodes.at(node).member;
    config.node.name = config.node.member;
    config.node.data_dir = folder_of(node);
    config.node.genesis = file("genesis.json");
    config.keys = {
        .log = folder_of(node) + "/keys/log.key",
        .cosign = folder_of(node) + "/keys/cosign.key",
        .peer = folder_of(node) + "/keys/peer.key",
    };
    config.api.listen = fmt::format("127.0.0.1:{}", port(node));
    config.api.language = "en";
    config.peers.listen = fmt::format("127.0.0.1:{}", port(node) + 1);
    config.admin.listen = fmt::format("127.0.0.1:{}", port(node) + 2);
    config.storage.cache_mb = 64;
    config.storage.min_free_mb = 64;
    config.rate.signer = {.burst = 0, .per_second = 0};
    config.rate.ip = {.burst = 0, .per_second = 0};
    config.rate.member = {.burst = 0, .per_second = 0};
    return config;
}

void DemoNodes::start(std::size_t node) {
    auto started =
        Node::start(config_of(node), {.demo = true, .quick_stop = true}, *loggers_.at(node));
    if (!started) {
        throw DemoFailed{started.error().sentence};
    }
    nodes_.at(node) = std::move(*started);
}

void DemoNodes::start_all() {
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
        start(node);
    }
    wait_until_ready();
}

void DemoNodes::stop(std::size_t node) {
    nodes_.at(node).reset();
}

void DemoNodes::wait_until_ready() {
    const ledger::TimeMs deadline = now_ms() + ready_wait_ms;
    const auto is_ready = [](const std::unique_ptr<Node>& node) {
        return node == nullptr || node->is_ready();
    };
    while (!std::ranges::all_of(nodes_, is_ready)) {
        if (now_ms() > deadline) {
            throw DemoFailed{"the nodes are not ready after 20 s"};
        }
        pause();
    }
}

void DemoNodes::add_tokens() {
    const std::string tokens = folder_of(0) + "/tokens";
    for (const std::string member : {"ev", "metro", "registry", "verico", "wallet"}) {
        const auto token =
            must(add_token(tokens, member, {"read"}, now_ms() + 30 * ledger::ms_per_day));
        const std::string name = fmt::format("keys/{}.token", member);
        must(write_file(file(name), token + "\n", 0600, Existing::refuse));
    }
    constexpr std::size_t tokens_bytes_max = 64 * 1024;
    const auto written = must(read_file(tokens, tokens_bytes_max));
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
        if (node > 0) {
            must(write_file(folder_of(node) + "/tokens", *written, 0600, Existing::replace));
        }
        nodes_.at(node)->reload();
    }
}

}  // namespace tanji::node
