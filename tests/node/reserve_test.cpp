#include "node/storage/reserve.h"

#include "tests/node/temporary_directory.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;

class Reserve : public testing::Test {
protected:
    static std::uint64_t allocated(const std::string& path) {
        struct stat found{};
        return ::stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_blocks) * 512
                                                 : 0;
    }
    bool is_empty() const { return fs::is_empty(folder_.path()); }

    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "reserve";
};

TEST_F(Reserve, TakesTheRoomThatItNames) {
    ASSERT_TRUE(make_reserve(path_, 1 << 20));
    EXPECT_EQ(fs::file_size(path_), 1U << 20);
    EXPECT_GE(allocated(path_), 1U << 20) << "a hole is no room";
}

TEST_F(Reserve, GivesItBackOnce) {
    ASSERT_TRUE(make_reserve(path_, 1 << 20));
    EXPECT_EQ(release_reserve(path_).value(), true);
    EXPECT_TRUE(is_empty());
    EXPECT_EQ(release_reserve(path_).value(), false);
}

TEST_F(Reserve, OneThatIsNotAllocatedOrOfAnotherSizeIsMadeAnew) {
    test::put_content(path_, "");
    fs::resize_file(path_, 1 << 20);
    ASSERT_LT(allocated(path_), 1U << 20);
    ASSERT_TRUE(make_reserve(path_, 1 << 20));
    EXPECT_GE(allocated(path_), 1U << 20);
    ASSERT_TRUE(make_reserve(path_, 1 << 16));
    EXPECT_EQ(fs::file_size(path_), 1U << 16);
}

TEST_F(Reserve, WhatAKillLeftOfOneIsRoomToo) {
    test::put_content(path_ + ".new", "half of it");
    EXPECT_EQ(release_reserve(path_).value(), true);
    EXPECT_TRUE(is_empty());
    test::put_content(path_ + ".new", "half of it");
    ASSERT_TRUE(make_reserve(path_, 1 << 16));
    EXPECT_FALSE(fs::exists(path_ + ".new"));
}

TEST_F(Reserve, OneThatTheDiskCannotHoldLeavesNothing) {
    EXPECT_FALSE(make_reserve(path_, 1ULL << 62U));
    EXPECT_TRUE(is_empty());
}

}  // namespace
}  // namespace tanji::node
