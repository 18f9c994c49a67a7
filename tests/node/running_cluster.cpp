#include "tests/node/running_cluster.h"

#include "node/config.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tanji::node::test {

ledger::TimeMs clock_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

namespace {

constexpr std::uint16_t ports_of_a_cluster = 50;

bool are_free(std::uint16_t first) {
    namespace ip = boost::asio::ip;
    boost::asio::io_context context;
    for (std::uint16_t port = first; port < first + ports_of_a_cluster; ++port) {
        ip::tcp::acceptor acceptor(context, ip::tcp::v4());
        boost::system::error_code failed;
        acceptor.set_option(ip::tcp::acceptor::reuse_address(true), failed);
        acceptor.bind({ip::address_v4::loopback(), port}, failed);
        if (failed) {
            return false;
        }
    }
    return true;
}

}  // namespace

// Below those of the stories, and of those that the system gives away.
std::uint16_t some_port() {
    static int round = 0;
    for (int tried = 0; tried < 200; ++tried) {
        const int place = (2 * ::getpid() + round++) % 200;
        const auto first = static_cast<std::uint16_t>(10'000 + ports_of_a_cluster * place);
        if (are_free(first)) {
            return first;
        }
    }
    ADD_FAILURE() << "no " << ports_of_a_cluster << " free ports from 10000 on";
    return 10'000;
}

RunningCluster::RunningCluster(std::vector<std::string> members) {
    auto made = new_cluster({
        .members = std::move(members),
        .origin = "log.example/test",
        .out = folder_ / "alliance",
        .loopback = true,
        .port = some_port(),
        .time = clock_ms(),
    });
    EXPECT_TRUE(made) << made.error().detail;
    done_ = std::move(*made);
    for (std::size_t i = 0; i < done_.nodes.size(); ++i) {
        loggers_.push_back(Logger::open({.level = LogLevel::info, .file = log_file(i)}).value());
        nodes_.emplace_back();
        start(i);
    }
    await_ready();
}

RunningCluster::~RunningCluster() = default;

void RunningCluster::start(std::size_t i) {
    const auto loaded = load_config(done_.nodes.at(i).folder + "/node.toml", {});
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    auto started = Node::start(loaded->config, {.quick_stop = true}, *loggers_.at(i));
    ASSERT_TRUE(started) << started.error().sentence;
    nodes_.at(i) = std::move(*started);
}

void RunningCluster::await_ready() {
    EXPECT_TRUE(within(20'000, [&] {
        return std::ranges::all_of(nodes_, [](const auto& node) {
            return node == nullptr || node->is_ready();
        });
    }));
}

bool RunningCluster::within(int patience_ms, const std::function<bool()>& holds) {
    for (int waited = 0; waited < patience_ms; waited += 10) {
        if (holds()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return holds();
}

std::size_t RunningCluster::leader() {
    std::size_t found = nodes_.size();
    EXPECT_TRUE(within(10'000, [&] {
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (nodes_[i] && nodes_[i]->service().cluster().role == "leader") {
                found = i;
                return true;
            }
        }
        return false;
    }));
    return found;
}

std::string RunningCluster::log_file(std::size_t i) const {
    return folder_ / ("node-" + std::to_string(i) + ".log");
}

}  // namespace tanji::node::test
