#include "node/config.h"
#include "tests/node/pretended_disk.h"
#include "tests/node/running_cluster.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Whole nodes that are told their disk runs full.
namespace tanji::node {
namespace {

namespace fs = std::filesystem;
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

TEST_F(FullDisk, TheReserveIsMadeGivenAndMadeAgain) {
    const std::string reserve = folder(0) + "/reserve";
    ASSERT_TRUE(fs::exists(reserve));
    EXPECT_EQ(fs::file_size(reserve), 16 * mib);
    cluster_.stop(0);
    has_left(0, 70 * mib);  // not to be had without it, but enough to keep it
    cluster_.start(0);
    EXPECT_TRUE(fs::exists(reserve));
    cluster_.stop(0);
    has_left(0, 3 * mib);
    cluster_.start(0);
    EXPECT_FALSE(fs::exists(reserve));
    EXPECT_THAT(said(0), HasSubstr("storage.reserve_released"));
    cluster_.stop(0);
    has_left(0, 70 * mib);
    cluster_.start(0);
    EXPECT_FALSE(fs::exists(reserve)) << "with it, the node would have too little to lead";
    cluster_.stop(0);
    has_left(0, std::nullopt);
    cluster_.start(0);
    EXPECT_TRUE(fs::exists(reserve));
}

}  // namespace
}  // namespace tanji::node
