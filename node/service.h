#pragma once

#include "api/service.h"
#include "ledger/ledger.h"
#include "ledger/value/crypto.h"
#include "node/cluster_watch.h"
#include "node/current_view.h"
#include "node/replica/replica.h"
#include "node/telemetry/access_log.h"
#include "node/telemetry/metrics.h"
#include "node/work_thread.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace tanji::node {

// What the API may ask, answered by this node.
class NodeService : public api::Service {
public:
    struct Parts {
        std::string member;
        std::string origin;
        ledger::Hash ledger;
        bool demo = false;
        std::int64_t min_free_bytes = 0;
        std::string evidence_directory;
        std::string tokens_file;
        ledger::Store& store;
        // Reads and dry runs; its head and apply() belong to the ledger's thread.
        const ledger::Ledger& reading;
        CurrentView& current_view;
        Replica& replica;  // only on `loop`
        WorkThread& loop;
        const ledger::SigningKey& log_key;
        Metrics& metrics;
        AccessLog& access_log;
        std::function<std::int64_t()> free_bytes;
        ClusterWatch& cluster;
    };
    explicit NodeService(Parts parts) : parts_(std::move(parts)) {}

    void submit(api::Submission submission, Done done) override;
    ledger::Status check_signatures(const ledger::Envelope& envelope) override;
    void latest(Recent wanted, Opened done) override;
    std::shared_ptr<const ledger::View> local() override { return parts_.current_view.get(); }
    std::string sign_checkpoint(const ledger::View& view, ledger::TreeSize size) override;
    ledger::WitnessAnswer add_checkpoint(ledger::ByteView body) override;
    std::optional<std::string> cosigned_checkpoint(std::string_view origin_hash) override;
    std::vector<api::Check> readiness() override;
    api::ClusterState cluster() override { return parts_.cluster.state(); }
    bool is_demo() const override { return parts_.demo; }
    bool is_draining() const override { return draining_ || stopping_; }
    std::string member() const override { return parts_.member; }
    std::vector<api::MemberToken> tokens() const override;
    std::vector<std::pair<std::string, ledger::Bytes>> evidence() const override;
    std::string metrics() override {
        parts_.cluster.measure();
        return parts_.metrics.exposition();
    }
    std::int64_t now_ms() const override;
    void log_access(
        std::string_view credential,
        std::string_view route,
        std::string_view object,
        std::string_view purpose
    ) override;

    // Readiness ends, so that balancers turn away; everything is still served.
    void announce_stop() { stopping_ = true; }
    // New writes are refused.
    void drain() { draining_ = true; }
    // Answers whoever was told to wait before. REQUIRES: the loop has ended.
    void stop();
    void set_tokens(std::vector<api::MemberToken> tokens);
    // What the loop reports after every burst, on its thread.
    void set_status(const consensus::Status& status);

private:
    // What readiness depends on, as the loop saw it last.
    struct Standing {
        bool leader_known = false;
        bool leads = false;
        consensus::Index lag = 0;
        bool caught_up = false;
        bool fit = true;
        bool clock_off = false;
        bool quarantined = false;
    };

    std::optional<ledger::Result<api::Submitted>> replayed(const ledger::Prepared& command);
    // A known outcome waits at most for its certificate.
    void answer_known(
        const api::Submission& submission, ledger::Result<api::Submitted> known, Done done
    );
    // A command between two steps of being taken.
    struct Taking {
        std::shared_ptr<ledger::Prepared> command;
        api::Submission submission;
        Done done;
    };
    void take_verified(Taking& taking, const ledger::Status& verified);
    void go_on(Taking& taking);
    ledger::Status catch_up_briefly();
    WorkThread& next_replier() { return repliers_.at(next_replier_++ % repliers_.size()); }
    void dry_run(const ledger::Prepared& command, const Done& done);
    Waiters::Waiter waiter_for(const api::Submission& submission, Done done);

    Parts parts_;
    std::atomic<bool> draining_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> catching_up_ = false;
    mutable std::mutex mutex_;
    Standing standing_;
    std::vector<api::MemberToken> tokens_;
    // Receipts are made on threads of their own: the loop only says what happened.
    std::array<WorkThread, 2> repliers_;
    std::atomic<std::size_t> next_replier_ = 0;
};

}  // namespace tanji::node
