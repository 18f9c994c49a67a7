#pragma once

#include "node/replica/ports.h"
#include "node/telemetry/logging.h"
#include "node/telemetry/metrics.h"

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace tanji::node {

// Turns what the loop reports into metrics, log lines and files that convict.
class ReplicaObserver : public Observer {
public:
    ReplicaObserver(Metrics& metrics, Logger& logger) : metrics_(metrics), logger_(logger) {}

    static constexpr std::size_t evidence_files_max = 64;

    // Where evidence is kept, one fork of a leader and term, and not more files than that.
    // REQUIRES: before the loop runs.
    void keep_evidence_in(std::string folder);
    // What nodes are called in labels. REQUIRES: before the loop runs, or on its thread.
    void call_nodes(std::map<consensus::NodeId, std::string> names) { names_ = std::move(names); }

    // Why this node takes no part; empty while it does. Any thread.
    struct Withdrawn {
        std::string reason;
        std::string sentence;
    };
    Withdrawn withdrawn() const;

    void sealed(std::size_t commands, std::size_t bytes) override;
    void certified(ledger::TreeSize size, std::int64_t took_ms) override;
    void role_changed(const consensus::Status& status) override;
    void peer_event(consensus::NodeId peer, std::string_view event, const std::string& sentence)
        override;
    void quarantined(Quarantine reason, const std::string& sentence) override;
    void cosignature(consensus::NodeId node, std::string_view result) override;
    void root_mismatch(consensus::NodeId node) override;
    void evidence(const ledger::Evidence& evidence) override;
    void divergence(const std::string& report) override;

private:
    // Who sealed the two blocks, and in which terms.
    using Fork =
        std::pair<std::pair<ledger::KeyId, std::uint64_t>, std::pair<ledger::KeyId, std::uint64_t>>;

    static Fork fork_of(const ledger::BlockFork& blocks);
    void keep(const std::string& name, const std::string& text);

    Metrics& metrics_;
    Logger& logger_;
    std::string folder_;
    std::set<Fork> forks_;         // that were shown
    std::set<std::string> files_;  // of evidence
    std::map<consensus::NodeId, std::string> names_;
    consensus::NodeId leader_ = 0;  // the last one seen
    mutable std::mutex mutex_;
    Withdrawn withdrawn_;
};

}  // namespace tanji::node
