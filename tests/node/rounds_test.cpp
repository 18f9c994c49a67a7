#include "tests/node/small_leader.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using small::Leader;
using small::noon;

TEST(Rounds, OneRoundIsOpenAtATimeAndTheNextTakesEverythingMeanwhile) {
    Leader metro(2);
    ASSERT_TRUE(metro.open());
    metro.grow("c");
    metro.grow("d");
    metro.now += 1'000;
    EXPECT_FALSE(metro.open(true)) << "even if somebody waits";
    const std::uint64_t size = 3;
    auto reply = metro.good(1);
    for (const consensus::NodeId node : {1U, 2U}) {
        reply.line = metro.alliance.line(node, size, metro.tree.root_at(size), noon / 1000);
        metro.hears(node, reply);
    }
    const auto next = metro.open();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->block, 4);
    EXPECT_EQ(next->note, metro.alliance.note(1, 5, metro.tree.root(), {}));
}

TEST(Rounds, WaitsForTheIntervalUnlessSomebodyWaits) {
    Leader metro(1);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    metro.grow("c");
    metro.now += 49;
    EXPECT_FALSE(metro.open());
    EXPECT_TRUE(metro.open(true));
    metro.cosigns(1);
    metro.grow("d");
    metro.now += 50;
    EXPECT_TRUE(metro.open());
}

TEST(Rounds, ATreeThatStandsStillIsCosignedAgainAfterTheRefreshAndNotBefore) {
    Leader metro(1);
    ASSERT_TRUE(metro.open());
    ASSERT_TRUE(metro.cosigns(1).certificate);
    metro.now += 59'999;
    EXPECT_FALSE(metro.open(true));
    metro.now += 1;
    ASSERT_TRUE(metro.open());
    const auto heard = metro.cosigns(1);
    ASSERT_TRUE(heard.certificate);
    EXPECT_EQ(
        heard.certificate->note, metro.alliance.note(1, 3, metro.tree.root(), {1}, noon / 1000 + 60)
    );
}

TEST(Rounds, AfterTwoSecondsWithoutAQuorumTheNewestSizeIsTaken) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    metro.grow("c");
    metro.now += 1'999;
    EXPECT_FALSE(metro.open());
    metro.now += 1;
    const auto next = metro.open();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->note, metro.alliance.note(1, 4, metro.tree.root(), {}));
    metro.cosigns(2);
    EXPECT_TRUE(metro.cosigns(3).certificate);
}

TEST(Rounds, ARoundOverTheSameTreeKeepsWhatWasAlreadyCosigned) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    metro.now += 2'000;
    ASSERT_TRUE(metro.open());
    const auto heard = metro.cosigns(2);
    ASSERT_TRUE(heard.certificate);
    EXPECT_EQ(metro.standing(heard.certificate->note), ledger::Standing::certified);
}

TEST(Rounds, LateAnswersMakeOneFullerCertificateWhenEverybodyHasAnswered) {
    Leader metro(4);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    metro.cosigns(2);
    ASSERT_TRUE(metro.cosigns(3).certificate);
    const auto late = metro.cosigns(4);
    ASSERT_TRUE(late.certificate);
    EXPECT_EQ(late.certificate->note, metro.alliance.note(1, 3, metro.tree.root(), {1, 2, 3, 4}));
    EXPECT_FALSE(metro.cosigns(4).certificate) << "once";
}

TEST(Rounds, TheFullerCertificateWaitsForTheLastAnswerAndIsTheLastOne) {
    Leader metro(6);  // q = 4
    ASSERT_TRUE(metro.open());
    for (const consensus::NodeId node : {1U, 2U, 3U}) {
        metro.cosigns(node);
    }
    ASSERT_TRUE(metro.cosigns(4).certificate);
    EXPECT_FALSE(metro.cosigns(5).certificate) << "farm has not answered";
    EXPECT_TRUE(metro.cosigns(6).certificate);
    metro.now += 60'000;
    ASSERT_TRUE(metro.open());
    metro.refuses(5, "behind");
    for (const consensus::NodeId node : {1U, 2U, 3U}) {
        metro.cosigns(node);
    }
    ASSERT_TRUE(metro.cosigns(4).certificate);
    EXPECT_TRUE(metro.cosigns(6).certificate);
    EXPECT_FALSE(metro.cosigns(5).certificate) << "at most once";
}

TEST(Rounds, ALateRefusalIsAnAnswerButMakesNothingFuller) {
    Leader metro(5);
    ASSERT_TRUE(metro.open());
    metro.refuses(5, "behind");
    for (const consensus::NodeId node : {1U, 2U, 3U}) {
        EXPECT_FALSE(metro.cosigns(node).certificate);
    }
    EXPECT_TRUE(metro.cosigns(4).certificate);
    EXPECT_FALSE(metro.refuses(5, "behind").certificate);
}

TEST(Rounds, LateAnswersAreTakenWhileTheNextRoundIsOpenAndNotAfterIt) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    const auto late = metro.good(3);
    metro.cosigns(1);
    ASSERT_TRUE(metro.cosigns(2).certificate);
    metro.grow("c");
    metro.now += 50;
    ASSERT_TRUE(metro.open());
    EXPECT_TRUE(metro.hears(3, late).certificate);
    metro.cosigns(1);
    ASSERT_TRUE(metro.cosigns(2).certificate);
    EXPECT_FALSE(metro.hears(3, late).counted);
}

TEST(Rounds, LosingTheLeadershipDropsTheRoundAndGainingItBeginsOneAtOnce) {
    Leader metro(3);
    ASSERT_TRUE(metro.open());
    const auto reply = metro.good(2);
    metro.cosigns(1);
    metro.rounds.lead(false);
    EXPECT_FALSE(metro.hears(2, reply).counted);
    metro.now += 100'000;
    EXPECT_FALSE(metro.open(true));
    metro.rounds.lead(true);
    metro.rounds.certified(3);
    EXPECT_TRUE(metro.open()) << "the certificate may have been lost";
}

TEST(Rounds, NeverAsksForASmallerTreeThanThisNodeCosigned) {
    Leader metro(1);
    Rounds restarted(Rounds::Pace{}, metro.alliance.log(1), 4);
    restarted.lead(true);
    restarted.applied(metro.tree.head());
    EXPECT_FALSE(restarted.open(noon, true, metro.alliance.electorate()));
    metro.grow("c");
    restarted.applied(metro.tree.head());
    EXPECT_TRUE(restarted.open(noon, true, metro.alliance.electorate()));
}

TEST(Rounds, ACertificateFromElsewhereNeedsNoRoundOfItsOwn) {
    Leader metro(1);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    metro.grow("c");
    metro.rounds.certified(4);
    metro.now += 50;
    EXPECT_FALSE(metro.open());
}

TEST(Rounds, AClockThatIsSetBackStopsNothing) {
    Leader metro(2);
    ASSERT_TRUE(metro.open());
    metro.now -= 3'600'000;
    ASSERT_TRUE(metro.open()) << "the open round's two seconds are over by any clock";
    metro.cosigns(1);
    EXPECT_TRUE(metro.cosigns(2).certificate);
}

TEST(Rounds, AnotherRootIsHandedOn) {
    Leader metro(4);
    ASSERT_TRUE(metro.open());
    const auto heard = metro.refuses(3, "divergent");
    ASSERT_TRUE(heard.dissent);
    EXPECT_EQ(heard.dissent->node, 3);
    EXPECT_EQ(heard.dissent->size, 3);
    EXPECT_FALSE(heard.counted);
    EXPECT_FALSE(metro.refuses(2, "behind").dissent);
}

TEST(Rounds, IsUncertifiableAfterAMinuteOfDivergenceThatLeavesNoQuorum) {
    Leader metro(4);  // q = 3: two that diverge are too many
    ASSERT_TRUE(metro.open());
    metro.refuses(3, "divergent");
    metro.now += 120'000;
    EXPECT_FALSE(metro.rounds.is_uncertifiable(metro.now)) << "three are left";
    metro.refuses(4, "divergent");
    metro.now += 59'999;
    EXPECT_FALSE(metro.rounds.is_uncertifiable(metro.now));
    metro.now += 1;
    EXPECT_TRUE(metro.rounds.is_uncertifiable(metro.now));
    ASSERT_TRUE(metro.open());
    metro.cosigns(4);
    EXPECT_FALSE(metro.rounds.is_uncertifiable(metro.now)) << "it agrees again";
}

TEST(Rounds, MembersThatAreMerelyAbsentDoNotMakeItUncertifiable) {
    Leader metro(4);
    ASSERT_TRUE(metro.open());
    metro.cosigns(1);
    for (const consensus::NodeId node : {2U, 3U, 4U}) {
        metro.refuses(node, "behind");
    }
    metro.now += 600'000;
    EXPECT_FALSE(metro.rounds.is_uncertifiable(metro.now));
}

}  // namespace
}  // namespace tanji::node
