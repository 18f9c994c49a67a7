#include "node/storage/room.h"
#include "one_of_three.h"

// A disk that runs full: how much is too little, and what the loop still does.
namespace tanji::node {
namespace {

constexpr std::uint64_t mib = 1ULL << 20;

TEST(Room, TheLimitsOfANodeAndTheSmallerOnesOfADemo) {
    const RoomLimits node = room_limits(2'048 * mib);
    EXPECT_EQ(node.little, 2'048 * mib);
    EXPECT_EQ(node.none, 256 * mib);
    EXPECT_EQ(node.reserve, 64 * mib);
    const RoomLimits demo = room_limits(64 * mib);
    EXPECT_EQ(demo.none, 32 * mib);
    EXPECT_EQ(demo.reserve, 16 * mib);
}

TEST(Room, WhoWantsNoLimitHasNone) {
    const RoomLimits unlimited = room_limits(0);
    EXPECT_EQ(unlimited.reserve, 0U);
    EXPECT_EQ(judge_room(0, unlimited, Room::enough), Room::enough);
}

TEST(Room, LessIsBelievedAtOnceAndMoreOnlyPastTheLimit) {
    const RoomLimits limits = room_limits(64 * mib);
    EXPECT_EQ(judge_room(64 * mib, limits, Room::enough), Room::enough);
    EXPECT_EQ(judge_room(64 * mib - 1, limits, Room::enough), Room::little);
    EXPECT_EQ(judge_room(67 * mib, limits, Room::little), Room::little);
    EXPECT_EQ(judge_room(68 * mib, limits, Room::little), Room::enough);
    EXPECT_EQ(judge_room(32 * mib, limits, Room::enough), Room::little);
    EXPECT_EQ(judge_room(32 * mib - 1, limits, Room::enough), Room::none);
    EXPECT_EQ(judge_room(33 * mib, limits, Room::none), Room::none);
    EXPECT_EQ(judge_room(34 * mib, limits, Room::none), Room::little);
    EXPECT_EQ(judge_room(66 * mib, limits, Room::none), Room::little);
}

class LittleRoom : public test::OneOfThree {
protected:
    using OneOfThree::seal;
    SealedBlockPtr seal(consensus::Term term) { return seal(term, 1); }
    void TearDown() override { EXPECT_EQ(quarantine_, Quarantine::none); }
    // What was sent of that kind since the last call, to whomever.
    template <typename Kind>
    std::vector<Kind> sent() {
        std::vector<Kind> found;
        for (const auto& [to, message] : std::exchange(sent_, {})) {
            const auto* agreement = std::get_if<Agreement>(&message);
            const auto* kind =
                agreement == nullptr ? nullptr : std::get_if<Kind>(&agreement->message);
            if (kind != nullptr) {
                found.push_back(*kind);
            }
        }
        return found;
    }
    void ticks(int count) {
        for (int i = 0; i < count; ++i) {
            replica_->tick();
            settle();
        }
    }
    consensus::Role role() const { return replica_->status().role; }
    bool stands() {
        sent_.clear();
        ticks(60);
        return !sent<consensus::PreVote>().empty();
    }
    // Node 1 leads, and node 2 has its first block.
    void lead() {
        for (int i = 0; i < 200 && role() != consensus::Role::pre_candidate; ++i) {
            ticks(1);
        }
        const consensus::Term term = replica_->status().term + 1;
        says(consensus::PreVoteReply{.term = term, .granted = true});
        says(consensus::VoteReply{.term = term, .granted = true});
        ASSERT_EQ(role(), consensus::Role::leader);
        says(consensus::AppendReply{
            .term = term, .accepted = true, .index = last(), .hint = {}, .conflict = false
        });
        ASSERT_EQ(replica_->status().committed, last());
    }
};

TEST_F(LittleRoom, WithoutAnyNoBlockIsTakenAndTheLeaderGetsNoHint) {
    start();
    replica_->set_room(Room::none);
    says(consensus::Heartbeat{.term = 1, .commit = 1, .read = 0});
    sent_.clear();
    sends(1, 1, {seal(1)});
    EXPECT_EQ(last(), 1U);
    const auto replies = sent<consensus::AppendReply>();
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_FALSE(replies.front().accepted);
    EXPECT_FALSE(replies.front().conflict);
    EXPECT_EQ(replies.front().index, 1U);
    EXPECT_EQ(replies.front().hint, consensus::Position{});
}

TEST_F(LittleRoom, OfWhichThereIsALittleBlocksAreTaken) {
    start();
    replica_->set_room(Room::little);
    sends(1, 1, {seal(1)});
    EXPECT_EQ(last(), 2U);
}

TEST_F(LittleRoom, TheSameBlocksAreTakenWhenThereIsRoomAgain) {
    start();
    replica_->set_room(Room::none);
    const SealedBlockPtr block = seal(1);
    sends(1, 1, {block});
    ASSERT_EQ(last(), 1U);
    replica_->set_room(Room::little);
    sends(1, 1, {block});
    EXPECT_EQ(last(), 2U) << "the leader was not at fault: it is not doubted";
}

TEST_F(LittleRoom, WithoutAnyVotesAreGivenAndHeartbeatsAnswered) {
    start();
    replica_->set_room(Room::none);
    const consensus::Position own = replica_->status().last;
    says(consensus::Vote{.term = 1, .last = own, .transfer = {}});
    const auto votes = sent<consensus::VoteReply>();
    ASSERT_EQ(votes.size(), 1U);
    EXPECT_TRUE(votes.front().granted);
    says(consensus::Heartbeat{.term = 1, .commit = 1, .read = 7});
    const auto replies = sent<consensus::HeartbeatReply>();
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_EQ(replies.front().read, 7U);
    EXPECT_EQ(replica_->status().leader, 2U);
}

TEST_F(LittleRoom, AChangeIsReportedOnce) {
    start();
    replica_->set_room(Room::enough);
    for (const Room room : {Room::little, Room::little, Room::none, Room::none, Room::enough}) {
        replica_->set_room(room);
    }
    const std::vector<std::string> said = {
        "storage.little_room", "storage.no_room", "storage.room_again"
    };
    EXPECT_EQ(events_, said);
}

TEST_F(LittleRoom, WhoHasLittleDoesNotStandUntilThereIsMore) {
    start();
    replica_->set_room(Room::little);
    EXPECT_FALSE(stands());
    replica_->set_room(Room::none);
    EXPECT_FALSE(stands());
    replica_->set_room(Room::enough);
    EXPECT_TRUE(stands());
}

TEST_F(LittleRoom, ALeaderHandsOverToWhoHasItsBlocks) {
    start();
    lead();
    ticks(1);
    EXPECT_TRUE(sent<consensus::TransferNow>().empty());
    replica_->set_room(Room::little);
    ticks(1);
    const auto orders = sent<consensus::TransferNow>();
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders.front().to, 2U);
}

// The others answer its heartbeats, so it is not for want of a quorum.
TEST_F(LittleRoom, ALeaderLeavesAlsoWhenNobodyTakesOver) {
    start();
    lead();
    const auto leads_on = [this] {
        const consensus::Term term = replica_->status().term;
        for (int i = 0; i < 60; ++i) {
            ticks(1);
            says(consensus::HeartbeatReply{.term = term, .read = 0, .commit = last()});
        }
        return role() == consensus::Role::leader && replica_->status().term == term;
    };
    EXPECT_TRUE(leads_on());
    replica_->set_room(Room::little);
    EXPECT_FALSE(leads_on());
}

// Where all that are reachable have little, reads and certificates go on with one of them.
TEST_F(LittleRoom, WhereNobodyElseLeadsOneOfThemStandsInAndTriesAgainToHandOver) {
    start();
    replica_->set_room(Room::little);
    ASSERT_FALSE(stands());
    ticks(60);
    ASSERT_TRUE(stands()) << "after five election time-outs without a leader";
    lead();
    const auto leads_for = [this](int count) {
        for (int i = 0; i < count && role() == consensus::Role::leader; ++i) {
            ticks(1);
            const consensus::Term term = replica_->status().term;
            says(consensus::HeartbeatReply{.term = term, .read = 0, .commit = last()});
        }
        return role() == consensus::Role::leader;
    };
    EXPECT_TRUE(leads_for(1'000));
    EXPECT_FALSE(leads_for(300)) << "a minute later somebody else may have room";
    ticks(100);
    EXPECT_TRUE(stands()) << "nobody had";
}

TEST_F(LittleRoom, WithoutAnyNobodyStandsIn) {
    start();
    replica_->set_room(Room::none);
    ticks(300);
    EXPECT_FALSE(stands());
}

TEST_F(LittleRoom, WhatOthersForwardIsForTheNextLeader) {
    start();
    lead();
    const auto forwards = [this] {
        sent_.clear();
        replica_->received(2, Forward{.request = 5, .commands = {}}, {});
        return sent_.empty() ? "" : std::get<ForwardReply>(sent_.front().second).code;
    };
    EXPECT_EQ(forwards(), "");
    replica_->set_room(Room::little);
    EXPECT_EQ(forwards(), "storage_full");
    replica_->set_room(Room::enough);
    EXPECT_EQ(forwards(), "");
}

// Nobody could take over, and reads would stop for nothing.
TEST_F(LittleRoom, WhoIsAloneLeadsAllTheSame) {
    roster_.memberships.back().membership.voters = {1};
    start();
    replica_->set_room(Room::little);
    ticks(5);
    EXPECT_EQ(role(), consensus::Role::leader);
}

}  // namespace
}  // namespace tanji::node
