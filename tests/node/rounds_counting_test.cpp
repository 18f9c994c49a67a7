#include "tests/node/small_leader.h"

#include <map>

#include <gtest/gtest.h>

// Whose answers make a certificate, and how many.
namespace tanji::node {
namespace {

using small::Leader;
using small::noon;

TEST(RoundsCounting, OneVoterAloneIsItsOwnQuorum) {
    Leader metro(1);
    const auto request = metro.open();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->block, 2);
    EXPECT_EQ(request->note, metro.alliance.note(1, 3, metro.tree.root(), {}));
    const auto heard = metro.cosigns(1);
    ASSERT_TRUE(heard.certificate);
    EXPECT_EQ(heard.certificate->size, 3);
    EXPECT_EQ(
        heard.certificate->note, metro.alliance.note(1, 3, metro.tree.root(), {1}, noon / 1000)
    );
}

// q of n = 1..5 is 1, 2, 2, 3, 4: with two and five voters a majority is not enough.
TEST(RoundsCounting, ACertificateNeedsTheQuorumAndAMajorityIsNotOne) {
    const std::map<std::size_t, std::size_t> quorums{{1, 1}, {2, 2}, {3, 2}, {4, 3}, {5, 4}};
    for (const auto& [nodes, quorum] : quorums) {
        Leader metro(nodes);
        ASSERT_TRUE(metro.open());
        for (consensus::NodeId node = 1; node < quorum; ++node) {
            EXPECT_FALSE(metro.cosigns(node).certificate) << node << " of " << nodes;
        }
        const auto heard = metro.cosigns(quorum);
        ASSERT_TRUE(heard.certificate) << nodes;
        EXPECT_EQ(metro.standing(heard.certificate->note), ledger::Standing::certified);
    }
}

TEST(RoundsCounting, GenesisMayAskForMoreCosigners) {
    Leader metro(3, 3);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    EXPECT_FALSE(metro.cosigns(2).certificate);
    EXPECT_TRUE(metro.cosigns(3).certificate);
}

TEST(RoundsCounting, TheLinesStandInNodeOrderWhateverTheOrderOfTheAnswers) {
    Leader metro(4);
    ASSERT_TRUE(metro.open());
    metro.cosigns(4);
    metro.cosigns(1);
    const auto heard = metro.cosigns(3);
    ASSERT_TRUE(heard.certificate);
    EXPECT_EQ(heard.certificate->note, metro.alliance.note(1, 3, metro.tree.root(), {1, 3, 4}));
}

TEST(RoundsCounting, OneKeyIsCountedOnceHoweverOftenItAnswers) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    EXPECT_TRUE(metro.cosigns(2).counted);
    metro.now += 1'000;
    const auto again = metro.cosigns(2);
    EXPECT_FALSE(again.counted);
    EXPECT_FALSE(again.certificate);
}

TEST(RoundsCounting, AVoterCannotBringTheCosignatureOfAnother) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    EXPECT_FALSE(metro.hears(2, metro.good(3)).counted) << "mall's line, sent by bike";
    EXPECT_TRUE(metro.cosigns(2).counted);
    // Bike signs under mall's name.
    const ledger::Checkpoint checkpoint{
        std::string(small::origin), metro.tree.size(), metro.tree.root()
    };
    auto forged = metro.good(3);
    forged.line = to_text(ledger::cosign_checkpoint(
        checkpoint, metro.alliance.cosigner(3), metro.alliance.cosign(2), noon / 1000
    ));
    EXPECT_FALSE(metro.hears(3, forged).counted);
    EXPECT_FALSE(metro.hears(9, metro.good(3)).counted) << "node 9 is nobody";
}

TEST(RoundsCounting, OnlyACosignatureOverTheTextOfTheRoundCounts) {
    Leader metro(2);
    ASSERT_TRUE(metro.open());
    auto reply = metro.good(2);
    reply.line = metro.alliance.line(2, 2, metro.tree.root_at(2), noon / 1000);
    EXPECT_FALSE(metro.hears(2, reply).counted) << "a smaller tree";
    ledger::Hash other;
    other.bytes.fill(7);
    reply.line = metro.alliance.line(2, 3, other, noon / 1000);
    EXPECT_FALSE(metro.hears(2, reply).counted) << "another root";
    reply.line = metro.good(2).line;
    reply.line[reply.line.size() - 10] ^= 1;
    EXPECT_FALSE(metro.hears(2, reply).counted) << "a bad signature";
    reply.line = metro.good(2).line + metro.good(1).line;
    EXPECT_FALSE(metro.hears(2, reply).counted) << "two lines";
    reply.line = metro.good(2).line + "\nx\n\n" + metro.good(2).line;
    EXPECT_FALSE(metro.hears(2, reply).counted) << "a note of its own";
    // The log key's line is no cosignature.
    const ledger::Checkpoint checkpoint{std::string(small::origin), 3, metro.tree.root()};
    reply.line = to_text(ledger::sign_checkpoint(checkpoint, metro.alliance.log(2)));
    EXPECT_FALSE(metro.hears(2, reply).counted);
    for (const char* junk : {"", "\n", "hello\n", "\xe2\x80\x94 x\n"}) {
        reply.line = junk;
        EXPECT_FALSE(metro.hears(2, reply).counted);
    }
    EXPECT_TRUE(metro.cosigns(2).counted);
}

TEST(RoundsCounting, AReplyToAnOldRoundDoesNothing) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    const auto old = metro.good(2);
    metro.cosigns(1);
    ASSERT_TRUE(metro.cosigns(3).certificate);
    metro.grow("c");
    metro.now += 50;
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    EXPECT_TRUE(metro.cosigns(3).certificate);
    EXPECT_FALSE(metro.hears(2, old).counted);
    auto replayed = old;
    replayed.round = metro.round;
    EXPECT_FALSE(metro.hears(2, replayed).counted) << "under the new number";
}

TEST(RoundsCounting, AnOldLineDoesNotMakeATreeThatStandsStillLookFresh) {
    Leader metro(2);
    ASSERT_TRUE(metro.open());
    const auto old = metro.good(2);
    metro.cosigns(1);
    metro.now += 1'000;
    ASSERT_TRUE(metro.cosigns(2).certificate);
    metro.now += 60'000;
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    auto replayed = old;
    replayed.round = metro.round;
    EXPECT_FALSE(metro.hears(2, replayed).counted);
    EXPECT_TRUE(metro.cosigns(2).certificate);
}

TEST(RoundsCounting, InAJointPhaseBothAlliancesHaveToCosign) {
    Leader metro(5);
    // From 1, 2, 3 to 3, 4, 5: two of each.
    metro.alliance.add_policy(2, 2, {3, 4, 5}, {1, 2, 3});
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    metro.cosigns(2);
    EXPECT_FALSE(metro.cosigns(3).certificate) << "the old quorum alone";
    const auto heard = metro.cosigns(4);
    ASSERT_TRUE(heard.certificate);
    EXPECT_EQ(metro.standing(heard.certificate->note), ledger::Standing::certified);
}

TEST(RoundsCounting, AVoterWhoIsNotInThePolicyOfThatSizeDoesNotCount) {
    Leader metro(5);
    metro.alliance.add_policy(2, 2, {1, 2, 3});
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    EXPECT_FALSE(metro.cosigns(4).certificate);
    EXPECT_FALSE(metro.cosigns(5).certificate);
    EXPECT_TRUE(metro.cosigns(2).certificate);
}

TEST(RoundsCounting, APolicyHoldsFromItsSizeOn) {
    Leader metro(3);
    metro.alliance.add_policy(2, 4, {1});
    ASSERT_TRUE(metro.open());
    EXPECT_FALSE(metro.cosigns(1).certificate) << "size 3 is still the old policy's";
    EXPECT_TRUE(metro.cosigns(2).certificate);
    metro.grow("c");
    ASSERT_TRUE(metro.open(true));
    EXPECT_TRUE(metro.cosigns(1).certificate);
}

TEST(RoundsCounting, ALeaderWhoseLogKeyIsNotInThePolicyAsksNobody) {
    Leader metro(3);
    metro.alliance.add_policy(2, 2, {2, 3});
    EXPECT_FALSE(metro.open(true));
}

}  // namespace
}  // namespace tanji::node
