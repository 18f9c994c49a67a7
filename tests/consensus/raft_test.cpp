#include "consensus/raft.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

namespace tanji::consensus {
namespace {

Hash hash_of(std::uint8_t name) {
    Hash hash{};
    hash.fill(name);
    return hash;
}

// A voter that starts behind genesis, and a driver that does what Ready says.
class Raft1 : public testing::Test {
protected:
    static BlockRef genesis() {
        BlockRef block;
        block.at = {.term = 0, .index = 1};
        block.hash = hash_of(1);
        block.kind = Kind::genesis;
        return block;
    }

    static Restored behind_genesis() {
        Restored restored;
        restored.log = {genesis()};
        restored.marked = id_of(restored.log.back());
        restored.membership = {.number = 1, .voters = {1}, .old_voters = {}, .learners = {}};
        restored.applied = 1;
        return restored;
    }

    static Settings alone() {
        Settings settings;
        settings.limits.inflight_blocks = 2;
        return settings;
    }

    BlockRef block(const Slot& slot, Kind kind) {
        return {
            .at = slot.at,
            .prev = slot.prev,
            .hash = hash_of(static_cast<std::uint8_t>(10 + slot.at.index)),
            .kind = kind,
            .bytes = 100,
            .membership = {},
        };
    }

    // Becomes leader with its no-op durable.
    void lead() {
        raft_.tick();
        const Ready stands = raft_.take_ready();
        ASSERT_TRUE(stands.write && stands.write->promise);
        raft_.wrote(stands.write->token);
        const Ready opens = raft_.take_ready();
        ASSERT_TRUE(opens.seal);
        ASSERT_TRUE(raft_.propose(block(opens.seal->slot, Kind::no_op)));
        raft_.wrote(raft_.take_ready().write->token);
        EXPECT_EQ(raft_.take_ready().apply.last, 2U);
    }

    Raft raft_{alone(), behind_genesis()};
};

TEST_F(Raft1, LeadsOnlyAfterItsVoteForItselfIsDurable) {
    raft_.tick();
    const Ready ready = raft_.take_ready();
    ASSERT_TRUE(ready.write && ready.write->promise);
    EXPECT_EQ(ready.write->promise->term, 1U);
    EXPECT_EQ(ready.write->promise->vote, NodeId{1});
    EXPECT_FALSE(ready.seal);
    EXPECT_EQ(raft_.status().role, Role::candidate);
    raft_.wrote(ready.write->token);
    EXPECT_EQ(raft_.status().role, Role::leader);
}

TEST_F(Raft1, OpensNoSlotBeforeItsNoOpIsCommitted) {
    raft_.tick();
    raft_.wrote(raft_.take_ready().write->token);
    EXPECT_FALSE(raft_.open_slot());
    const Ready ready = raft_.take_ready();
    ASSERT_TRUE(raft_.propose(block(ready.seal->slot, Kind::no_op)));
    EXPECT_FALSE(raft_.open_slot());
    raft_.wrote(raft_.take_ready().write->token);
    ASSERT_TRUE(raft_.open_slot());
    EXPECT_EQ(raft_.open_slot()->at, (Position{.term = 1, .index = 3}));
}

TEST_F(Raft1, AppliesNothingThatIsNotDurable) {
    lead();
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    const Ready ready = raft_.take_ready();
    EXPECT_TRUE(ready.apply.empty());
    EXPECT_EQ(raft_.status().committed, 2U);
    raft_.wrote(ready.write->token);
    EXPECT_EQ(raft_.take_ready().apply.last, 3U);
    EXPECT_EQ(raft_.status().committed, 3U);
}

TEST_F(Raft1, AnOlderWriteDoesNotVouchForANewerBlock) {
    lead();
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    const Token first = raft_.take_ready().write->token;
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    const Token second = raft_.take_ready().write->token;
    EXPECT_LT(first, second);
    raft_.wrote(first);
    EXPECT_EQ(raft_.status().durable, 3U);
    raft_.wrote(second);
    EXPECT_EQ(raft_.status().durable, 4U);
}

TEST_F(Raft1, RefusesABlockThatWasSealedForAnotherSlot) {
    lead();
    BlockRef misplaced = block(*raft_.open_slot(), Kind::commands);
    misplaced.at.index += 1;
    EXPECT_FALSE(raft_.propose(misplaced));
    BlockRef unchained = block(*raft_.open_slot(), Kind::commands);
    unchained.prev = hash_of(99);
    EXPECT_FALSE(raft_.propose(unchained));
}

TEST_F(Raft1, StopsSealingWhenTooManyBlocksAreUncommitted) {
    lead();
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    EXPECT_FALSE(raft_.open_slot());
    raft_.wrote(raft_.take_ready().write->token);
    EXPECT_TRUE(raft_.open_slot());
}

TEST_F(Raft1, GrantsAReadOnlyOnceTheTermIsOpened) {
    raft_.request_read(7);
    const Ready follows = raft_.take_ready();
    EXPECT_TRUE(follows.reads.empty());
    EXPECT_EQ(follows.reads_dropped, std::vector<Ticket>{7});
    lead();
    raft_.request_read(8);
    const Ready ready = raft_.take_ready();
    ASSERT_EQ(ready.reads.size(), 1U);
    EXPECT_EQ(ready.reads.front().index, 2U);
}

TEST(Raft, BlocksFoundOnDiskAreAppliedOnceItsOwnTermCommits) {
    Restored restored;
    restored.term = 4;
    BlockRef applied;
    applied.at = {.term = 4, .index = 8};
    applied.hash = hash_of(8);
    BlockRef found = applied;
    found.at.index = 9;
    found.prev = hash_of(8);
    found.hash = hash_of(9);
    restored.starts = {{.term = 4, .index = 5}};
    restored.log = {applied, found};
    restored.marked = id_of(found);
    restored.membership = {.number = 1, .voters = {1}, .old_voters = {}, .learners = {}};
    restored.applied = 8;
    Settings settings;
    Raft raft(settings, restored);
    raft.tick();
    raft.wrote(raft.take_ready().write->token);
    const Ready opens = raft.take_ready();
    ASSERT_TRUE(opens.seal);
    EXPECT_TRUE(opens.apply.empty());
    EXPECT_EQ(opens.seal->slot.at, (Position{.term = 5, .index = 10}));
    BlockRef no_op;
    no_op.at = opens.seal->slot.at;
    no_op.prev = opens.seal->slot.prev;
    no_op.hash = hash_of(10);
    ASSERT_TRUE(raft.propose(no_op));
    raft.wrote(raft.take_ready().write->token);
    const Ready ready = raft.take_ready();
    EXPECT_EQ(ready.apply.first, 9U);
    EXPECT_EQ(ready.apply.last, 10U);
}

// One of three voters whose disk lost all blocks from 2 on; it had promised and cosigned up to 3.
Restored after_damage() {
    Restored restored;
    restored.term = 1;
    BlockRef genesis;
    genesis.at = {.term = 0, .index = 1};
    genesis.hash = hash_of(1);
    genesis.kind = Kind::genesis;
    restored.log = {genesis};
    restored.marked = {.at = {.term = 1, .index = 3}, .hash = hash_of(3)};
    restored.membership = {.number = 1, .voters = {1, 2, 3}, .old_voters = {}, .learners = {}};
    restored.applied = 1;
    restored.floor = 3;
    return restored;
}

Append append_of(Term term, std::uint8_t first, Term block_term) {
    Append append;
    append.term = term;
    append.prev = {.term = 0, .index = 1};
    append.prev_hash = hash_of(1);
    BlockRef block;
    block.at = {.term = block_term, .index = 2};
    block.prev = hash_of(1);
    block.hash = hash_of(first);
    append.blocks = {block};
    append.count = 1;
    return append;
}

TEST(Raft, ARecoveringNodeVotesByItsMarkAndLeavesItWhereItIs) {
    Raft raft(Settings{}, after_damage());
    ASSERT_FALSE(raft.status().fit);
    raft.step(2, 1, Vote{.term = 2, .last = {.term = 1, .index = 3}, .transfer = {}});
    const Ready ready = raft.take_ready();
    ASSERT_TRUE(ready.write && ready.write->promise);
    EXPECT_EQ(ready.write->promise->vote, NodeId{2});
    EXPECT_FALSE(ready.write->mark);
}

TEST(Raft, WhatWasCosignedIsNotCutThoughTheNodeDoesNotKnowItCommitted) {
    Raft raft(Settings{}, after_damage());
    raft.step(2, 1, append_of(2, 2, 1));
    raft.wrote(raft.take_ready().write->token);
    raft.take_ready();
    ASSERT_EQ(raft.status().last.index, 2U);
    raft.step(3, 1, append_of(3, 22, 3));
    raft.wrote(raft.take_ready().write->token);
    EXPECT_EQ(raft.held(2)->hash, hash_of(2));
    EXPECT_EQ(raft.status().leader, 0U);
}

// Behind the place where two histories part, later leaders may have forked as well: what they
// signed is cut together with it.
TEST(Raft, EveryPlaceOfACutBranchThatHasAnotherBlockIsNoticed) {
    Restored restored = after_damage();
    restored.marked = id_of(restored.log.front());
    restored.floor = 0;
    Raft raft(Settings{}, restored);
    // Blocks 2 of term 1, 3 and 4 of term 2 under either name.
    const auto branch = [](std::uint8_t name) {
        Append append = append_of(2, name, 1);
        for (std::uint8_t i = 1; i <= 2; ++i) {
            BlockRef next;
            next.at = {.term = 2, .index = 2U + i};
            next.prev = append.blocks.back().hash;
            next.hash = hash_of(static_cast<std::uint8_t>(name + i));
            append.blocks.push_back(next);
        }
        append.count = append.blocks.size();
        return append;
    };
    raft.step(2, 1, branch(20));
    raft.take_ready();
    raft.step(2, 1, branch(30));
    std::vector<Position> forks;
    for (const Notice& notice : raft.take_ready().notices) {
        if (notice.what == Noticed::fork) {
            EXPECT_EQ(notice.own.at, notice.other.at);
            EXPECT_NE(notice.own.hash, notice.other.hash);
            forks.push_back(notice.own.at);
        }
    }
    const std::vector<Position> all = {
        {.term = 1, .index = 2}, {.term = 2, .index = 3}, {.term = 2, .index = 4}
    };
    EXPECT_EQ(forks, all);
}

// Two leaders' messages and the end of a write may be taken in one breath.
TEST(Raft, WhatIsCutIsNotAcknowledgedInTheSameBreath) {
    Restored restored = after_damage();
    restored.marked = id_of(restored.log.front());
    restored.floor = 0;
    Raft raft(Settings{}, restored);
    raft.step(2, 1, append_of(2, 2, 2));
    raft.wrote(raft.take_ready().write->token);  // the acknowledgement may leave now
    raft.step(3, 1, append_of(3, 22, 3));
    const Ready ready = raft.take_ready();
    ASSERT_EQ(raft.held(2)->hash, hash_of(22));
    for (const Send& send : ready.sends) {
        const auto* reply = std::get_if<AppendReply>(&send.message);
        EXPECT_FALSE(reply != nullptr && reply->accepted) << "to " << send.to;
    }
}

// Its hash says which block it is, so its term is no matter of opinion; what would be appended
// behind a term of the sender's choice would break the order of terms.
TEST(Raft, AKnownBlockUnderAnotherTermIsAbsurdAndNothingIsAppended) {
    Raft raft(Settings{}, after_damage());
    raft.step(2, 1, append_of(2, 2, 1));
    raft.wrote(raft.take_ready().write->token);
    raft.take_ready();
    Append append = append_of(2, 3, 0);
    append.prev = {.term = 0, .index = 2};
    append.prev_hash = hash_of(2);
    append.blocks.front().at.index = 3;
    append.blocks.front().prev = hash_of(2);
    raft.step(2, 1, append);
    const Ready ready = raft.take_ready();
    ASSERT_FALSE(ready.notices.empty());
    EXPECT_EQ(ready.notices.back().what, Noticed::absurd_message);
    EXPECT_EQ(raft.status().last.index, 2U);
}

TEST(Progress, TheSameProbeIsNotSentAgainAtOnce) {
    Progress progress(6, 1);
    EXPECT_TRUE(progress.accepted(5));
    EXPECT_TRUE(progress.refused(8, 5));
    progress.sent(6, 0, 0);
    EXPECT_FALSE(progress.refused(5, 5)) << "refused again and again, at the speed of the network";
    EXPECT_FALSE(progress.may_send(Limits{})) << "a heartbeat retries";
}

TEST(Progress, AHintBelowWhatWasAcknowledgedIsNotBelieved) {
    Progress progress(6, 1);
    EXPECT_TRUE(progress.accepted(5));
    EXPECT_TRUE(progress.refused(8, 2));
    EXPECT_EQ(progress.match(), 5U);
    EXPECT_EQ(progress.next(), 6U);
}

// A node that joined replays memberships from before its time.
class Newcomer : public testing::Test {
protected:
    Newcomer() {
        last_.at = {.term = 0, .index = 1};
        last_.hash = hash_of(1);
        last_.kind = Kind::genesis;
        Restored restored;
        restored.log = {last_};
        restored.marked = id_of(last_);
        restored.membership = {.number = 1, .voters = {2}, .old_voters = {}, .learners = {}};
        restored.applied = 1;
        Settings settings;
        settings.self = 5;
        raft_.emplace(settings, restored);
    }

    // Node 2 introduces that membership, and it is committed. Whether this node hears that it is
    // removed.
    bool is_removed_by(const Membership& membership) {
        BlockRef block;
        block.at = {.term = 1, .index = last_.at.index + 1};
        block.prev = last_.hash;
        block.hash = hash_of(static_cast<std::uint8_t>(10 + block.at.index));
        block.kind = Kind::membership;
        block.membership = membership;
        Append append;
        append.term = 1;
        append.prev = last_.at;
        append.prev_hash = last_.hash;
        append.count = 1;
        append.commit = block.at.index;
        append.blocks = {block};
        last_ = block;
        raft_->step(2, 1, append);
        const Ready ready = raft_->take_ready();
        EXPECT_TRUE(ready.write);
        raft_->wrote(ready.write->token);
        raft_->take_ready();
        return std::ranges::count(ready.notices, Noticed::removed, &Notice::what) > 0;
    }

    BlockRef last_;
    std::optional<Raft> raft_;
};

TEST_F(Newcomer, IsNotRemovedByWhatWasBeforeItsTime) {
    EXPECT_FALSE(is_removed_by(
        {.number = 2, .voters = {2, 3}, .old_voters = {2}, .learners = {}, .decision = {}}
    ));
    EXPECT_FALSE(is_removed_by(
        {.number = 3, .voters = {2, 3}, .old_voters = {}, .learners = {}, .decision = {}}
    ));
    EXPECT_FALSE(is_removed_by(
        {.number = 4, .voters = {2, 3}, .old_voters = {2, 3}, .learners = {5}, .decision = {}}
    ));
    EXPECT_FALSE(is_removed_by(
        {.number = 5, .voters = {2, 3}, .old_voters = {}, .learners = {5}, .decision = {}}
    ));
    EXPECT_TRUE(is_removed_by(
        {.number = 6, .voters = {2, 3}, .old_voters = {2, 3}, .learners = {}, .decision = {}}
    ));
}

}  // namespace
}  // namespace tanji::consensus
