#pragma once

#include "ledger/ledger.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "ledger/value/json.h"
#include "node/genesis_file.h"
#include "node/service.h"
#include "node/setup.h"
#include "tests/node/temporary_directory.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::node::test {

// The service of a node of one voter, with its loop. Disk and ledger answer at once, in memory; the
// mark that every certificate needs, and the application of blocks, can be held back.
class HeldNode : public Disk, public Wire, public Applier, public Clock {
public:
    HeldNode()
        : alliance_(
              build_demo({.seed = 7, .nodes = 1, .time = now_ms(), .addresses = {"127.0.0.1:1"}})
          ),
          logger_(Logger::open({.level = LogLevel::warn, .file = folder_ / "node.log"}).value()),
          access_log_(AccessLog::open(folder_ / "access.log", 1).value()),
          metrics_("test", "test"),
          observer_(metrics_, *logger_),
          store_(ledger::make_memory_store()),
          ledger_(*store_, [this](ledger::BlockIndex index) { return blocks_.at(index); }),
          view_([this] { return ledger_.view(); }) {
        const ledger::Bytes genesis = ledger::genesis_block(alliance_.file, alliance_.genesis.time);
        blocks_[1] = genesis;
        const auto decoded = ledger::decode_block(genesis, {});
        ledger_.apply(*decoded);
        roster_ = std::make_shared<const ledger::Roster>(ledger_.view()->roster());
        make_replica(ref_of(decoded->header, genesis.size()), genesis);
        loop_ = std::make_unique<WorkThread>([this] { replica_->run(); });
        make_service();
    }
    ~HeldNode() override {
        loop_->stop();
        service_->stop();
    }
    HeldNode(const HeldNode&) = delete;
    HeldNode& operator=(const HeldNode&) = delete;

    // The one voter votes for itself. Before, there is no leader.
    void lead() {
        tick();
        ASSERT_TRUE(within(5'000, [this] { return head() >= 2; }));
    }
    void tick() {
        in_loop([this] { replica_->tick(); });
    }
    void hold_certificates() { certifies_ = false; }
    void release_certificates() {
        certifies_ = true;
        in_loop([this] { answer_mark(); });
    }
    void hold_blocks() { applies_ = false; }
    void release_blocks() {
        applies_ = true;
        in_loop([this] { apply_what_waits(); });
    }

    NodeService& service() { return *service_; }
    ledger::BlockIndex head() { return service_->local()->head().block; }
    // What the disk has left.
    std::atomic<std::int64_t> free_bytes = INT64_C(1) << 40;

    // Opens an account whose name is 32 of that letter, as the wallet's member.
    ledger::Envelope open_account(char name, char id, std::int64_t life_ms = 60'000) {
        ledger::JsonWriter out;
        out.open_object().member("type", "account.open").member("v", std::uint64_t{1});
        out.member("ledger", alliance_.genesis.ledger.hex()).member("id", std::string(32, id));
        out.member("not_after", static_cast<std::uint64_t>(now_ms() + life_ms));
        out.member("salt", std::string(32, '5')).name("body").open_object();
        out.member("account", std::string(32, name)).member("kind", "user");
        out.name("keys").open_array().close_array().name("owner").null();
        out.close_object().close_object();
        return ledger::sign_command(out.take(), std::array{&alliance_.keys.at("wallet")});
    }

    using Answer = ledger::Result<api::Submitted>;
    std::future<Answer> submit(api::Submission submission) {
        auto promised = std::make_shared<std::promise<Answer>>();
        service_->submit(std::move(submission), [promised](Answer answer) {
            promised->set_value(std::move(answer));
        });
        return promised->get_future();
    }

    static bool within(int patience_ms, const std::function<bool()>& holds) {
        for (int waited = 0; waited < patience_ms && !holds(); waited += 5) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return holds();
    }
    // Whether the answer is there within a few seconds.
    template <typename Value>
    static bool is_there(const std::future<Value>& answer, int patience_ms = 5'000) {
        return answer.wait_for(std::chrono::milliseconds(patience_ms)) == std::future_status::ready;
    }

    // --- the ports; on the loop ---
    void write(DiskWrite write) override {
        for (const SealedBlockPtr& block : write.blocks) {
            blocks_[block->ref.at.index] = *block->bytes;
        }
        loop_->post([this, token = write.token] { replica_->wrote(token); });
    }
    void mark_head(const CosignedHead& head) override {
        unmarked_ = head;
        if (certifies_) {
            answer_mark();
        }
    }
    void read(consensus::Index, std::uint64_t, std::uint64_t, Read) override {
        ADD_FAILURE() << "nobody to send old blocks to";
    }
    void send(consensus::NodeId to, PeerMessage) override {
        ADD_FAILURE() << "a message to node " << to << ", which does not exist";
    }
    void hang_up(consensus::NodeId) override {}
    void turn_away(consensus::NodeId node, consensus::Incarnation) override {
        ADD_FAILURE() << "node " << node << " does not exist";
    }
    void apply(consensus::Index, SealedBlockPtr block) override {
        unapplied_.push_back(std::move(block));
        if (applies_) {
            loop_->post([this] { apply_what_waits(); });
        }
    }
    void keep(const ledger::CheckpointCertificate& certificate) override {
        store_->write({{ledger::schema::certificate(certificate.size), certificate.note}});
        view_.changed();
        loop_->post([this, size = certificate.size] { replica_->certified(size); });
    }
    std::optional<ledger::BlockRow> row(ledger::BlockIndex block) const override {
        return ledger::load<ledger::BlockRow>(*store_, ledger::schema::block(block));
    }
    ledger::Hash root_at(ledger::TreeSize size) const override {
        return ledger::root_at(size, ledger::stored_nodes(*store_));
    }
    ledger::Hash leaf_at(ledger::LeafIndex index) const override {
        return ledger::stored_nodes(*store_)(0, index);
    }
    std::vector<ledger::Hash> consistency(ledger::TreeSize from, ledger::TreeSize to)
        const override {
        return ledger::consistency_proof(from, to, ledger::stored_nodes(*store_));
    }
    ledger::TimeMs now_ms() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch()
        )
            .count();
    }

private:
    // Returns when it is done, so that a test's thread and the loop take turns with the store.
    void in_loop(std::function<void()> task) {
        std::promise<void> done;
        loop_->post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }
    void answer_mark() {
        if (const auto head = std::exchange(unmarked_, std::nullopt)) {
            loop_->post([this, head] { replica_->head_marked(*head); });
        }
    }
    void apply_what_waits() {
        for (const SealedBlockPtr& block : std::exchange(unapplied_, {})) {
            const auto applied = ledger_.apply(block->decoded);
            view_.changed();
            replica_->applied(applied, block->decoded, ledger_.next_due());
        }
    }

    void make_replica(const consensus::BlockRef& first, const ledger::Bytes& genesis) {
        consensus::Restored restored;
        restored.log = {first};
        restored.marked = id_of(first);
        restored.membership.number = 1;
        restored.membership.voters = {1};
        restored.applied = 1;
        ReplicaSettings settings;
        settings.backlog_bytes = 800;  // of commands; two of them fit
        settings.last_block_time = alliance_.genesis.time;
        settings.last_header = genesis.substr(0, ledger::header_bytes);
        settings.roster = roster_;
        const Electorate electorate = electorate_of(*roster_);
        replica_ = std::make_unique<Replica>(
            settings,
            restored,
            CosignerIdentity{
                .node = 1,
                .name = electorate.voters.front().cosign.name,
                .program = "test",
                .log = alliance_.nodes.front().log,
                .cosign = alliance_.nodes.front().cosign,
                .electorate = electorate,
                .membership = restored.membership,
            },
            CosignedHead{},
            alliance_.genesis.ledger,
            Ports{
                .disk = *this,
                .wire = *this,
                .applier = *this,
                .clock = *this,
                .observer = observer_
            }
        );
    }
    void make_service() {
        members_ = std::make_unique<Members>(Members::Parts{
            .options = {},
            .key = alliance_.nodes.front().peer,
            .ledger = alliance_.genesis.ledger,
            .roster = roster_,
            .remembered = {},
            .state = *store_,
            .in_loop = [](std::function<void(Replica&)>) {},
            .refused = [](std::string_view, const Refusal&) {},
            .about_snapshots = [](consensus::NodeId, const PeerMessage&) { return true; },
            .needs_snapshot = [](consensus::NodeId) {},
        });
        cluster_ = std::make_unique<ClusterWatch>(ClusterWatch::Parts{
            .self = 1,
            .replica = *replica_,
            .loop = *loop_,
            .members = *members_,
            .observer = observer_,
            .view = view_,
            .metrics = metrics_,
        });
        service_ = std::make_unique<NodeService>(NodeService::Parts{
            .member = "metro",
            .origin = alliance_.genesis.origin,
            .ledger = alliance_.genesis.ledger,
            .demo = false,
            .min_free_bytes = 1'000,
            .evidence_directory = folder_ / "evidence",
            .tokens_file = folder_ / "tokens",
            .store = *store_,
            .reading = ledger_,
            .current_view = view_,
            .replica = *replica_,
            .loop = *loop_,
            .log_key = alliance_.nodes.front().log,
            .metrics = metrics_,
            .access_log = *access_log_,
            .free_bytes = [this] { return free_bytes.load(); },
            .cluster = *cluster_,
        });
    }

    TemporaryDirectory folder_;
    DemoAlliance alliance_;
    std::unique_ptr<Logger> logger_;
    std::unique_ptr<AccessLog> access_log_;
    Metrics metrics_;
    ReplicaObserver observer_;
    std::unique_ptr<ledger::Store> store_;
    std::map<ledger::BlockIndex, ledger::Bytes> blocks_;
    ledger::Ledger ledger_;
    CurrentView view_;
    std::shared_ptr<const ledger::Roster> roster_;
    std::unique_ptr<Replica> replica_;
    std::unique_ptr<Members> members_;
    std::unique_ptr<ClusterWatch> cluster_;
    std::unique_ptr<NodeService> service_;
    std::unique_ptr<WorkThread> loop_;
    std::atomic<bool> certifies_ = true;
    std::atomic<bool> applies_ = true;
    std::optional<CosignedHead> unmarked_;
    std::vector<SealedBlockPtr> unapplied_;
};

}  // namespace tanji::node::test
