#include "node/config.h"
#include "tests/node/pretended_disk.h"
#include "tests/node/running_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Whole nodes that are told their disk runs full.
namespace tanji::node {
namespace {

using test::RunningCluster;
using testing::HasSubstr;

constexpr std::uint64_t mib = 1ULL << 20;  // of the 64 that these nodes want

class FullDisk : public testing::Test {
protected:
    ~FullDisk() override {
        for (std::size_t i = 0; i < cluster_.size(); ++i) {
            has_left(i, std::nullopt);
        }
    }

    std::string folder(std::size_t i) {
        const auto loaded = load_config(cluster_.alliance().nodes.at(i).folder + "/node.toml", {});
        return loaded ? loaded->config.node.data_dir : "no configuration";
    }
    void has_left(std::size_t i, std::optional<std::uint64_t> bytes) {
        test::pretend_free(folder(i), bytes);
    }
    std::string said(std::size_t i) { return test::content_of(cluster_.log_file(i)); }
    std::string_view role(std::size_t i) { return cluster_.node(i).service().cluster().role; }
    ledger::BlockIndex head(std::size_t i) {
        return cluster_.node(i).service().local()->head().block;
    }

    RunningCluster cluster_{{"ann", "ben", "cyd"}};
};

TEST_F(FullDisk, TheLeaderGivesWayWithinSecondsAndSaysWhy) {
    const std::size_t full = cluster_.leader();
    has_left(full, 60 * mib);
    EXPECT_TRUE(RunningCluster::within(10'000, [&] {
        return role(full) == "follower" && cluster_.node(cluster_.leader()).is_ready();
    }));
    EXPECT_THAT(said(full), HasSubstr("storage.little_room"));
    EXPECT_FALSE(cluster_.node(full).is_ready());
    EXPECT_THAT(
        cluster_.node(full).service().metrics(), HasSubstr("tanji_disk_free_bytes 62914560")
    );
    has_left(full, std::nullopt);
    EXPECT_TRUE(RunningCluster::within(5'000, [&] { return cluster_.node(full).is_ready(); }));
    EXPECT_THAT(said(full), HasSubstr("storage.room_again"));
}

TEST_F(FullDisk, AFollowerTakesNoBlocksUntilThereIsRoom) {
    const std::size_t full = (cluster_.leader() + 1) % cluster_.size();
    has_left(full, 20 * mib);
    ASSERT_TRUE(RunningCluster::within(5'000, [&] {
        return said(full).contains("storage.no_room");
    }));
    const ledger::BlockIndex before = head(full);
    const std::size_t leader = cluster_.leader();
    cluster_.stop(leader);  // another one begins its term with a block: this one's vote is needed
    const std::size_t next = cluster_.leader();
    EXPECT_NE(next, full);
    EXPECT_FALSE(RunningCluster::within(1'000, [&] { return head(full) > before; }));
    has_left(full, std::nullopt);
    EXPECT_TRUE(RunningCluster::within(10'000, [&] { return head(full) > before; }));
    EXPECT_TRUE(RunningCluster::within(10'000, [&] { return cluster_.node(next).is_ready(); }));
}

}  // namespace
}  // namespace tanji::node
