#include "node/joining.h"

#include "ledger/proof/checkpoint.h"
#include "node/replica/electorate.h"
#include "node/storage/file.h"
#include "temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A node that genesis does not name, and whose log keys count when.
namespace tanji::node {
namespace {

using test::content_of;
using test::TemporaryDirectory;
using testing::HasSubstr;

DemoAlliance four_nodes() {
    DemoRequest request{.seed = 1, .nodes = 4, .time = 1'795'219'200'000};
    for (int node = 1; node <= 4; ++node) {
        request.addresses.push_back("127.0.0.1:" + std::to_string(9'000 + node));
    }
    return build_demo(request);
}

InitRequest joining_shop(const DemoAlliance& alliance, const std::string& folder) {
    InitRequest request;
    request.member = "shop";
    request.data_dir = folder + "/data";
    request.out = folder;
    request.genesis = alliance.file;
    request.address = "127.0.0.1:9005";
    request.join = 5;
    return request;
}

TEST(Joining, InitMakesTheEntryThatGovernanceSigns) {
    const DemoAlliance alliance = four_nodes();
    const TemporaryDirectory folder;
    const auto done = init_node(joining_shop(alliance, folder.path()), first_block_of);
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->node, 5U);
    const auto entry = read_joining_node(content_of(folder / "node-5.json"));
    ASSERT_TRUE(entry) << entry.error().detail;
    EXPECT_EQ(entry->row.member, "shop");
    EXPECT_EQ(entry->row.address, "127.0.0.1:9005");
    EXPECT_TRUE(entry->voter);
    EXPECT_TRUE(entry->is_proven(alliance.genesis.ledger));
    EXPECT_FALSE(entry->is_proven(ledger::sha256("another ledger")));
    EXPECT_EQ(to_text(*entry), content_of(folder / "node-5.json"));
    // The node knows itself again.
    Config config;
    config.node.data_dir = folder / "data";
    const auto key = read_key(folder / "data/keys/log.key");
    const auto own = own_entry(alliance.genesis, config, key->public_key());
    ASSERT_TRUE(own) << own.error().detail;
    EXPECT_EQ(own->node, 5U);
}

TEST(Joining, ANumberIsUsedOnceAndAMemberIsKnown) {
    const DemoAlliance alliance = four_nodes();
    const TemporaryDirectory folder;
    InitRequest request = joining_shop(alliance, folder.path());
    request.join = 4;
    auto refused = init_node(request, first_block_of);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, HasSubstr("a number is used once"));
    request = joining_shop(alliance, folder.path());
    request.member = "stranger";
    refused = init_node(request, first_block_of);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, HasSubstr("no member stranger"));
}

TEST(Joining, AnEntryOfOtherKeysIsNotTaken) {
    const DemoAlliance alliance = four_nodes();
    const TemporaryDirectory folder;
    ASSERT_TRUE(init_node(joining_shop(alliance, folder.path()), first_block_of));
    Config config;
    config.node.data_dir = folder / "data";
    EXPECT_FALSE(own_entry(alliance.genesis, config, ledger::SigningKey::generate().public_key()));
    // Of a genesis node nothing more is needed.
    const auto& metro = alliance.nodes.front().log.public_key();
    EXPECT_EQ(own_entry(alliance.genesis, config, metro)->node, 1U);
}

// Node 4 is replaced by node 5: both phases.
class Replaced : public testing::Test {
protected:
    Replaced() : alliance_(four_nodes()), roster_(ledger::first_roster(alliance_.genesis)) {
        roster_.nodes.push_back(
            joining_node(
                alliance_.genesis, 5, "registry", "127.0.0.1:9005", true, generate_node_keys()
            )
                .row
        );
        roster_.decision = ledger::OpenDecision{
            .id = {}, .base = 1, .voters = {1, 2, 3, 5}, .learners = {}, .leaf = 1, .until = 1
        };
    }
    void step() {
        const auto next = roster_.next();
        ASSERT_TRUE(next);
        const ledger::LeafIndex leaf = roster_.newest().leaf + 10;
        ASSERT_TRUE(ledger::carry_out(
            roster_, {.membership = *next, .block = leaf, .leaf = leaf, .time = 0}
        ));
    }
    ledger::KeyId log_of(std::uint64_t node) const {
        return ledger::key_id(ledger::parse_vkey(roster_.node(node)->log)->key);
    }

    DemoAlliance alliance_;
    ledger::Roster roster_;
};

TEST_F(Replaced, WhoLeavesSealsUntilOthersLead) {
    Electorate now = electorate_of(roster_);
    EXPECT_EQ(now.voters.size(), 4U);
    EXPECT_EQ(now.sealer(log_of(5), 1), nullptr) << "it does not vote";
    EXPECT_NE(now.sealer(log_of(5), 2), nullptr) << "it may lead before this node knows why";
    EXPECT_EQ(now.newcomer(log_of(5), 2), 5U) << "which the log has to tell";
    EXPECT_EQ(now.newcomer(log_of(4), 2), std::nullopt) << "it votes";
    for (int i = 0; i < 4; ++i) {
        step();
    }
    now = electorate_of(roster_);
    EXPECT_EQ(now.membership, 5U);
    EXPECT_EQ(now.voter(4), nullptr);
    EXPECT_NE(now.sealer(log_of(4), 5), nullptr) << "its last blocks are of the final membership";
    EXPECT_EQ(now.newcomer(log_of(4), 5), std::nullopt);
    EXPECT_EQ(now.sealer(log_of(4), 6), nullptr) << "nobody comes back";
    EXPECT_NE(now.sealer(log_of(5), 6), nullptr);
    EXPECT_EQ(now.sealer(ledger::SigningKey::generate().id(), 6), nullptr);
}

TEST_F(Replaced, WhoOnlyLearnsSealsNothing) {
    roster_.decision->voters = {1, 2, 3};
    roster_.decision->learners = {5};
    step();
    step();
    const Electorate now = electorate_of(roster_);
    for (std::uint64_t number = 1; number <= now.membership; ++number) {
        EXPECT_EQ(now.sealer(log_of(5), number), nullptr) << number;
    }
    EXPECT_NE(now.log_of(5), nullptr) << "its key is known";
}

TEST_F(Replaced, EverySizeHasThePolicyOfItsMembership) {
    for (int i = 0; i < 3; ++i) {
        step();  // the joint phase of the swap is membership 4, made by leaf 30
    }
    const Electorate joint = electorate_of(roster_);
    EXPECT_EQ(joint.voters.size(), 5U) << "both lists";
    EXPECT_EQ(joint.policy_at(30)->logs().size(), 4U);
    EXPECT_EQ(joint.policy_at(31)->logs().size(), 5U);
    EXPECT_EQ(ledger_of(core_of(roster_.newest().membership)), roster_.newest().membership);
}

}  // namespace
}  // namespace tanji::node
