#include "node/replica_observer.h"

#include "node/storage/file.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

namespace tanji::node {
namespace {

// What a voter may say (docs/consensus.md, "Certification"); a label is never what a peer likes.
constexpr std::array<std::string_view, 10> cosign_results{
    "counted",
    "ignored",
    "behind",
    "divergent",
    "leader_fault",
    "not_a_voter",
    "quarantined",
    "recovering",
    "smaller",
    "time_ahead",
};

constexpr std::string_view divergence_file = "divergence.json";

}  // namespace

void ReplicaObserver::sealed(std::size_t commands, std::size_t bytes) {
    metrics_.observe(Distribution::block_commands, static_cast<double>(commands));
    metrics_.observe(Distribution::block_bytes, static_cast<double>(bytes));
}

void ReplicaObserver::certified(ledger::TreeSize size, std::int64_t took_ms) {
    metrics_.set(Gauge::certified_size, static_cast<double>(size));
    metrics_.observe(Distribution::certify_seconds, static_cast<double>(took_ms) / 1'000);
}

void ReplicaObserver::role_changed(const consensus::Status& status) {
    const bool leads = status.role == consensus::Role::leader;
    metrics_.set(Gauge::raft_is_leader, leads ? 1 : 0);
    metrics_.set(Gauge::raft_term, static_cast<double>(status.term));
    if (status.leader != 0 && status.leader != leader_) {
        if (leader_ != 0) {
            metrics_.add(Counter::raft_leader_changes_total);
        }
        leader_ = status.leader;
    }
    if (status.leader != 0) {
        logger_.log(
            LogLevel::info,
            "replica",
            "leader.elected",
            {{"msg", leads ? "leads" : "follows"},
             {"peer", status.leader},
             {"term", status.term},
             {"index", status.last.index}}
        );
    }
}

void ReplicaObserver::peer_event(
    consensus::NodeId peer, std::string_view event, const std::string& sentence
) {
    logger_.log(LogLevel::warn, "replica", event, {{"msg", sentence}, {"peer", peer}});
}

void ReplicaObserver::quarantined(Quarantine reason, const std::string& sentence) {
    const std::string_view name = reason == Quarantine::divergent  ? "divergent"
                                  : reason == Quarantine::conflict ? "conflict"
                                  : reason == Quarantine::removed  ? "removed"
                                                                   : "unauthorised_membership";
    {
        const std::lock_guard lock(mutex_);
        withdrawn_ = {.reason = std::string(name), .sentence = sentence};
    }
    logger_.log(
        LogLevel::error, "replica", "node.quarantined", {{"msg", sentence}, {"reason", name}}
    );
}

ReplicaObserver::Withdrawn ReplicaObserver::withdrawn() const {
    const std::lock_guard lock(mutex_);
    return withdrawn_;
}

void ReplicaObserver::cosignature(consensus::NodeId node, std::string_view result) {
    const auto name = names_.find(node);
    const bool known = std::ranges::find(cosign_results, result) != cosign_results.end();
    if (name != names_.end()) {
        metrics_.cosignature(name->second, known ? result : "other");
    }
}

void ReplicaObserver::root_mismatch(consensus::NodeId) {
    metrics_.add(Counter::root_mismatch_total);
}

void ReplicaObserver::keep_evidence_in(std::string folder) {
    folder_ = std::move(folder);
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, none)) {
        if (entry.path().filename() == divergence_file) {
            continue;
        }
        files_.insert(entry.path().filename().string());
        const auto text = read_file(entry.path().string(), ledger::evidence_bytes_max);
        const auto known = text && *text ? ledger::read_evidence(**text)
                                         : ledger::Result<ledger::Evidence>(ledger::refuse(
                                               ledger::ErrorCode::internal, "no file"
                                           ));
        if (known && std::holds_alternative<ledger::BlockFork>(*known)) {
            forks_.insert(fork_of(std::get<ledger::BlockFork>(*known)));
        }
    }
}

ReplicaObserver::Fork ReplicaObserver::fork_of(const ledger::BlockFork& blocks) {
    auto first = std::pair(blocks.a.leader, blocks.a.term);
    auto second = std::pair(blocks.b.leader, blocks.b.term);
    return first < second ? Fork(first, second) : Fork(second, first);
}

// One fork convicts a key: a liar that makes more of them in its term adds nothing, and each would
// cost a synced write on this thread.
void ReplicaObserver::evidence(const ledger::Evidence& evidence) {
    const auto* blocks = std::get_if<ledger::BlockFork>(&evidence);
    if (blocks != nullptr && !forks_.insert(fork_of(*blocks)).second) {
        return;
    }
    const std::string name = ledger::file_name(evidence);
    if (files_.contains(name)) {
        return;
    }
    // Two leaders of one term convict nobody: they must not fill the place of what does.
    const bool convicts = blocks == nullptr || blocks->a.leader == blocks->b.leader;
    if (files_.size() >= (convicts ? evidence_files_max : evidence_files_max / 2)) {
        logger_.log(
            LogLevel::error,
            "replica",
            "evidence.not_kept",
            {{"msg", fmt::format("{} holds {} files already", folder_, files_.size())},
             {"kind", ledger::kind_of(evidence)}}
        );
        return;
    }
    files_.insert(name);
    keep(name, ledger::to_text(evidence));
}

void ReplicaObserver::divergence(const std::string& report) {
    keep(std::string(divergence_file), report);
}

void ReplicaObserver::keep(const std::string& name, const std::string& text) {
    const auto written = write_file(folder_ + "/" + name, text, 0644, Existing::replace);
    logger_.log(
        LogLevel::error,
        "replica",
        "evidence.kept",
        {{"msg", written ? folder_ + "/" + name : written.error().detail}}
    );
}

}  // namespace tanji::node
