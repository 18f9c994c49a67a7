#include "cluster_samples.h"
#include "node/cluster/backoff.h"
#include "node/cluster/handshake.h"
#include "node/cluster/outbox.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using std::chrono::milliseconds;

std::string code_of(const std::optional<Refused>& refused) {
    return refused ? refused->code : "";
}

class ClusterHandshake : public testing::Test {
protected:
    ClusterHandshake() { own.node = 1; }

    std::string verdict() const { return code_of(check_hello(theirs, own, holder)); }

    Hello own = test::sample_hello();
    Hello theirs = test::sample_hello();
    KeyDirectory::Holder holder{.node = 2, .removed = false};
};

TEST_F(ClusterHandshake, AGoodGreetingIsAccepted) {
    EXPECT_EQ(verdict(), "");
}

TEST_F(ClusterHandshake, TheLedgerMustBeTheSame) {
    theirs.ledger = test::filled_hash(0x56);
    EXPECT_EQ(verdict(), "wrong_ledger");
}

TEST_F(ClusterHandshake, TheNodeFollowsFromTheKey) {
    theirs.node = 3;
    EXPECT_EQ(verdict(), "wrong_node");
}

TEST_F(ClusterHandshake, OneProtocolMustBeSpokenByBoth) {
    theirs.protocol_min = 2;
    theirs.protocol_max = 3;
    EXPECT_EQ(verdict(), "version");
    own.protocol_max = 2;
    EXPECT_EQ(verdict(), "");
    own.protocol_min = own.protocol_max = 4;
    EXPECT_EQ(verdict(), "version");
}

TEST_F(ClusterHandshake, ARemovedNodeIsToldSo) {
    holder.removed = true;
    EXPECT_EQ(verdict(), "removed");
}

TEST(ClusterIncarnations, GrowWithEachProcess) {
    Incarnations known;
    EXPECT_EQ(known.newest(2), 0u);
    EXPECT_EQ(known.meet(2, 5, 50), "");
    EXPECT_EQ(known.meet(2, 5, 50), "") << "the same process, another connection";
    EXPECT_EQ(known.meet(2, 5, 51), "rolled_back") << "two processes of one incarnation";
    EXPECT_EQ(known.meet(2, 4, 40), "rolled_back");
    EXPECT_EQ(known.meet(2, 6, 60), "");
    EXPECT_EQ(known.meet(2, 5, 50), "old_incarnation") << "a process that was followed";
    EXPECT_EQ(known.newest(2), 6u);
    EXPECT_EQ(known.meet(3, 1, 10), "") << "another node";
}

TEST(ClusterIncarnations, ARefusedOneIsNotRemembered) {
    Incarnations known;
    EXPECT_EQ(known.meet(2, 5, 50), "");
    EXPECT_EQ(known.meet(2, 4, 40), "rolled_back");
    EXPECT_EQ(known.meet(2, 4, 40), "rolled_back");
    EXPECT_EQ(known.newest(2), 5u);
}

TEST(ClusterIncarnations, WhoIsTurnedAwayNeedsAHigherOne) {
    Incarnations known;
    EXPECT_EQ(known.meet(2, 5, 50), "");
    known.turn_away(2, 5);
    EXPECT_EQ(known.meet(2, 5, 50), "rolled_back");
    known.turn_away(2, 3);
    EXPECT_EQ(known.meet(2, 5, 50), "rolled_back") << "never taken back";
    EXPECT_EQ(known.meet(2, 6, 60), "");
}

TEST(ClusterKeys, WhoIsNotThereAnyMoreIsRemoved) {
    KeyDirectory keys;
    keys.replace({{ledger::PublicKey{}, 1}});
    EXPECT_EQ(keys.find({})->node, 1u);
    EXPECT_FALSE(keys.find({})->removed);
    keys.replace({});
    EXPECT_TRUE(keys.find({})->removed);
    keys.replace({{ledger::PublicKey{}, 1}});
    EXPECT_FALSE(keys.find({})->removed) << "a change of members was undone";
    ledger::PublicKey other;
    other.bytes[0] = 1;
    EXPECT_FALSE(keys.find(other));
}

TEST(ClusterBackoff, DoublesUpToItsLimitAndForgetsAfterALongConnection) {
    Backoff backoff;
    std::vector<milliseconds::rep> waits;
    for (int i = 0; i < 7; ++i) {
        waits.push_back(backoff.after_failure(milliseconds(0)).count());
    }
    EXPECT_EQ(waits, (std::vector<milliseconds::rep>{100, 200, 400, 800, 1600, 2000, 2000}));
    EXPECT_EQ(backoff.after_failure(milliseconds(2000)).count(), 100);
    waits.clear();
    for (int i = 0; i < 7; ++i) {
        waits.push_back(backoff.after_violation(milliseconds(0)).count());
    }
    EXPECT_EQ(
        waits, (std::vector<milliseconds::rep>{1000, 2000, 4000, 8000, 16'000, 30'000, 30'000})
    );
    EXPECT_EQ(backoff.after_violation(milliseconds(29'999)).count(), 30'000);
    EXPECT_EQ(backoff.after_violation(milliseconds(30'000)).count(), 1000);
}

TEST(ClusterOutbox, DropsWhatDoesNotFitAndKeepsTheOrderOfTheRest) {
    Outbox outbox(1000);
    int woken = 0;
    outbox.put(ReadIndex{.request = 0}, 400);
    EXPECT_EQ(outbox.figures().dropped, 1u) << "it was not open";
    outbox.open([&] { ++woken; });
    outbox.put(ReadIndex{.request = 1}, 400);
    outbox.put(ReadIndex{.request = 2}, 601);
    outbox.put(ReadIndex{.request = 3}, 600);
    outbox.put(ReadIndex{.request = 4}, 1);
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(outbox.figures().queued_bytes, 1000u);
    EXPECT_EQ(outbox.figures().dropped, 3u);

    const auto first = outbox.take(100);
    ASSERT_EQ(first.size(), 1u) << "one at least";
    EXPECT_EQ(std::get<ReadIndex>(first[0]).request, 1u);
    EXPECT_EQ(outbox.figures().queued_bytes, 600u);
    EXPECT_EQ(std::get<ReadIndex>(outbox.take(1000)[0]).request, 3u);
    EXPECT_TRUE(outbox.take(1000).empty());
    outbox.put(ReadIndex{.request = 5}, 1);
    EXPECT_EQ(woken, 2);
}

TEST(ClusterOutbox, ForgetsWhatWaitedWhenTheConnectionIsGone) {
    Outbox outbox(1000);
    outbox.open([] {});
    outbox.put(ReadIndex{.request = 1}, 400);
    outbox.close();
    EXPECT_EQ(outbox.figures().queued_bytes, 0u);
    EXPECT_EQ(outbox.figures().dropped, 1u);
    EXPECT_FALSE(outbox.figures().open);
    EXPECT_TRUE(outbox.take(1000).empty());
}

}  // namespace
}  // namespace tanji::node
