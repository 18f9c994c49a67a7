#pragma once

#include "node/cluster_new.h"
#include "node/node.h"
#include "tests/node/temporary_directory.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tanji::node::test {

ledger::TimeMs clock_ms();

// The first of fifty free ports, others than those of a test program that runs at the same time, as
// a rule.
std::uint16_t some_port();

// An alliance as `tanjid cluster new --loopback` makes it, its nodes in this process, each with
// the configuration that was written for it.
class RunningCluster {
public:
    explicit RunningCluster(std::vector<std::string> members);
    ~RunningCluster();
    RunningCluster(const RunningCluster&) = delete;
    RunningCluster& operator=(const RunningCluster&) = delete;

    void start(std::size_t i);
    void stop(std::size_t i) { nodes_.at(i).reset(); }

    void await_ready();
    static bool within(int patience_ms, const std::function<bool()>& holds);

    // Which node says that it leads; fails when none does.
    std::size_t leader();
    Node& node(std::size_t i) { return *nodes_.at(i); }
    std::size_t size() const { return nodes_.size(); }
    const ClusterDone& alliance() const { return done_; }
    std::string log_file(std::size_t i) const;

private:
    TemporaryDirectory folder_;
    ClusterDone done_;
    std::vector<std::unique_ptr<Logger>> loggers_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace tanji::node::test
