#include "ledger/governance/commands.h"
#include "ledger/prepared.h"
#include "node/joining.h"
#include "one_of_three.h"

// A follower of three, and what node 2 says to it as a leader: whose blocks count, and when.
namespace tanji::node {
namespace {

using Numbers = std::vector<std::uint64_t>;
using test::start_ms;

class FollowerTest : public test::OneOfThree {
protected:
    SealedBlockPtr joint(consensus::Term term, const ledger::Membership& membership) {
        return seal(term, membership.number, core_of(membership));
    }
    // Its one command lets node 3 go.
    SealedBlockPtr deciding(consensus::Term term) {
        ledger::MembershipDecide decide;
        decide.base = 1;
        decide.removed = {3};
        ledger::Prepared command;
        command.head.id = decision_;
        command.body = decide;
        auto block = seal(term, 1);
        block->decoded.commands = {std::make_shared<const ledger::Prepared>(command)};
        return block;
    }
    // Node 4 is known, and a decision is open that lets it learn first and vote then.
    void name_node_4() {
        roster_.nodes.push_back(
            joining_node(alliance_.genesis, 4, "registry", "127.0.0.1:4", true, keys_of_4_).row
        );
        roster_.decision = ledger::OpenDecision{
            .id = decision_,
            .base = 1,
            .voters = {1, 2, 3, 4},
            .learners = {},
            .leaf = 1,
            .until = start_ms
        };
    }
    // It learns: the next step lets it vote.
    ledger::Membership step_to_its_vote() {
        for (int step = 0; step < 2; ++step) {
            const ledger::MembershipRow row = {
                .membership = *roster_.next(), .block = 1, .leaf = 1, .time = start_ms
            };
            EXPECT_TRUE(ledger::carry_out(roster_, row));
        }
        return *roster_.next();
    }
    // As seal(), by node 4.
    SealedBlockPtr seal_as_4(
        consensus::Term term,
        std::uint64_t number,
        const std::optional<consensus::Membership>& membership = {}
    ) {
        Sealer sealer(alliance_.genesis.ledger, keys_of_4_.log);
        return seal_with(sealer, term, number, membership);
    }
    // What follows when it is decided that node 3 goes.
    ledger::Membership without_3() {
        return {
            .number = 2,
            .voters = {1, 2},
            .old_voters = {1, 2, 3},
            .learners = {},
            .decision = decision_,
        };
    }

    ledger::CommandId decision_ = {.bytes = {1, 2, 3}};
    const NodeKeys keys_of_4_ = generate_node_keys();
};

TEST_F(FollowerTest, ABlockNamesTheMembershipThatIsInForceAtItsPlace) {
    start();
    sends(1, 1, {seal(1, 2)});
    EXPECT_EQ(last(), 1U);
    EXPECT_EQ(events_, std::vector<std::string>{"membership_wrong"});
    last_ = genesis_;
    sends(2, 1, {seal(2, 1)});
    EXPECT_EQ(last(), 2U);
}

TEST_F(FollowerTest, AfterAMembershipBlockTheNumberIsTheNewOne) {
    roster_.decision = ledger::OpenDecision{
        .id = decision_, .base = 1, .voters = {1, 2}, .learners = {}, .leaf = 1, .until = start_ms
    };
    start();
    const SealedBlockPtr begins = joint(1, without_3());
    sends(1, 1, {begins, seal(1, 1)});
    EXPECT_EQ(last(), 1U) << "as if nothing had changed";
    last_ = genesis_;
    sends(2, 1, {joint(2, without_3()), seal(2, 2)});
    EXPECT_EQ(last(), 3U);
    sends(2, 1, {seal(2, 2)});
    EXPECT_EQ(last(), 4U);
}

TEST_F(FollowerTest, WhatALeaderCallsCommittedIsNoDecision) {
    start();
    const SealedBlockPtr block = seal(1, 1);
    sends(1, 3, {block, joint(1, without_3())});
    EXPECT_EQ(last(), 2U) << "what stands before is taken";
    EXPECT_EQ(replica_->status().membership.number, 1U);
}

TEST_F(FollowerTest, AnOlderTermIsNoDecisionEither) {
    start();
    says(consensus::Heartbeat{.term = 2, .commit = 1, .read = 0});
    ASSERT_EQ(replica_->status().term, 2U);
    const SealedBlockPtr block = seal(1, 1);
    sends(2, 1, {block, joint(1, without_3())});
    EXPECT_EQ(last(), 2U);
    EXPECT_EQ(replica_->status().membership.number, 1U);
}

// A new leader cannot commit the decision before its own block, which stands behind the joint one.
TEST_F(FollowerTest, AnOlderJointBlockIsTakenBehindItsDecision) {
    start();
    says(consensus::Heartbeat{.term = 2, .commit = 1, .read = 0});
    const SealedBlockPtr decides = deciding(1);
    const SealedBlockPtr begins = joint(1, without_3());
    sends(2, 1, {decides, begins});
    EXPECT_EQ(last(), 3U);
    EXPECT_EQ(replica_->status().membership.voters, (Numbers{1, 2}));
}

TEST_F(FollowerTest, TheDecisionMayHaveComeInAMessageBefore) {
    start();
    says(consensus::Heartbeat{.term = 2, .commit = 1, .read = 0});
    sends(2, 1, {deciding(1)});
    ASSERT_EQ(last(), 2U);
    ledger::Membership other = without_3();
    other.voters = {2};
    const consensus::BlockRef decides = last_;
    sends(2, 1, {joint(1, other)});
    EXPECT_EQ(last(), 2U) << "it decided something else";
    last_ = decides;
    sends(2, 1, {joint(1, without_3())});
    EXPECT_EQ(last(), 3U);
}

TEST_F(FollowerTest, WhoSaysWhatNoHonestNodeSaysIsCutOff) {
    start();
    says(consensus::Heartbeat{.term = 1, .commit = 1, .read = 0});
    EXPECT_TRUE(hung_up_.empty());
    says(consensus::Heartbeat{.term = UINT64_MAX, .commit = 1, .read = 0});
    EXPECT_EQ(events_, std::vector<std::string>{"absurd_message"});
    EXPECT_EQ(hung_up_, Numbers{2});
}

// Neither is convicted by that, but both headers are there for people to look at.
TEST_F(FollowerTest, OfTwoLeadersInOneTermBothHeadersAreKept) {
    name_node_4();
    const ledger::Membership with_4 = step_to_its_vote();
    start();
    const SealedBlockPtr begins = joint(1, with_4);
    sends(1, 1, {begins});
    ASSERT_EQ(last(), 2U);
    const SealedBlockPtr claims = seal_as_4(1, with_4.number);
    sends(1, 1, {claims});
    EXPECT_EQ(last(), 2U);
    EXPECT_EQ(events_, std::vector<std::string>{"two_leaders"});
    ASSERT_EQ(evidence_.size(), 1U);
    const auto& headers = std::get<ledger::BlockFork>(evidence_.front());
    const auto expected = ledger::fork_between(begins->decoded.header, claims->decoded.header);
    EXPECT_EQ(ledger::hash_of(headers.a), ledger::hash_of(expected.a));
    EXPECT_EQ(ledger::hash_of(headers.b), ledger::hash_of(expected.b));
    // One of the two lies: neither is followed in this term any more.
    last_ = begins->ref;
    sends(1, 1, {seal(1, with_4.number)});
    EXPECT_EQ(last(), 2U);
    last_ = begins->ref;
    sends(2, 1, {seal(2, with_4.number)});
    EXPECT_EQ(last(), 3U);
}

// It may lead where only its own first block can commit what lets it vote.
TEST_F(FollowerTest, WhoVotesInTheLogMayLeadBeforeThatIsApplied) {
    name_node_4();
    const ledger::Membership with_4 = step_to_its_vote();
    start();
    const SealedBlockPtr begins = joint(1, with_4);
    sends(1, 1, {begins});
    ASSERT_EQ(last(), 2U);
    sends(2, 1, {seal_as_4(2, with_4.number)});
    EXPECT_EQ(last(), 3U);
    EXPECT_TRUE(events_.empty());
}

TEST_F(FollowerTest, TheBlockThatLetsItVoteMayComeInTheSameMessage) {
    name_node_4();
    const ledger::Membership with_4 = step_to_its_vote();
    start();
    says(consensus::Heartbeat{.term = 2, .commit = 1, .read = 0});
    const SealedBlockPtr begins = joint(1, with_4);
    sends(2, 1, {begins, seal_as_4(2, with_4.number)});
    EXPECT_EQ(last(), 3U);
}

TEST_F(FollowerTest, ALearnerSealsNothing) {
    name_node_4();
    const ledger::Membership learns = *roster_.next();
    start();
    const SealedBlockPtr begins = joint(1, learns);
    sends(1, 1, {begins, seal_as_4(1, learns.number)});
    EXPECT_EQ(last(), 2U) << "the joint block is taken, what node 4 seals is not";
}

TEST_F(FollowerTest, NobodyLetsItselfVote) {
    name_node_4();
    const ledger::Membership votes = step_to_its_vote();
    start();
    sends(1, 1, {seal_as_4(1, votes.number, core_of(votes))});
    EXPECT_EQ(last(), 1U);
}

TEST_F(FollowerTest, WhoWasRemovedKnowsItAfterARestart) {
    start();
    EXPECT_EQ(quarantine_, Quarantine::none);
    roster_.decision = ledger::OpenDecision{
        .id = decision_, .base = 1, .voters = {2, 3}, .learners = {}, .leaf = 1, .until = start_ms
    };
    ASSERT_TRUE(ledger::carry_out(roster_, {.membership = *roster_.next()}));
    start();
    EXPECT_EQ(quarantine_, Quarantine::none) << "in the joint phase it counts still";
    ASSERT_TRUE(ledger::carry_out(roster_, {.membership = *roster_.next()}));
    start();
    EXPECT_EQ(quarantine_, Quarantine::removed);
    EXPECT_TRUE(replica_->is_quarantined());
}

}  // namespace
}  // namespace tanji::node
