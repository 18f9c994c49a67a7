#include "api/client/client.h"
#include "node/admin_commands.h"
#include "tests/node/running_cluster.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;
using test::RunningCluster;
using testing::HasSubstr;
using testing::Not;

bool has_failed(Node& node, std::string_view name) {
    const auto checks = node.service().readiness();
    const auto found = std::ranges::find(checks, name, &api::Check::name);
    return found != checks.end() && !found->ok;
}

TEST(StatusTable, SaysWhoLeadsHowFarEachIsAndWhatIsWrong) {
    const std::string table = status_table(
        R"({"member":"ev","version":"0.1.0","index":12,"size":40,"certified_size":38,"time":1,)"
        R"("draining":false,"node":2,"role":"leader","term":4,"leader":2,"last_index":13,)"
        R"("durable_index":13,"committed_index":12,"applied_index":12,"recovering":false,)"
        R"("quarantine":{"reason":"divergent","detail":"stands alone"},"nodes":[)"
        R"({"node":1,"member":"metro","voter":true,"leader":false,"connected":false,)"
        R"("program":"","match":7,"lag":6,"clock_offset_ms":-3,"cosigned_size":30},)"
        R"({"node":2,"member":"ev","voter":true,"leader":true,"connected":true,"program":"",)"
        R"("match":null,"lag":null,"clock_offset_ms":null,"cosigned_size":38}],)"
        R"("checks":{"disk":false},"failed":["disk: below storage.min_free_mb"]})"
    );
    EXPECT_EQ(
        table,
        "node       2 ev, leader of term 4\n"
        "leader     ev (node 2)\n"
        "blocks     last 13, committed 12, applied 12\n"
        "leaves     40, certified 38\n"
        "readiness  NOT READY\n"
        "           disk: below storage.min_free_mb\n"
        "quarantine divergent: stands alone\n"
        "\n"
        "node  member  role      connected  match  lag  clock ms  cosigned  version\n"
        "1     metro   follower  no         7      6    -3        30\n"
        "2     ev      leader    itself     13     -    -         38        0.1.0\n"
    );
}

TEST(Operating, LeadershipGoesToTheMemberThatIsNamed) {
    RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t leader = cluster.leader();
    const std::size_t target = (leader + 1) % cluster.size();
    const std::string name = cluster.alliance().nodes[target].member;
    const auto term = cluster.node(leader).service().cluster().term;

    const auto moved = cluster.node(leader).operating().transfer(name);
    ASSERT_TRUE(moved) << moved.error().detail;
    EXPECT_EQ(moved->member, name);
    EXPECT_GT(moved->term, term);
    EXPECT_EQ(cluster.leader(), target);
}

TEST(Operating, ATransferThatCannotBeSaysWhy) {
    RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t leader = cluster.leader();
    const auto& nodes = cluster.alliance().nodes;
    const std::size_t other = (leader + 1) % cluster.size();
    ASSERT_TRUE(RunningCluster::within(10'000, [&] {
        return cluster.node(other).service().cluster().leader == leader + 1;
    }));
    const auto at_follower = cluster.node(other).operating().transfer("");
    ASSERT_FALSE(at_follower);
    EXPECT_EQ(at_follower.error().code, ErrorCode::no_leader);
    EXPECT_THAT(at_follower.error().detail, HasSubstr("ask " + nodes[leader].member));

    api::Operator& operating = cluster.node(leader).operating();
    EXPECT_EQ(operating.transfer("shop").error().code, ErrorCode::not_found);
    EXPECT_EQ(operating.transfer(nodes[leader].member).error().code, ErrorCode::bad_request);
    cluster.stop(other);
    EXPECT_TRUE(RunningCluster::within(10'000, [&] {
        const auto refused = operating.transfer(nodes[other].member);
        return !refused && refused.error().detail == nodes[other].member + " is not connected";
    }));
    EXPECT_EQ(cluster.leader(), leader);
}

TEST(Operating, ADrainedLeaderHandsOverAndTakesNothingNew) {
    RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t leader = cluster.leader();
    cluster.node(leader).operating().drain();
    EXPECT_NE(cluster.node(leader).service().cluster().role, "leader");
    EXPECT_NE(cluster.leader(), leader);
    EXPECT_TRUE(has_failed(cluster.node(leader), "not_draining"));
    EXPECT_TRUE(cluster.node(leader).service().is_draining());
}

TEST(Operating, AStoppedLeaderHandsOverBeforeItGoes) {
    RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t leader = cluster.leader();
    cluster.stop(leader);
    const std::string log = test::content_of(cluster.log_file(leader));
    const auto stopping = log.find("node.stopping");
    ASSERT_NE(stopping, std::string::npos);
    EXPECT_THAT(log.substr(stopping), HasSubstr("leader.elected"));
    EXPECT_NE(cluster.leader(), leader);
}

TEST(Operating, TheLogGetsLouderWithoutARestart) {
    RunningCluster cluster({"ann"});
    api::Operator& operating = cluster.node(0).operating();
    EXPECT_EQ(operating.set_log_level("loud").error().code, ErrorCode::bad_request);
    EXPECT_TRUE(operating.set_log_level("error"));
    EXPECT_TRUE(operating.set_log_level("info"));
    EXPECT_THAT(test::content_of(cluster.log_file(0)), HasSubstr("log.level"));
}

TEST(Metrics, OfACluster) {
    RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t leader = cluster.leader();
    const auto& nodes = cluster.alliance().nodes;
    const std::string other = nodes[(leader + 1) % 3].member;
    const std::string third = nodes[(leader + 2) % 3].member;
    EXPECT_TRUE(RunningCluster::within(10'000, [&] {
        const std::string text = cluster.node(leader).service().metrics();
        return text.contains("tanji_raft_peer_connected{peer=\"" + other + "\"} 1\n") &&
               text.contains("tanji_cosigner_size{member=\"" + other + "\"} ") &&
               text.contains(
                   "tanji_cosignatures_total{member=\"" + other + "\",result=\"counted\"} "
               ) &&
               text.contains("tanji_raft_peer_match_index{peer=\"" + third + "\"} ") &&
               text.contains("tanji_clock_offset_seconds{peer=\"" + third + "\"} ") &&
               text.contains("tanji_commands_overdue 0\n");
    }));
    const std::string follower = cluster.node((leader + 1) % 3).service().metrics();
    EXPECT_THAT(follower, Not(HasSubstr("tanji_raft_peer_match_index{")));

    cluster.stop((leader + 2) % 3);
    EXPECT_TRUE(RunningCluster::within(10'000, [&] {
        return cluster.node(leader).service().metrics().contains(
            "tanji_raft_peer_connected{peer=\"" + third + "\"} 0\n"
        );
    }));
}

}  // namespace
}  // namespace tanji::node
