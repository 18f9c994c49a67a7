#include "ledger/proof/evidence.h"
#include "ledger/value/json.h"
#include "node/replica/certification.h"
#include "tests/node/small_alliance.h"

#include <gtest/gtest.h>

// A quorum signed another history than this node holds.
namespace tanji::node {
namespace {

using small::noon;

constexpr ledger::TreeSize leaves = 6;

small::Tree tree_with(std::string_view third) {
    small::Tree tree;
    for (const std::string_view leaf :
         {std::string_view("one"),
          std::string_view("two"),
          third,
          std::string_view("four"),
          std::string_view("five")}) {
        tree.add({std::string(leaf)});
    }
    return tree;
}

class Contradiction : public testing::Test, Disk, Wire, Applier, Clock, Observer {
protected:
    Contradiction()
        : own_(tree_with("three")),
          other_(tree_with("another")),
          certification_(
              Rounds::Pace{},
              CosignerIdentity{
                  .node = 1,
                  .name = alliance_.cosigner(1),
                  .program = "test",
                  .log = alliance_.log(1),
                  .cosign = alliance_.cosign(1),
                  .electorate = alliance_.electorate(),
                  .membership = {},
              },
              CosignedHead{},
              Ports{
                  .disk = *this, .wire = *this, .applier = *this, .clock = *this, .observer = *this
              }
          ) {
        certification_.found_head(own_.head());
    }

    // Node 2 leads, and what it seals claims the other tree.
    void hear_a_claim_of_node_2() {
        ledger::BlockHeader header;
        header.leader = alliance_.log(2).id();
        header.claim_index = other_.block();
        header.claim_size = other_.size();
        header.claim_root = other_.root();
        certification_.applied(own_.head(), header);
    }
    // It answers whatever it is asked of its tree.
    void node_2_answers() {
        while (!sent_.empty()) {
            for (const PeerMessage& message : std::exchange(sent_, {})) {
                if (const auto* block = std::get_if<RootQuery>(&message)) {
                    certification_.received(2, answer_of(*block, other_.own()));
                } else if (const auto* leaf = std::get_if<LeafQuery>(&message)) {
                    certification_.received(2, answer_of(*leaf, other_.own()));
                }
            }
        }
    }
    void hear(const std::string& note) { certification_.received(2, CertificateFound{note}); }

    // As a file that anybody reads: whom it convicts.
    std::vector<ledger::NoteKey> convicted(const ledger::Evidence& evidence) {
        const auto read = ledger::read_evidence(ledger::to_text(evidence));
        EXPECT_TRUE(read);
        std::vector<ledger::NoteKey> known;
        for (const CosignVoter& voter : alliance_.electorate().voters) {
            known.push_back(voter.cosign);
        }
        const auto guilty = ledger::convict(std::get<ledger::CheckpointFork>(*read), known);
        EXPECT_TRUE(guilty) << guilty.error().detail;
        return guilty ? *guilty : std::vector<ledger::NoteKey>();
    }
    ledger::NoteKey key_of(consensus::NodeId node) const {
        return alliance_.electorate().voters.at(node - 1).cosign;
    }

    // --- the ports ---
    void write(DiskWrite) override {}
    void mark_head(const CosignedHead&) override {}
    void read(consensus::Index, std::uint64_t, std::uint64_t, Read) override {}
    void send(consensus::NodeId, PeerMessage message) override {
        sent_.push_back(std::move(message));
    }
    void hang_up(consensus::NodeId) override {}
    void turn_away(consensus::NodeId, consensus::Incarnation) override {}
    void apply(consensus::Index, SealedBlockPtr) override {}
    void keep(const ledger::CheckpointCertificate& certificate) override {
        kept_.push_back(certificate);
    }
    std::optional<ledger::BlockRow> row(ledger::BlockIndex block) const override {
        return own_.row(block);
    }
    ledger::Hash root_at(ledger::TreeSize size) const override { return own_.root_at(size); }
    ledger::Hash leaf_at(ledger::LeafIndex index) const override { return own_.leaves()[index]; }
    std::vector<ledger::Hash> consistency(ledger::TreeSize from, ledger::TreeSize to)
        const override {
        return ledger::consistency_proof(from, to, [this](int level, std::uint64_t index) {
            const auto width = std::size_t{1} << static_cast<unsigned>(level);
            return ledger::tree_root(std::span(own_.leaves()).subspan(index * width, width));
        });
    }
    ledger::TimeMs now_ms() const override { return noon + 1'000; }
    void sealed(std::size_t, std::size_t) override {}
    void certified(ledger::TreeSize, std::int64_t) override {}
    void role_changed(const consensus::Status&) override {}
    void peer_event(consensus::NodeId, std::string_view, const std::string&) override {}
    void quarantined(Quarantine, const std::string&) override {}
    void evidence(const ledger::Evidence& evidence) override { evidence_.push_back(evidence); }
    void divergence(const std::string& report) override {
        reports_.push_back(*ledger::parse_json(report));
    }

    small::Alliance alliance_{4};
    small::Tree own_;
    small::Tree other_;
    std::vector<ledger::CheckpointCertificate> kept_;
    std::vector<ledger::Evidence> evidence_;
    std::vector<PeerMessage> sent_;
    std::vector<ledger::JsonValue> reports_;
    Certification certification_;
};

TEST_F(Contradiction, WhoCosignedBothHistoriesIsConvictedByAFileOfThisNode) {
    hear(alliance_.note(1, leaves, own_.root(), {1, 2, 3}));
    ASSERT_EQ(kept_.size(), 1U);
    EXPECT_TRUE(evidence_.empty());
    hear(alliance_.note(2, leaves, other_.root(), {2, 3, 4}));
    EXPECT_TRUE(certification_.is_halted());
    ASSERT_EQ(evidence_.size(), 2U);
    EXPECT_EQ(ledger::kind_of(evidence_.front()), "wrong-root");
    EXPECT_EQ(convicted(evidence_.back()), (std::vector{key_of(2), key_of(3)}));
}

TEST_F(Contradiction, OfASmallerTreeThatTheOwnOneNeverWas) {
    hear(alliance_.note(1, leaves, own_.root(), {1, 2, 3}));
    hear(alliance_.note(2, 4, other_.root_at(4), {2, 3, 4}));
    ASSERT_EQ(evidence_.size(), 2U);
    EXPECT_EQ(convicted(evidence_.back()), (std::vector{key_of(2), key_of(3)}));
}

TEST_F(Contradiction, WithoutACertificateOfTheOwnHistoryTheFileOnlyAccuses) {
    hear(alliance_.note(2, leaves, other_.root(), {2, 3, 4}));
    EXPECT_TRUE(certification_.is_halted());
    ASSERT_EQ(evidence_.size(), 1U);
    EXPECT_EQ(ledger::kind_of(evidence_.front()), "wrong-root");
}

TEST_F(Contradiction, TheReportNamesTheBlockAtOnceAndThenTheLeaf) {
    hear_a_claim_of_node_2();
    node_2_answers();
    ASSERT_EQ(reports_.size(), 2U);
    for (const ledger::JsonValue& report : reports_) {
        EXPECT_EQ(*report.find("block")->integer(), 4U) << "genesis, one, two, and then another";
        EXPECT_EQ(*report.find("other")->find("node")->integer(), 2U);
    }
    hear_a_claim_of_node_2();
    node_2_answers();
    ASSERT_EQ(reports_.size(), 2U) << "the same is not told again";
    EXPECT_TRUE(reports_.front().find("leaf")->is_null());
    const ledger::JsonValue* leaf = reports_.back().find("leaf");
    EXPECT_EQ(*leaf->find("index")->integer(), 3U);
    EXPECT_EQ(*leaf->find("own")->string(), ledger::to_base64(own_.leaves()[3].view()));
    EXPECT_EQ(*leaf->find("other")->string(), ledger::to_base64(other_.leaves()[3].view()));
}

}  // namespace
}  // namespace tanji::node
