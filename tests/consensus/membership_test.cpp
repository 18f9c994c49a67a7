#include "consensus/raft.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::consensus {
namespace {

Hash hash_of(std::uint8_t name) {
    Hash hash{};
    hash.fill(name);
    return hash;
}

// A follower of three, and a leader that sends it one membership block after the other.
class Follower : public testing::Test {
protected:
    Follower() {
        last_.at = {.term = 0, .index = 1};
        last_.hash = hash_of(1);
        last_.kind = Kind::genesis;
        Restored restored;
        restored.log = {last_};
        restored.marked = id_of(last_);
        restored.membership = {
            .number = 1, .voters = {1, 2, 3}, .old_voters = {}, .learners = {}, .decision = {}
        };
        restored.applied = 1;
        raft_.emplace(Settings{}, restored);
    }

    BlockRef introducing(const BlockRef& before, const Membership& membership) {
        BlockRef block;
        block.at = {.term = term_, .index = before.at.index + 1};
        block.prev = before.hash;
        block.hash = hash_of(++name_);
        block.kind = Kind::membership;
        block.membership = membership;
        return block;
    }

    // Uncommitted, in one message of a term of its own. Whether they were taken.
    bool takes(const std::vector<Membership>& memberships) {
        ++term_;
        Append append;
        append.term = term_;
        append.prev = last_.at;
        append.prev_hash = last_.hash;
        for (const Membership& membership : memberships) {
            const BlockRef& before = append.blocks.empty() ? last_ : append.blocks.back();
            append.blocks.push_back(introducing(before, membership));
        }
        append.count = append.blocks.size();
        raft_->step(2, 1, append);
        const Ready ready = raft_->take_ready();
        if (ready.write) {
            raft_->wrote(ready.write->token);
        }
        const Ready rest = raft_->take_ready();
        const bool absurd =
            std::ranges::count(ready.notices, Noticed::absurd_message, &Notice::what) > 0;
        const auto acknowledges = [](const Send& send) {
            const auto* reply = std::get_if<AppendReply>(&send.message);
            return reply != nullptr && reply->accepted;
        };
        const bool taken = raft_->status().last == append.blocks.back().at;
        EXPECT_EQ(std::ranges::any_of(rest.sends, acknowledges), taken);
        EXPECT_EQ(absurd, !taken);
        EXPECT_EQ(raft_->status().leader, taken ? 2U : 0U) << "who lies is not followed";
        if (taken) {
            last_ = append.blocks.back();
        }
        return taken;
    }

    BlockRef last_;
    Term term_ = 0;
    std::uint8_t name_ = 10;
    std::optional<Raft> raft_;
};

TEST_F(Follower, TakesNoMembershipThatDoesNotFollow) {
    const Membership first = raft_->status().membership;
    const Membership joint = {
        .number = 2, .voters = {2}, .old_voters = {1, 2, 3}, .learners = {4}, .decision = {7}
    };
    Membership last = joint;
    last.number = 3;
    last.old_voters.clear();

    Membership alone = last;
    alone.number = 2;
    EXPECT_FALSE(takes({alone})) << "without a joint phase";
    Membership other = joint;
    other.number = 3;
    EXPECT_FALSE(takes({other})) << "a number was left out";
    other = joint;
    other.old_voters = {2};
    EXPECT_FALSE(takes({other})) << "joint with somebody else";
    other = joint;
    other.voters = {};
    EXPECT_FALSE(takes({other})) << "nobody votes";
    other = last;
    other.voters = {2, 3};
    EXPECT_FALSE(takes({joint, other})) << "ends otherwise than it began";
    other = joint;
    other.number = 3;
    EXPECT_FALSE(takes({joint, other})) << "joint twice";
    EXPECT_EQ(raft_->status().membership, first);
    EXPECT_EQ(raft_->status().last.index, 1U) << "nor what stood before it in that message";

    ASSERT_TRUE(takes({joint}));
    EXPECT_FALSE(takes({other}));
    EXPECT_FALSE(takes({alone}));
    EXPECT_EQ(raft_->status().membership, joint);
    ASSERT_TRUE(takes({last}));
    EXPECT_EQ(raft_->status().membership, last);
    EXPECT_FALSE(takes({last})) << "a number twice";
}

// What it has already is compared with what was in force at that place.
TEST_F(Follower, TakesBothStepsInOneMessageAndAgain) {
    const BlockRef before = last_;
    const Membership joint = {
        .number = 2, .voters = {2}, .old_voters = {1, 2, 3}, .learners = {}, .decision = {}
    };
    Membership last = joint;
    last.number = 3;
    last.old_voters.clear();
    ASSERT_TRUE(takes({joint, last}));
    last_ = before;
    EXPECT_TRUE(takes({joint, last})) << "by another leader, in place of those";
    EXPECT_EQ(raft_->status().membership, last);
}

}  // namespace
}  // namespace tanji::consensus
