#include "cluster_fixture.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::all_whole;
using test::introduce;
using test::Member;
using test::MemberOptions;
using test::wait_until;

std::vector<ledger::Bytes> frames_from(const Member& member, std::uint64_t from) {
    std::vector<ledger::Bytes> frames;
    for (const auto& message : member.inbox.messages()) {
        if (message.from == from) {
            frames.push_back(message.frame);
        }
    }
    return frames;
}

std::vector<ledger::Bytes> sorted(std::vector<ledger::Bytes> frames) {
    std::ranges::sort(frames);
    return frames;
}

TEST(ClusterPeers, ThreeNodesHearEveryKindOfMessageFromEachOther) {
    Member ann(1);
    Member bo(2);
    Member cy(3);
    introduce({&ann, &bo, &cy});
    ASSERT_TRUE(all_whole({&ann, &bo, &cy}));
    std::vector<ledger::Bytes> expected;
    for (const auto& [name, message] : test::sample_messages()) {
        expected.push_back(encode_frame(message).value_or(""));
    }
    for (Member* from : {&ann, &bo, &cy}) {
        for (Member* to : {&ann, &bo, &cy}) {
            for (const auto& [name, message] : test::sample_messages()) {
                from->peers->send(to->node(), message);
            }
        }
    }
    for (const Member* to : {&ann, &bo, &cy}) {
        ASSERT_TRUE(wait_until([&] { return to->inbox.count() >= 2 * expected.size(); }));
        for (const Member* from : {&ann, &bo, &cy}) {
            if (from == to) {
                EXPECT_TRUE(frames_from(*to, from->node()).empty()) << "from itself";
            } else {
                EXPECT_EQ(sorted(frames_from(*to, from->node())), sorted(expected));
            }
        }
    }
}

TEST(ClusterPeers, ALaneKeepsItsOrder) {
    Member ann(1);
    Member bo(2);
    introduce({&ann, &bo});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    for (std::uint64_t i = 0; i < 2000; ++i) {
        ann.peers->send(2, ReadIndex{.request = i});
    }
    ASSERT_TRUE(wait_until([&] { return bo.inbox.count() == 2000; }));
    const auto messages = bo.inbox.messages();
    for (std::uint64_t i = 0; i < 2000; ++i) {
        EXPECT_EQ(messages[i].frame, encode_frame(ReadIndex{.request = i}).value_or(""));
        EXPECT_EQ(messages[i].incarnation, 1u);
    }
}

TEST(ClusterPeers, AHeartbeatIsNotDelayedByBlocks) {
    Member ann(1);
    Member bo(2);
    introduce({&ann, &bo});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    const auto block = test::block_of(ledger::Bytes(8U << 20U, 'b'));
    ann.peers->send(2, test::sample_append({block}));
    ann.peers->send(2, test::sample_append({block}));
    ann.peers->send(2, test::sample_heartbeat(1));
    ASSERT_TRUE(wait_until([&] { return bo.inbox.count() == 3; }));
    const auto messages = bo.inbox.messages();
    EXPECT_NE(messages[2].frame.size(), messages[0].frame.size());
    EXPECT_LT(std::min(messages[0].frame.size(), messages[1].frame.size()), 100u)
        << "the heartbeat came last";
    EXPECT_GT(messages[2].frame.size(), 8U << 20U) << "a block was lost";
}

TEST(ClusterPeers, EachNodeLearnsWhatTheOtherSaysOfItself) {
    Member ann(1);
    Member bo(MemberOptions{.node = 2, .incarnation = 7});
    introduce({&ann, &bo});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    ASSERT_TRUE(wait_until([&] { return ann.inbox.joined().size() == 4; }))
        << "four connections make a pair";
    for (const Hello& hello : ann.inbox.joined()) {
        EXPECT_EQ(hello.node, 2u);
        EXPECT_EQ(hello.incarnation, 7u);
        EXPECT_EQ(hello.marked, (consensus::Position{.term = 3, .index = 9}));
        EXPECT_EQ(hello.membership, 1u);
    }
    const PeerStatus status = ann.status_of(2);
    EXPECT_TRUE(status.connected());
    EXPECT_EQ(status.incarnation, 7u);
    EXPECT_EQ(status.program, "test 1");
}

TEST(ClusterPeers, AnotherLedgerIsRefusedByBoth) {
    Member ann(1);
    Member bo(MemberOptions{.node = 2, .ledger = 0x78});
    introduce({&ann, &bo});
    ASSERT_TRUE(wait_until([&] {
        return ann.inbox.refusals("wrong_ledger", false) +
                       ann.inbox.refusals("wrong_ledger", true) >=
                   2 &&
               bo.inbox.refusals("wrong_ledger", false) + bo.inbox.refusals("wrong_ledger", true) >=
                   2;
    })) << ann.inbox.all_refusals();
    EXPECT_TRUE(ann.inbox.joined().empty());
    EXPECT_TRUE(bo.inbox.joined().empty());
    EXPECT_FALSE(ann.status_of(2).connected());
}

TEST(ClusterPeers, AKeyThatIsNotPinnedIsRefusedByTls) {
    Member ann(1);
    Member bo(2);
    Member eve(5);  // knows them, and is no node for them
    introduce({&ann, &bo});
    eve.peers->set_nodes({ann.place()});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    ASSERT_TRUE(wait_until([&] { return ann.inbox.refusals("unknown_key", false) >= 2; }));
    ASSERT_TRUE(wait_until([&] { return eve.inbox.refusals("tls", true) >= 2; }))
        << eve.inbox.all_refusals();
    EXPECT_TRUE(eve.inbox.joined().empty());
    for (const Hello& hello : ann.inbox.joined()) {
        EXPECT_NE(hello.node, 5u);
    }
}

TEST(ClusterPeers, TheDialledNodeMustHoldThePinnedKey) {
    Member ann(1);
    Member eve(5);
    const PeerNode bo{
        .node = 2, .address = eve.place().address, .key = test::peer_key(2).public_key()
    };
    eve.peers->set_nodes({ann.place()});
    ann.peers->set_nodes({bo});  // who answers at that address is eve
    ASSERT_TRUE(wait_until([&] { return ann.inbox.refusals("unknown_key", false) >= 2; }));
    EXPECT_TRUE(ann.inbox.joined().empty());
    EXPECT_EQ(eve.inbox.count(), 0u);
}

TEST(ClusterPeers, AnotherNodeAtTheDialledAddressIsTheWrongNode) {
    Member ann(1);
    Member bo(2);
    Member cy(3);
    PeerNode misplaced = cy.place();
    misplaced.address = bo.place().address;
    ann.peers->set_nodes({bo.place(), misplaced});
    bo.peers->set_nodes({ann.place()});
    ASSERT_TRUE(wait_until([&] { return ann.inbox.refusals("wrong_node", false) >= 2; }));
    ASSERT_TRUE(all_whole({&ann, &bo}));
    EXPECT_FALSE(ann.status_of(3).control.connected);
}

TEST(ClusterPeers, MessagesToANodeThatIsNotThereAreDroppedAndCounted) {
    Member ann(1);
    ann.peers->set_nodes({test::peer_at(2, 1)});
    ann.peers->send(2, test::sample_heartbeat(1));
    ann.peers->send(2, test::sample_append({test::block_of("block")}));
    ann.peers->send(2, test::sample_append({test::block_of("block")}));
    ann.peers->send(9, test::sample_heartbeat(1));  // nobody
    EXPECT_EQ(ann.status_of(2).control.dropped, 1u);
    EXPECT_EQ(ann.status_of(2).bulk.dropped, 2u);
    EXPECT_EQ(ann.status_of(2).bulk.queued_bytes, 0u);
}

TEST(ClusterPeers, AMessageBeyondALimitIsDroppedAndTheOthersGoOn) {
    Member ann(1);
    Member bo(2);
    introduce({&ann, &bo});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    ann.peers->send(2, CertificateFound{.note = ledger::Bytes(65'537, 'x')});
    ann.peers->send(2, ReadIndex{.request = 4});
    ASSERT_TRUE(wait_until([&] { return bo.inbox.count() == 1; }));
    EXPECT_EQ(bo.inbox.messages()[0].frame, encode_frame(ReadIndex{.request = 4}).value_or(""));
    EXPECT_EQ(ann.status_of(2).control.dropped, 1u);
    EXPECT_TRUE(ann.is_whole_with(2));
}

TEST(ClusterPeers, AReceiverWithoutRoomGetsTheSameMessageAgainAndNothingElse) {
    Member ann(1);
    Member bo(2);
    introduce({&ann, &bo});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    bo.inbox.set_full(true);
    for (std::uint64_t i = 0; i < 50; ++i) {
        ann.peers->send(2, ReadIndex{.request = i});
    }
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_EQ(bo.inbox.count(), 0u);
    bo.inbox.set_full(false);
    ASSERT_TRUE(wait_until([&] { return bo.inbox.count() == 50; }));
    EXPECT_EQ(bo.inbox.messages()[0].frame, encode_frame(ReadIndex{.request = 0}).value_or(""));
    EXPECT_EQ(bo.inbox.messages()[49].frame, encode_frame(ReadIndex{.request = 49}).value_or(""));
}

TEST(ClusterPeers, StoppingEndsAtOnceAndIsHeardByTheOther) {
    Member ann(1);
    Member bo(2);
    introduce({&ann, &bo});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    const auto begun = steady_clock::now();
    bo.peers->stop();
    EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
    ASSERT_TRUE(wait_until([&] { return !ann.inbox.lost().empty(); }));
    EXPECT_EQ(ann.inbox.lost(), std::vector<consensus::NodeId>{2});
    EXPECT_FALSE(ann.status_of(2).connected());
    bo.peers->send(1, test::sample_heartbeat(1));
    bo.peers->set_nodes({});
    bo.peers->turn_away(1, 1);
    bo.peers->stop();
}

TEST(ClusterPeers, AnAddressThatIsTakenIsRefused) {
    Member ann(1);
    PeerOptions options;
    options.listen = ann.place().address;
    const auto second = Peers::start(options, test::peer_key(2), {});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().detail.find(ann.place().address), std::string::npos);
    options.listen = "nonsense";
    EXPECT_FALSE(Peers::start(options, test::peer_key(2), {}));
}

}  // namespace
}  // namespace tanji::node
