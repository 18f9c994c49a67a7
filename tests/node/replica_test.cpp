#include "node/replica/replica.h"

#include "ledger/ledger.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "node/genesis_file.h"
#include "node/setup.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr ledger::TimeMs start_ms = 1'795'219'200'000;

// A replica of one voter over ports that a test works by hand: nothing is on disk, applied or
// marked before the test says so.
class ReplicaTest : public testing::Test,
                    public Disk,
                    public Wire,
                    public Applier,
                    public Clock,
                    public Observer {
protected:
    ReplicaTest()
        : alliance_(
              build_demo({.seed = 7, .nodes = 1, .time = start_ms, .addresses = {"127.0.0.1:1"}})
          ),
          store_(ledger::make_memory_store()),
          ledger_(*store_, [this](ledger::BlockIndex index) { return blocks_.at(index); }) {
        const ledger::Bytes genesis = ledger::genesis_block(alliance_.file, alliance_.genesis.time);
        blocks_[1] = genesis;
        const auto decoded = ledger::decode_block(genesis, {});
        ledger_.apply(*decoded);
        consensus::Restored restored;
        restored.log = {ref_of(decoded->header, genesis.size())};
        restored.marked = id_of(restored.log.front());
        restored.membership.number = 1;
        restored.membership.voters = {1};
        restored.applied = 1;
        ReplicaSettings settings;
        settings.last_block_time = start_ms;
        settings.last_header = genesis.substr(0, ledger::header_bytes);
        settings.backlog_commands = 3;
        const ledger::GenesisNode& self = alliance_.genesis.nodes.front();
        Electorate electorate;
        electorate.voters.push_back(
            {.node = 1,
             .log = *ledger::parse_vkey(self.log),
             .cosign = *ledger::parse_vkey(self.cosign)}
        );
        electorate.pinned = {
            .origin = alliance_.genesis.origin, .ledger = alliance_.genesis.ledger, .policies = {}
        };
        electorate.pinned.policies.push_back(
            {.from = 0, .policy = *ledger::Policy::parse(alliance_.genesis.policy())}
        );
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
            Ports{.disk = *this, .wire = *this, .applier = *this, .clock = *this, .observer = *this}
        );
    }

    // --- the ports ---
    void write(DiskWrite write) override {
        unwritten_ = write.token;
        for (const SealedBlockPtr& block : write.blocks) {
            blocks_[block->ref.at.index] = *block->bytes;
            sealed_.push_back(block);
        }
    }
    void mark_head(const CosignedHead& head) override { unmarked_ = head; }
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
    }
    void keep(const ledger::CheckpointCertificate& certificate) override {
        certificates_.push_back(certificate);
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
    ledger::TimeMs now_ms() const override { return now_; }
    void sealed(std::size_t, std::size_t) override {}
    void certified(ledger::TreeSize, std::int64_t) override {}
    void role_changed(const consensus::Status&) override {}
    void peer_event(consensus::NodeId peer, std::string_view event, const std::string&) override {
        EXPECT_EQ(peer, 0U) << event << " of a node that does not exist";
    }
    void quarantined(Quarantine, const std::string& sentence) override {
        ADD_FAILURE() << sentence;
    }
    void evidence(const ledger::Evidence&) override { ADD_FAILURE() << "evidence"; }
    void divergence(const std::string& report) override { ADD_FAILURE() << report; }

    // --- what a test does ---
    void disk_finishes() {
        const auto token = std::exchange(unwritten_, std::nullopt);
        ASSERT_TRUE(token);
        replica_->wrote(*token);
        replica_->run();
    }
    void ledger_finishes() {
        for (const SealedBlockPtr& block : std::exchange(unapplied_, {})) {
            replica_->applied(ledger_.apply(block->decoded), block->decoded, ledger_.next_due());
        }
        replica_->run();
    }
    void mark_finishes() {
        const auto head = std::exchange(unmarked_, std::nullopt);
        ASSERT_TRUE(head);
        replica_->head_marked(*head);
        replica_->run();
    }
    void lead() {
        replica_->tick();
        replica_->run();
        disk_finishes();  // the vote
        disk_finishes();  // the no-op
        ledger_finishes();
    }

    std::shared_ptr<const ledger::Prepared> open_account(std::uint8_t name, std::uint8_t id) {
        const std::string account(32, static_cast<char>('a' + name));
        ledger::CommandId command;
        command.bytes.fill(id);
        ledger::JsonWriter out;
        out.open_object().member("type", "account.open").member("v", std::uint64_t{1});
        out.member("ledger", alliance_.genesis.ledger.hex()).member("id", command.hex());
        out.member("not_after", static_cast<std::uint64_t>(now_ + 60'000));
        out.member("salt", std::string(32, '5')).name("body").open_object();
        out.member("account", account).member("kind", "user").name("keys").open_array();
        out.close_array().name("owner").null().close_object().close_object();
        const std::array keys = {static_cast<const ledger::SigningKey*>(&alliance_.keys.at("wallet")
        )};
        ledger::StoredCommand stored = {
            .envelope = ledger::sign_command(out.take(), keys), .attachment = {}
        };
        return *ledger::prepare(std::move(stored), alliance_.genesis.ledger);
    }

    // Submits, and keeps what is answered under `name`.
    void submit(
        std::string name, std::shared_ptr<const ledger::Prepared> command, bool certified = false
    ) {
        replica_->submit(
            std::move(command),
            {
                .done = [this, name = std::move(name)](ledger::Result<Reply> reply
                        ) { replies_.emplace(name, std::move(reply)); },
                .until_certified = certified,
                .deadline = now_ + 10'000,
            }
        );
        replica_->run();
    }

    DemoAlliance alliance_;
    std::unique_ptr<ledger::Store> store_;
    std::map<ledger::BlockIndex, ledger::Bytes> blocks_;
    ledger::Ledger ledger_;
    std::unique_ptr<Replica> replica_;
    ledger::TimeMs now_ = start_ms + 1'000;
    std::optional<consensus::Token> unwritten_;
    std::optional<CosignedHead> unmarked_;
    std::vector<SealedBlockPtr> sealed_;
    std::vector<SealedBlockPtr> unapplied_;
    std::vector<ledger::CheckpointCertificate> certificates_;
    std::multimap<std::string, ledger::Result<Reply>> replies_;
};

TEST_F(ReplicaTest, NobodyHearsOfACommandBeforeItIsDurableAndApplied) {
    lead();
    submit("open", open_account(0, 1));
    EXPECT_TRUE(unapplied_.empty());
    disk_finishes();
    EXPECT_TRUE(replies_.empty());
    ledger_finishes();
    ASSERT_EQ(replies_.count("open"), 1U);
    EXPECT_TRUE(replies_.find("open")->second->outcome.applied());
    EXPECT_FALSE(replies_.find("open")->second->certified);
}

TEST_F(ReplicaTest, WhoWaitsForTheCertificateHearsNothingBeforeTheMarkIsDurable) {
    lead();
    submit("open", open_account(0, 1), true);
    disk_finishes();
    ledger_finishes();
    EXPECT_TRUE(certificates_.empty());
    ASSERT_TRUE(unmarked_);
    // The round that was open since genesis covers one leaf; the next one covers the command.
    mark_finishes();
    replica_->certified(certificates_.back().size);
    replica_->run();
    if (replies_.empty()) {
        mark_finishes();
        replica_->certified(certificates_.back().size);
    }
    ASSERT_EQ(replies_.count("open"), 1U);
    EXPECT_TRUE(replies_.find("open")->second->certified);
    EXPECT_GT(certificates_.back().size, replies_.find("open")->second->outcome.leaf);
}

TEST_F(ReplicaTest, TheSameBytesSentTwiceAtOnceHaveOneLeafAndTwoEqualAnswers) {
    lead();
    const auto command = open_account(0, 1);
    submit("first", command);
    submit("second", command);
    disk_finishes();
    ledger_finishes();
    EXPECT_FALSE(unwritten_);  // they were one command on the way, too
    ASSERT_EQ(replies_.size(), 2U);
    EXPECT_EQ(
        replies_.find("first")->second->outcome.leaf, replies_.find("second")->second->outcome.leaf
    );
    EXPECT_EQ(ledger_.head().size, 2U);  // genesis and the command
}

TEST_F(ReplicaTest, OtherBytesUnderAnIdThatIsOnItsWayAreRefusedAndTheFirstIsNot) {
    lead();
    submit("first", open_account(0, 1));
    submit("other", open_account(1, 1));
    disk_finishes();
    ledger_finishes();
    disk_finishes();
    ledger_finishes();
    ASSERT_EQ(replies_.size(), 2U);
    EXPECT_TRUE(replies_.find("first")->second.has_value());
    ASSERT_FALSE(replies_.find("other")->second.has_value());
    EXPECT_EQ(replies_.find("other")->second.error().code, ErrorCode::id_reused);
}

TEST_F(ReplicaTest, WaitingTooLongIsAnUnknownOutcomeAndTheCommandGoesOn) {
    lead();
    submit("open", open_account(0, 1));
    now_ += 10'001;
    replica_->tick();
    replica_->run();
    ASSERT_EQ(replies_.count("open"), 1U);
    EXPECT_EQ(replies_.find("open")->second.error().code, ErrorCode::outcome_unknown);
    disk_finishes();
    ledger_finishes();
    EXPECT_EQ(ledger_.head().size, 2U);
}

TEST_F(ReplicaTest, MoreThanTheBacklogIsTurnedAwayAndNothingOfItIsKept) {
    lead();
    submit("sealed", open_account(0, 1));  // on its way to disk: does not wait here any more
    for (std::uint8_t i = 1; i <= 4; ++i) {
        submit("waits", open_account(i, static_cast<std::uint8_t>(i + 1)));
    }
    ASSERT_EQ(replies_.count("waits"), 1U);
    EXPECT_EQ(replies_.find("waits")->second.error().code, ErrorCode::overloaded);
    disk_finishes();
    disk_finishes();
    ledger_finishes();
    EXPECT_EQ(ledger_.head().size, 5U);
}

TEST_F(ReplicaTest, OnAFullDiskNothingIsSealedAndWhatWaitsIsWhenThereIsRoom) {
    lead();
    replica_->set_room(Room::none);
    submit("open", open_account(0, 1));
    EXPECT_FALSE(unwritten_);
    replica_->set_room(Room::enough);
    replica_->run();
    disk_finishes();
    ledger_finishes();
    EXPECT_EQ(replies_.count("open"), 1U);
}

TEST_F(ReplicaTest, LedgerTimeDoesNotFallWhenTheClockDoes) {
    lead();
    submit("open", open_account(0, 1));
    disk_finishes();
    ledger_finishes();
    const ledger::TimeMs before = ledger_.head().time;
    now_ = before - 3'600'000;
    submit("again", open_account(1, 2));
    disk_finishes();
    ledger_finishes();
    EXPECT_EQ(ledger_.head().time, before);
}

TEST_F(ReplicaTest, AQuietNightStillMovesLedgerTime) {
    lead();
    const ledger::BlockIndex quiet = ledger_.head().block;
    now_ += 61'000;
    replica_->tick();
    replica_->run();
    disk_finishes();
    ledger_finishes();
    EXPECT_EQ(ledger_.head().block, quiet + 1);
    EXPECT_EQ(ledger_.head().time, now_);
    EXPECT_EQ(ledger_.head().size, 1U);  // an empty block adds no leaf
}

TEST_F(ReplicaTest, AReadWaitsUntilWhatWasCommittedIsApplied) {
    lead();
    submit("open", open_account(0, 1));
    disk_finishes();  // committed, not applied
    std::optional<ledger::Result<ledger::BlockIndex>> granted;
    replica_->read([&](auto index) { granted = std::move(index); }, now_ + 5'000);
    replica_->run();
    EXPECT_FALSE(granted);
    ledger_finishes();
    ASSERT_TRUE(granted);
    EXPECT_EQ(**granted, ledger_.head().block);
}

TEST_F(ReplicaTest, ABlockIsSignedByTheLogKeyAndFollowsTheOneBefore) {
    lead();
    submit("open", open_account(0, 1));
    const auto& header = sealed_.back()->decoded.header;
    EXPECT_TRUE(ledger::verify_header(header, alliance_.nodes.front().log.public_key()));
    EXPECT_EQ(header.prev_hash, ledger::hash_of(sealed_.front()->decoded.header));
    const auto read = ledger::decode_block(*sealed_.back()->bytes, alliance_.genesis.ledger);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->header, header);
}

}  // namespace
}  // namespace tanji::node
