#include "ledger/store/rocks_store.h"
#include "ledger/store/schema.h"
#include "node/config.h"
#include "tests/node/running_cluster.h"

#include <gtest/gtest.h>

// Nobody sends anything, and what a node lacks comes all the same.
namespace tanji::node {
namespace {

using test::RunningCluster;

ledger::TreeSize certified(RunningCluster& cluster, std::size_t i) {
    const auto certificate = cluster.node(i).service().local()->certificate();
    return certificate ? certificate->size : 0;
}

// As a kill leaves it between the flush of the last block and the next one.
void forget_certificates(const std::string& path) {
    const auto store = ledger::open_rocks_store(path, {});
    ASSERT_TRUE(store) << store.error().detail;
    const ledger::ByteView all = ledger::schema::all_certificates;
    ledger::Changes changes;
    (*store)->scan(all, ledger::schema::end_of(all), [&](ledger::ByteView key, ledger::ByteView) {
        changes.emplace(key, std::nullopt);
        return true;
    });
    ASSERT_FALSE(changes.empty());
    (*store)->write(changes);
    (*store)->flush();
}

TEST(QuietNight, ANodeThatComesBackHasTheNewestCertificateBeforeTheNextBlock) {
    RunningCluster cluster({"ann", "ben", "cyd"});
    const std::size_t follower = (cluster.leader() + 1) % cluster.size();
    ASSERT_TRUE(RunningCluster::within(10'000, [&] { return certified(cluster, follower) > 0; }));
    const ledger::TreeSize size = certified(cluster, follower);
    const auto loaded =
        load_config(cluster.alliance().nodes.at(follower).folder + "/node.toml", {});
    ASSERT_TRUE(loaded);
    cluster.stop(follower);
    forget_certificates(loaded->config.node.data_dir + "/ledger");
    cluster.start(follower);
    EXPECT_TRUE(RunningCluster::within(10'000, [&] { return certified(cluster, follower) == size; })
    ) << certified(cluster, follower)
      << " of " << size;
}

}  // namespace
}  // namespace tanji::node
