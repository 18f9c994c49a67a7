#include "node/genesis_file.h"
#include "node/replica/replica.h"
#include "node/setup.h"

#include <set>
#include <utility>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

constexpr ledger::TimeMs start_ms = 1'795'219'200'000;

// The leader of three voters, whose ports a test works by hand. Nothing is applied: what counts
// here is what the others acknowledged.
class RolledBackTest : public testing::Test,
                       public Disk,
                       public Wire,
                       public Applier,
                       public Clock,
                       public Observer {
protected:
    RolledBackTest()
        : alliance_(build_demo(
              {.seed = 7,
               .nodes = 3,
               .time = start_ms,
               .addresses = {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}}
          )) {
        const ledger::Bytes genesis = ledger::genesis_block(alliance_.file, start_ms);
        const auto decoded = ledger::decode_block(genesis, {});
        const auto roster =
            std::make_shared<const ledger::Roster>(ledger::first_roster(alliance_.genesis));
        consensus::Restored restored;
        restored.log = {ref_of(decoded->header, genesis.size())};
        restored.marked = id_of(restored.log.front());
        restored.membership = core_of(roster->newest().membership);
        restored.applied = 1;
        ReplicaSettings settings;
        settings.last_block_time = start_ms;
        settings.last_header = genesis.substr(0, ledger::header_bytes);
        settings.roster = roster;
        const Electorate electorate = electorate_of(*roster);
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
    void write(DiskWrite write) override { unwritten_ = write.token; }
    void mark_head(const CosignedHead&) override {}
    void read(consensus::Index, std::uint64_t, std::uint64_t, Read) override {}
    void send(consensus::NodeId to, PeerMessage message) override {
        if (const auto* agreement = std::get_if<Agreement>(&message); agreement && to == 2) {
            answer_to(agreement->message);
        }
    }
    void hang_up(consensus::NodeId) override {}
    void turn_away(consensus::NodeId node, consensus::Incarnation incarnation) override {
        turned_away_.emplace(node, incarnation);
    }
    void apply(consensus::Index, SealedBlockPtr) override {}
    void keep(const ledger::CheckpointCertificate&) override {}
    std::optional<ledger::BlockRow> row(ledger::BlockIndex) const override { return std::nullopt; }
    ledger::Hash root_at(ledger::TreeSize) const override { return {}; }
    ledger::Hash leaf_at(ledger::LeafIndex) const override { return {}; }
    std::vector<ledger::Hash> consistency(ledger::TreeSize, ledger::TreeSize) const override {
        return {};
    }
    ledger::TimeMs now_ms() const override { return start_ms; }
    void sealed(std::size_t, std::size_t) override {}
    void certified(ledger::TreeSize, std::int64_t) override {}
    void role_changed(const consensus::Status& status) override { status_ = status; }
    void peer_event(consensus::NodeId, std::string_view event, const std::string&) override {
        events_.emplace(event);
    }
    void quarantined(Quarantine, const std::string&) override {}
    void evidence(const ledger::Evidence&) override {}
    void divergence(const std::string&) override {}

    // Node 2 grants every vote and acknowledges every block at once.
    void answer_to(const consensus::Message& message) {
        if (const auto* asks = std::get_if<consensus::PreVote>(&message)) {
            answers_.emplace_back(consensus::PreVoteReply{.term = asks->term, .granted = true});
        } else if (const auto* stands = std::get_if<consensus::Vote>(&message)) {
            answers_.emplace_back(consensus::VoteReply{.term = stands->term, .granted = true});
        } else if (const auto* append = std::get_if<consensus::Append>(&message)) {
            acknowledged_ = append->prev.index + append->count;
            answers_.emplace_back(consensus::AppendReply{
                .term = append->term,
                .accepted = true,
                .index = acknowledged_,
                .hint = {},
                .conflict = false,
            });
        }
    }
    void turn() {
        replica_->run();
        if (const auto token = std::exchange(unwritten_, std::nullopt)) {
            replica_->wrote(*token);
        }
        for (const consensus::Message& message : std::exchange(answers_, {})) {
            Agreement agreement;
            agreement.message = message;
            replica_->received(2, 1, agreement, std::vector<SealedBlockPtr>{});
        }
        replica_->run();
    }
    void joins(consensus::Incarnation incarnation, const consensus::Position& marked) {
        replica_->joined(2, incarnation, marked);
        turn();
    }
    // Node 1 leads, and node 2 has acknowledged the block with which it began.
    void lead() {
        joins(1, {.term = 0, .index = 1});
        for (int i = 0; i < 200 && acknowledged_ < 2; ++i) {
            replica_->tick();
            turn();
        }
        turn();
        ASSERT_EQ(status_.role, consensus::Role::leader);
        ASSERT_EQ(acknowledged_, 2U);
    }

    DemoAlliance alliance_;
    std::unique_ptr<Replica> replica_;
    std::optional<consensus::Token> unwritten_;
    std::vector<consensus::Message> answers_;
    consensus::Index acknowledged_ = 0;
    consensus::Status status_;
    std::set<std::pair<consensus::NodeId, consensus::Incarnation>> turned_away_;
    std::set<std::string> events_;
};

TEST_F(RolledBackTest, WhoRestartsWithWhatItAcknowledgedIsHeard) {
    lead();
    joins(2, {.term = status_.term, .index = 2});
    EXPECT_TRUE(turned_away_.empty());
    EXPECT_FALSE(events_.contains("rolled_back"));
}

TEST_F(RolledBackTest, WhoRestartsBelowWhatItAcknowledgedIsTurnedAway) {
    lead();
    joins(2, {.term = 0, .index = 1});
    EXPECT_EQ(
        turned_away_, (std::set<std::pair<consensus::NodeId, consensus::Incarnation>>{{2, 2}})
    );
    EXPECT_TRUE(events_.contains("rolled_back"));
}

}  // namespace
}  // namespace tanji::node
