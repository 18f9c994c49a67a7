#include "consensus/raft.h"

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
    static Restored behind_genesis() {
        Restored restored;
        restored.last = {.at = {.term = 0, .index = 1}, .hash = hash_of(1), .kind = Kind::genesis};
        restored.applied = 1;
        return restored;
    }

    static Settings alone() {
        Settings settings;
        settings.voters = {1};
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
        };
    }

    // Becomes leader with its no-op durable.
    void lead() {
        raft_.tick();
        const Ready stands = raft_.take_ready();
        ASSERT_TRUE(stands.promise);
        raft_.wrote(stands.promise->token);
        const Ready opens = raft_.take_ready();
        ASSERT_TRUE(opens.seal);
        ASSERT_TRUE(raft_.propose(block(opens.seal->slot, Kind::no_op)));
        raft_.wrote(raft_.take_ready().blocks->token);
        ASSERT_EQ(raft_.take_ready().apply.size(), 1U);
    }

    Raft raft_{alone(), behind_genesis()};
};

TEST_F(Raft1, LeadsOnlyAfterItsVoteForItselfIsDurable) {
    raft_.tick();
    const Ready ready = raft_.take_ready();
    ASSERT_TRUE(ready.promise);
    EXPECT_EQ(ready.promise->term, 1U);
    EXPECT_EQ(ready.promise->vote, NodeId{1});
    EXPECT_FALSE(ready.seal);
    EXPECT_EQ(raft_.status().role, Role::candidate);
    raft_.wrote(ready.promise->token);
    EXPECT_EQ(raft_.status().role, Role::leader);
}

TEST_F(Raft1, OpensNoSlotBeforeItsNoOpIsCommitted) {
    raft_.tick();
    raft_.wrote(raft_.take_ready().promise->token);
    EXPECT_FALSE(raft_.open_slot());
    const Ready ready = raft_.take_ready();
    ASSERT_TRUE(raft_.propose(block(ready.seal->slot, Kind::no_op)));
    EXPECT_FALSE(raft_.open_slot());
    raft_.wrote(raft_.take_ready().blocks->token);
    ASSERT_TRUE(raft_.open_slot());
    EXPECT_EQ(raft_.open_slot()->at, (Position{.term = 1, .index = 3}));
}

TEST_F(Raft1, AppliesNothingThatIsNotDurable) {
    lead();
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    const Ready ready = raft_.take_ready();
    EXPECT_TRUE(ready.apply.empty());
    EXPECT_EQ(raft_.status().committed, 2U);
    raft_.wrote(ready.blocks->token);
    EXPECT_EQ(raft_.take_ready().apply.size(), 1U);
    EXPECT_EQ(raft_.status().committed, 3U);
}

TEST_F(Raft1, AnOlderWriteDoesNotVouchForANewerBlock) {
    lead();
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    const Token first = raft_.take_ready().blocks->token;
    ASSERT_TRUE(raft_.propose(block(*raft_.open_slot(), Kind::commands)));
    const Token second = raft_.take_ready().blocks->token;
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
    raft_.wrote(raft_.take_ready().blocks->token);
    EXPECT_TRUE(raft_.open_slot());
}

TEST_F(Raft1, GrantsAReadOnlyOnceTheTermIsOpened) {
    raft_.request_read(7);
    EXPECT_TRUE(raft_.take_ready().reads.empty());
    lead();
    raft_.request_read(8);
    const Ready ready = raft_.take_ready();
    ASSERT_EQ(ready.reads.size(), 1U);
    EXPECT_EQ(ready.reads.front().index, 2U);
}

TEST(Raft, BlocksFoundOnDiskAreAppliedOnceItsOwnTermCommits) {
    Restored restored;
    restored.term = 4;
    const BlockRef found = {
        .at = {.term = 4, .index = 9}, .prev = hash_of(8), .hash = hash_of(9), .bytes = 1'000
    };
    restored.last = found;
    restored.applied = 8;
    restored.tail = {found};
    Settings settings;
    settings.voters = {1};
    Raft raft(settings, restored);
    raft.tick();
    raft.wrote(raft.take_ready().promise->token);
    const Ready opens = raft.take_ready();
    ASSERT_TRUE(opens.seal);
    EXPECT_TRUE(opens.apply.empty());
    EXPECT_EQ(opens.seal->slot.at, (Position{.term = 5, .index = 10}));
    const BlockRef no_op = {
        .at = opens.seal->slot.at, .prev = opens.seal->slot.prev, .hash = hash_of(10)
    };
    ASSERT_TRUE(raft.propose(no_op));
    raft.wrote(raft.take_ready().blocks->token);
    const Ready ready = raft.take_ready();
    ASSERT_EQ(ready.apply.size(), 2U);
    EXPECT_EQ(ready.apply[0], found);
    EXPECT_EQ(ready.apply[1], no_op);
}

}  // namespace
}  // namespace tanji::consensus
