#include "node/cluster_new.h"

#include "node/config.h"
#include "node/setup.h"
#include "tests/node/running_cluster.h"
#include "tests/node/temporary_directory.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::content_of;
using test::TemporaryDirectory;
using testing::HasSubstr;
using testing::Not;

ClusterRequest four_here(const std::string& out) {
    return {
        .members = {"metro", "ev", "wallet", "registry"},
        .origin = "log.example/four",
        .out = out,
        .loopback = true,
        .port = 9'000,
        .time = 1'795'219'200'000,
    };
}

std::string refusal_of(const ClusterRequest& request) {
    const auto made = new_cluster(request);
    return made ? "made" : made.error().detail;
}

TEST(ClusterNew, EveryMemberGetsAFolderThatItsNodeStartsFrom) {
    const TemporaryDirectory folder;
    const auto made = new_cluster(four_here(folder / "four"));
    ASSERT_TRUE(made) << made.error().detail;
    ASSERT_EQ(made->nodes.size(), 4U);
    const std::string genesis = content_of(folder / "four/genesis.json");
    EXPECT_EQ(ledger::sha256(genesis), made->genesis.ledger);
    EXPECT_EQ(content_of(folder / "four/policy.txt"), made->genesis.policy());
    for (std::size_t i = 0; i < made->nodes.size(); ++i) {
        const ClusterNode& node = made->nodes[i];
        EXPECT_EQ(content_of(node.folder + "/genesis.json"), genesis);
        const auto loaded = load_config(node.folder + "/node.toml", {});
        ASSERT_TRUE(loaded) << to_text(loaded.error());
        EXPECT_EQ(loaded->config.node.member, node.member);
        EXPECT_EQ(loaded->config.api.listen, "127.0.0.1:" + std::to_string(9'000 + 10 * i));
        EXPECT_EQ(loaded->config.peers.listen, made->genesis.nodes[i].address);
        EXPECT_EQ(loaded->config.admin.listen, "127.0.0.1:" + std::to_string(9'002 + 10 * i));
        const auto log = read_key(loaded->config.keys.log);
        ASSERT_TRUE(log) << log.error().detail;
        EXPECT_EQ(node_with_log_key(genesis, log->public_key()), i + 1);
        EXPECT_TRUE(read_key(node.folder + "/" + node.member + ".key"));
    }
}

TEST(ClusterNew, NoSecretCanBeReadByOthers) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(new_cluster(four_here(folder / "four")));
    std::size_t secrets = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(folder / "four"))) {
        const auto extension = entry.path().extension();
        if (extension == ".key" || extension == ".hex") {
            ++secrets;
            EXPECT_EQ(entry.status().permissions(), fs::perms(0600)) << entry.path();
        }
    }
    EXPECT_EQ(secrets, 4U * 4U + 3U);
}

TEST(ClusterNew, RolesAndSchemesLetTheAllianceDoSomething) {
    const TemporaryDirectory folder;
    ClusterRequest request = four_here(folder / "four");
    request.schemes = {"sz-ph"};
    request.roles = {
        "registry:registrar:sz-ph",
        "ev:provider:shared-bike-jjj,bike-demo:operator",
        "wallet:merchant",
    };
    const auto made = new_cluster(request);
    ASSERT_TRUE(made) << made.error().detail;
    ASSERT_EQ(made->genesis.schemes.size(), 1U);
    EXPECT_EQ(made->genesis.schemes.front().registrar, "registry");
    const auto ev = std::ranges::find(made->genesis.members, "ev", &ledger::Member::member);
    ASSERT_EQ(ev->roles.size(), 2U);  // operator is everybody's
    EXPECT_EQ(ev->roles[1].role, ledger::Role::provider);
    EXPECT_EQ(ev->roles[1].rank, ledger::Rank::operator_);
    EXPECT_EQ(ev->roles[1].scope, (std::vector<std::string>{"bike-demo", "shared-bike-jjj"}));
}

TEST(ClusterNew, EachMistakeIsNamedAndNothingIsWritten) {
    const TemporaryDirectory folder;
    const std::string out = folder / "four";
    const auto with = [&](const std::function<void(ClusterRequest&)>& change) {
        ClusterRequest request = four_here(out);
        change(request);
        return refusal_of(request);
    };
    const std::vector<std::pair<std::string, std::string>> mistakes = {
        {with([](auto& r) { r.members = {}; }), "--members: an alliance has 1 to 15 voters"},
        {with([](auto& r) { r.members = {"metro", "Ev"}; }), "`Ev` cannot name a member"},
        {with([](auto& r) { r.members = {"metro", "alliance"}; }), "`alliance` cannot name"},
        {with([](auto& r) { r.members = {"metro", "metro"}; }), "metro stands there twice"},
        {with([](auto& r) { r.origin = "two words"; }), "/origin"},
        {with([](auto& r) { r.loopback = false; }), "--address metro=host:port is missing"},
        {with([](auto& r) { r.addresses = {"metro=a:1"}; }), "exclude each other"},
        {with([](auto& r) { r.port = 65'500; }), "leaves no room"},
        {with([](auto& r) { r.roles = {"shop:merchant"}; }), "shop is none of --members"},
        {with([](auto& r) { r.roles = {"metro:king"}; }), "`king` is none of operator"},
        {with([](auto& r) { r.roles = {"metro"}; }), "wants member:role"},
        {with([](auto& r) { r.roles = {"metro:provider:bike-demo"}; }), "has a rank"},
        {with([](auto& r) { r.roles = {"metro:merchant::payer"}; }), "has a rank"},
        {with([](auto& r) { r.roles = {"metro:programme:Green"}; }), "`Green` is no slug"},
        {with([](auto& r) { r.roles = {"metro:registrar:sz-ph"}; }), "--scheme sz-ph is missing"},
        {with([](auto& r) {
             r.loopback = false;
             r.addresses = {"metro=a:1", "ev=a", "wallet=c:1", "registry=d:1"};
         }),
         "`ev=a` is no member=host:port"},
        {with([](auto& r) {
             r.loopback = false;
             r.addresses = {"shop=a:1"};
         }),
         "shop is none of --members"},
    };
    for (const auto& [said, expected] : mistakes) {
        EXPECT_THAT(said, HasSubstr(expected));
    }
    EXPECT_FALSE(fs::exists(out));
}

TEST(ClusterNew, AFolderThatHoldsSomethingIsLeftAlone) {
    const TemporaryDirectory folder;
    fs::create_directory(folder / "four");
    test::put_content(folder / "four/letter", "dear");
    EXPECT_THAT(refusal_of(four_here(folder / "four")), HasSubstr("is not empty"));
    EXPECT_EQ(content_of(folder / "four/letter"), "dear");
}

TEST(ClusterNew, ElsewhereEachNodeIsReachedAtItsAddressAndInstalledWithItsUnit) {
    const TemporaryDirectory folder;
    ClusterRequest request = four_here(folder / "two");
    request.members = {"ev", "metro"};
    request.loopback = false;
    request.addresses = {"metro=metro.example:8461", "ev=10.0.0.7:9461"};
    const auto made = new_cluster(request);
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->genesis.nodes[0].address, "10.0.0.7:9461");
    const auto loaded = load_config(folder / "two/ev/node.toml", {});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config.peers.listen, "0.0.0.0:9461");
    EXPECT_EQ(loaded->config.api.listen, "127.0.0.1:8460");
    const std::string unit = content_of(folder / "two/ev/tanjid.service");
    EXPECT_THAT(
        unit,
        HasSubstr("ExecStart=/usr/bin/tanjid start -c /etc/tanji/node.toml --set "
                  "node.data_dir=/var/lib/tanji --set node.genesis=/etc/tanji/genesis.json\n")
    );
    EXPECT_THAT(unit, HasSubstr("config check -c /etc/tanji/node.toml --set node.data_dir="));
    EXPECT_THAT(to_text(*made), HasSubstr("on the machine of metro (metro.example:8461)"));
    EXPECT_THAT(to_text(*made), Not(HasSubstr("tanjid start")));
}

TEST(ClusterNew, ItsNodesElectALeaderAndCertifyTheGenesis) {
    test::RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t leader = cluster.leader();
    ASSERT_LT(leader, cluster.size());
    for (std::size_t i = 0; i < cluster.size(); ++i) {
        EXPECT_TRUE(test::RunningCluster::within(10'000, [&] {
            const auto certificate = cluster.node(i).service().local()->certificate();
            return certificate && certificate->size >= 1;
        })) << i;
    }
}

}  // namespace
}  // namespace tanji::node
