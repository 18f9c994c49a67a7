#include "node/known_peers.h"

#include "node/config.h"
#include "node/setup.h"
#include "node/storage/file.h"
#include "tests/node/running_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Whom a node still knows when its own ledger does not say so.
namespace tanji::node {
namespace {

using test::content_of;
using test::RunningCluster;
using test::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

ledger::Roster four_nodes() {
    DemoRequest request{.seed = 1, .nodes = 4, .time = 1'795'219'200'000};
    for (int node = 1; node <= 4; ++node) {
        request.addresses.push_back("127.0.0.1:" + std::to_string(9'000 + node));
    }
    return ledger::first_roster(build_demo(request).genesis);
}

const ledger::Hash some_ledger = ledger::sha256("a ledger");

auto numbers(const std::vector<PeerNode>& nodes) {
    std::vector<consensus::NodeId> all;
    for (const PeerNode& node : nodes) {
        all.push_back(node.node);
    }
    return all;
}

TEST(KnownPeers, AreTheMembersAndThoseWhoAreAboutToCome) {
    ledger::Roster roster = four_nodes();
    ledger::NodeRow fifth = roster.nodes.back();
    fifth.node = 5;
    ledger::NodeRow gone = fifth;
    gone.node = 6;
    roster.nodes.push_back(fifth);
    roster.nodes.push_back(gone);
    EXPECT_THAT(numbers(known_peers(roster).nodes), ElementsAre(1, 2, 3, 4));
    roster.decision = ledger::OpenDecision{
        .id = {}, .base = 1, .voters = {1, 2, 3, 4}, .learners = {5}, .leaf = 1, .until = 1
    };
    EXPECT_THAT(numbers(known_peers(roster).nodes), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_THAT(known_peers(roster).voters, ElementsAre(1, 2, 3, 4));
}

TEST(KnownPeers, AreReadAsTheyWereWritten) {
    const TemporaryDirectory folder;
    const std::string path = peers_file(folder.path());
    EXPECT_EQ(read_peers(path, some_ledger).value(), KnownPeers());
    const KnownPeers peers = known_peers(four_nodes());
    ASSERT_TRUE(write_peers(path, some_ledger, peers));
    EXPECT_EQ(read_peers(path, some_ledger).value(), peers);
}

TEST(KnownPeers, OfAnotherLedgerOrCutShortAreRefusedWithTheNameOfTheFile) {
    const TemporaryDirectory folder;
    const std::string path = peers_file(folder.path());
    ASSERT_TRUE(write_peers(path, some_ledger, known_peers(four_nodes())));
    const auto other = read_peers(path, ledger::sha256("another"));
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().detail, HasSubstr("peers.json is of ledger"));
    const std::string whole = content_of(path);
    for (const std::size_t length : {std::size_t{0}, whole.size() / 2, whole.size() - 3}) {
        ASSERT_TRUE(write_file(path, whole.substr(0, length), 0600, Existing::replace));
        const auto cut = read_peers(path, some_ledger);
        ASSERT_FALSE(cut) << length;
        EXPECT_THAT(cut.error().detail, HasSubstr("peers.json"));
    }
}

TEST(KnownPeers, OfANewerMembershipAreKnownWhereTheLedgerDoesNotNameThem) {
    const ledger::Roster roster = four_nodes();
    KnownPeers remembered = {
        .membership = 2,
        .nodes =
            {{.node = 4, .address = "elsewhere:1", .key = {}},
             {.node = 7, .address = "seven:1", .key = {}}},
        .voters = {4, 7}
    };
    const auto known = whom_to_know(roster, remembered);
    EXPECT_THAT(numbers(known), ElementsAre(1, 2, 3, 4, 7));
    EXPECT_EQ(known.at(3), peer_of(roster.nodes.at(3)));
    remembered.membership = 1;
    EXPECT_EQ(whom_to_know(roster, remembered), known_peers(roster).nodes);
}

// Genesis named it alone; others came, and its log is lost with what said so.
TEST(KnownPeers, WhoOnceHadOthersAsksThemInsteadOfGivingUp) {
    RunningCluster alliance({"metro"});
    alliance.stop(0);
    const auto loaded = load_config(alliance.alliance().nodes.at(0).folder + "/node.toml", {});
    ASSERT_TRUE(loaded);
    const std::string data = loaded->config.node.data_dir;
    ASSERT_TRUE(remove_folder(data + "/log"));
    auto logger = Logger::open({.level = LogLevel::info, .file = data + "/again.log"});
    ASSERT_TRUE(logger);
    const auto alone = Node::start(loaded->config, {.quick_stop = true}, **logger);
    ASSERT_FALSE(alone);
    EXPECT_THAT(alone.error().sentence, HasSubstr("log"));
    const auto starts = [&] {
        return Node::start(loaded->config, {.quick_stop = true}, **logger).has_value();
    };

    const ledger::Hash& ledger = alliance.alliance().genesis.ledger;
    KnownPeers peers = read_peers(peers_file(data), ledger).value();
    ASSERT_THAT(numbers(peers.nodes), ElementsAre(1));
    peers.membership = 2;
    peers.nodes.push_back({.node = 2, .address = "127.0.0.1:9", .key = peers.nodes.front().key});
    ASSERT_TRUE(write_peers(peers_file(data), ledger, peers));
    EXPECT_FALSE(starts()) << "a learner need not have what the one voter acknowledged";
    peers.voters.insert(2);
    ASSERT_TRUE(write_peers(peers_file(data), ledger, peers));
    const auto among_others = Node::start(loaded->config, {.quick_stop = true}, **logger);
    ASSERT_TRUE(among_others) << among_others.error().sentence;
    EXPECT_FALSE((*among_others)->is_ready());
    EXPECT_EQ(read_peers(peers_file(data), ledger).value(), peers);
}

}  // namespace
}  // namespace tanji::node
