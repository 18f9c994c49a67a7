#include "cluster_fixture.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

// Nodes that go, come back, come back as less than they were, and leave for good.
namespace tanji::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::all_whole;
using test::hello_of;
using test::introduce;
using test::Member;
using test::MemberOptions;
using test::Stranger;
using test::wait_until;

TEST(ClusterRestart, ANodeThatComesBackWithAHigherIncarnationIsHeardAgain) {
    Member ann(1);
    auto bo = std::make_unique<Member>(MemberOptions{.node = 2, .incarnation = 4});
    introduce({&ann, bo.get()});
    ASSERT_TRUE(all_whole({&ann, bo.get()}));
    const std::uint16_t port = bo->peers->port();
    bo.reset();
    ASSERT_TRUE(wait_until([&] { return !ann.status_of(2).control.connected; }));

    bo = std::make_unique<Member>(MemberOptions{.node = 2, .incarnation = 5, .port = port});
    const auto begun = steady_clock::now();
    introduce({&ann, bo.get()});
    ASSERT_TRUE(all_whole({&ann, bo.get()})) << ann.inbox.all_refusals();
    EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
    EXPECT_EQ(ann.inbox.joined().back().incarnation, 5u);
    EXPECT_EQ(ann.status_of(2).incarnation, 5u);
    bo->peers->send(1, ReadIndex{.request = 1});
    ASSERT_TRUE(wait_until([&] { return ann.inbox.count() == 1; }));
    EXPECT_EQ(ann.inbox.messages()[0].incarnation, 5u);
    ann.peers->send(2, ReadIndex{.request = 2});
    ASSERT_TRUE(wait_until([&] { return bo->inbox.count() == 1; }));
}

void expect_refused(consensus::Incarnation first, consensus::Incarnation second) {
    Member ann(1);
    auto bo = std::make_unique<Member>(MemberOptions{.node = 2, .incarnation = first});
    introduce({&ann, bo.get()});
    ASSERT_TRUE(all_whole({&ann, bo.get()}));
    const std::uint16_t port = bo->peers->port();
    const auto joined = ann.inbox.joined().size();
    bo.reset();
    ASSERT_TRUE(wait_until([&] { return ann.inbox.lost().size() == 1; }));

    bo = std::make_unique<Member>(MemberOptions{.node = 2, .incarnation = second, .port = port});
    bo->peers->set_nodes({ann.place()});
    ASSERT_TRUE(wait_until([&] { return bo->inbox.refusals("rolled_back", true) >= 2; }))
        << bo->inbox.all_refusals();
    ASSERT_TRUE(wait_until([&] { return ann.inbox.refusals("rolled_back", false) >= 2; }));
    bo->peers->send(1, ReadIndex{.request = 1});
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(ann.inbox.joined().size(), joined);
    EXPECT_EQ(ann.inbox.count(), 0u);
    EXPECT_EQ(ann.status_of(2).incarnation, first);
}

TEST(ClusterRestart, ANodeThatComesBackWithALowerIncarnationIsRolledBack) {
    expect_refused(4, 3);
}

TEST(ClusterRestart, TwoProcessesCannotShareAnIncarnation) {
    expect_refused(4, 4);
}

TEST(ClusterRestart, AProcessThatWasFollowedByAnotherIsOld) {
    Member ann(1);
    ann.peers->set_nodes({test::peer_at(2, 1)});
    Hello old = hello_of(2);
    old.incarnation = 3;
    old.process = 30;
    Hello now = hello_of(2, Lane::bulk);  // another lane: it takes no connection's place
    now.incarnation = 4;
    now.process = 40;
    Stranger before(test::peer_key(2));
    ASSERT_TRUE(before.join(ann.peers->port(), old));
    Stranger after(test::peer_key(2));
    ASSERT_TRUE(after.join(ann.peers->port(), now));
    // Its connection is closed when the new process has come, and it may not come again.
    EXPECT_FALSE(before.listen());
    EXPECT_TRUE(before.dial(ann.peers->port()));
    EXPECT_TRUE(before.say(encode_frame(old)));
    EXPECT_EQ(before.last_word(), "old_incarnation");
    EXPECT_EQ(ann.inbox.count(), 0u);
    ASSERT_TRUE(after.say(*encode_frame(Forward{.request = 1, .commands = {}})));
    EXPECT_TRUE(wait_until([&] { return ann.inbox.count() == 1; }));
}

TEST(ClusterRestart, ANodeThatIsTurnedAwayMustComeWithAHigherIncarnation) {
    Member ann(1);
    auto bo = std::make_unique<Member>(MemberOptions{.node = 2, .incarnation = 4});
    introduce({&ann, bo.get()});
    ASSERT_TRUE(all_whole({&ann, bo.get()}));
    ann.peers->turn_away(2, 4);
    ASSERT_TRUE(wait_until([&] { return ann.inbox.lost().size() == 1; }));
    ASSERT_TRUE(wait_until([&] { return bo->inbox.refusals("rolled_back", true) >= 1; }))
        << bo->inbox.all_refusals();
    EXPECT_FALSE(ann.status_of(2).connected());

    const std::uint16_t port = bo->peers->port();
    bo.reset();
    bo = std::make_unique<Member>(MemberOptions{.node = 2, .incarnation = 5, .port = port});
    introduce({&ann, bo.get()});
    EXPECT_TRUE(all_whole({&ann, bo.get()}));
}

TEST(ClusterRestart, ARemovedNodeIsCutOffAtOnceAndToldSo) {
    Member ann(1);
    Member bo(2);
    Member cy(3);
    introduce({&ann, &bo, &cy});
    ASSERT_TRUE(all_whole({&ann, &bo, &cy}));
    const auto begun = steady_clock::now();
    ann.peers->set_nodes({cy.place()});
    bo.peers->send(1, ReadIndex{.request = 1});
    ASSERT_TRUE(wait_until([&] { return ann.inbox.lost().size() == 1; }));
    EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
    EXPECT_EQ(ann.inbox.lost(), std::vector<consensus::NodeId>{2});
    ASSERT_TRUE(wait_until([&] { return bo.inbox.refusals("removed", true) >= 2; }))
        << bo.inbox.all_refusals();
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(ann.inbox.count(), 0u);
    EXPECT_TRUE(ann.is_whole_with(3)) << "the others are not touched";
    EXPECT_TRUE(bo.is_whole_with(3));
    // And told again whenever it dials again.
    Stranger again(test::peer_key(2));
    ASSERT_TRUE(again.dial(ann.peers->port()));
    ASSERT_TRUE(again.say(encode_frame(hello_of(2))));
    EXPECT_EQ(again.last_word(), "removed");
}

TEST(ClusterRestart, ANodeThatIsAdmittedLaterIsHeardWithinASecondOrTwo) {
    Member ann(1);
    Member bo(2);
    bo.peers->set_nodes({ann.place()});
    ASSERT_TRUE(wait_until([&] { return bo.inbox.refusals("tls", true) >= 6; })
    );  // the next pause: 4 s
    const auto begun = steady_clock::now();
    ann.peers->set_nodes({bo.place()});
    ASSERT_TRUE(all_whole({&ann, &bo}));
    EXPECT_LT(steady_clock::now() - begun, milliseconds(3'000))
        << "being dialled did not end the pause";
}

TEST(ClusterRestart, AnotherAddressIsDialledAndTheConnectionsToUsStay) {
    Member ann(1);
    auto bo = std::make_unique<Member>(2);
    introduce({&ann, bo.get()});
    ASSERT_TRUE(all_whole({&ann, bo.get()}));
    ann.peers->set_nodes({test::peer_at(2, 1)});
    ASSERT_TRUE(wait_until([&] { return !ann.status_of(2).control.connected; }));
    EXPECT_TRUE(ann.status_of(2).hears_control);
    bo->peers->send(1, ReadIndex{.request = 1});
    ASSERT_TRUE(wait_until([&] { return ann.inbox.count() == 1; }));
    ann.peers->set_nodes({bo->place()});
    EXPECT_TRUE(all_whole({&ann, bo.get()}));
}

}  // namespace
}  // namespace tanji::node
