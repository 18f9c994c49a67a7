#include "node/storage/scrubber.h"

#include "storage_fixture.h"

#include <atomic>
#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class ScrubberTest : public test::StorageTest {
protected:
    explicit ScrubberTest(std::size_t body = 40) : StorageTest(body), opened_(start()) {
        EXPECT_TRUE(opened_) << opened_.error().sentence;
    }

    LogStore& log() { return *opened_->log; }
    void grow(ledger::BlockIndex to) { append_blocks(*opened_, history_, log().last() + 1, to); }
    std::uint64_t bytes(ledger::BlockIndex from, ledger::BlockIndex to) {
        std::uint64_t sum = 0;
        for (auto index = from; index <= to; ++index) {
            sum += history_.bytes(index).size();
        }
        return sum;
    }

    // Fast, and once only, unless a test wants otherwise.
    void scrub(const Scrubber::Pace& pace) {
        scrubber_ = std::make_unique<Scrubber>(
            Scrubber::Parts{
                .log = log(),
                .directory = directory_.log(),
                .ledger = test::History::ledger(),
                .settled = [this] { return settled_.load(); },
                .has_read = [this](std::uint64_t bytes) { read_ += bytes; },
                .fail = [this](std::string_view what) { failed_.set_value(std::string(what)); },
            },
            pace
        );
    }
    void scrub() { scrub({.slice_bytes = 1, .bytes_per_second = 1 << 30}); }

    bool reads(std::uint64_t bytes) {
        for (int i = 0; i < 1'000 && read_ < bytes; ++i) {
            std::this_thread::sleep_for(5ms);
        }
        std::this_thread::sleep_for(20ms);  // more would come now
        return read_ == bytes;
    }
    // What it ended with; empty if it did not.
    std::string fault() {
        auto ended = failed_.get_future();
        return ended.wait_for(5s) == std::future_status::ready ? ended.get() : "";
    }
    bool goes_on() {
        auto ended = failed_.get_future();
        return ended.wait_for(50ms) == std::future_status::timeout;
    }

    std::expected<Storage, StartRefused> opened_;
    std::atomic<ledger::BlockIndex> settled_ = 0;
    std::atomic<std::uint64_t> read_ = 0;
    std::promise<std::string> failed_;
    std::unique_ptr<Scrubber> scrubber_;  // last: it calls back into the others
};

TEST_F(ScrubberTest, ReadsWhatIsSettledAndNothingBehindIt) {
    grow(12);
    settled_ = 9;
    scrub();
    EXPECT_TRUE(reads(bytes(1, 9))) << read_ << " of " << bytes(1, 9);
    EXPECT_TRUE(goes_on());
}

TEST_F(ScrubberTest, BeginsAgainAtTheFrontAfterAPause) {
    grow(5);
    settled_ = 5;
    scrub({.slice_bytes = 1 << 20, .bytes_per_second = 1 << 30, .pause = 300ms});
    ASSERT_TRUE(reads(bytes(1, 5)));
    EXPECT_TRUE(reads(2 * bytes(1, 5)));
}

// A state that is just installed has no blocks behind it yet.
TEST_F(ScrubberTest, DoesNotWaitADayForTheFirstBlock) {
    grow(5);
    settled_ = 0;
    scrub({.slice_bytes = 1 << 20, .bytes_per_second = 1 << 30, .pause = 24h, .idle = 50ms});
    EXPECT_TRUE(reads(0));
    settled_ = 5;
    EXPECT_TRUE(reads(bytes(1, 5)));
}

TEST_F(ScrubberTest, IsNoFasterThanItsPace) {
    grow(40);
    settled_ = 40;
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t all = bytes(1, 40);
    scrub({.slice_bytes = all / 4, .bytes_per_second = 2 * all});
    ASSERT_TRUE(reads(all));
    EXPECT_GT(std::chrono::steady_clock::now() - began, 350ms);
}

TEST_F(ScrubberTest, ABlockThatDoesNotFollowEndsItAndIsNamed) {
    grow(6);
    test::History other;
    other.fork(5, 1, 77);
    const ledger::Bytes foreign = other.bytes(7);
    const StoredBlock block{7, foreign};
    ASSERT_TRUE(log().append({&block, 1}, std::nullopt));
    settled_ = 7;
    scrub();
    EXPECT_THAT(fault(), HasSubstr("block 7: it does not follow the block before it"));
    EXPECT_EQ(read_, bytes(1, 6));
}

TEST_F(ScrubberTest, BlocksThatArePrunedMeanwhileAreNoDamage) {
    grow(30);
    settled_ = 30;
    // About ten blocks a second.
    scrub({.slice_bytes = 1, .bytes_per_second = 10 * history_.bytes(2).size()});
    for (int i = 0; i < 1'000 && read_ < bytes(1, 2); ++i) {
        std::this_thread::sleep_for(5ms);
    }
    ASSERT_LT(read_, bytes(1, 10));
    ASSERT_TRUE(log().prune(24));
    for (int i = 0; i < 2'000 && read_ < bytes(1, 2) + bytes(24, 30); ++i) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_GE(read_, bytes(1, 2) + bytes(24, 30)) << "it goes on with the first one that is kept";
    EXPECT_LT(read_, bytes(1, 30));
    EXPECT_TRUE(goes_on());
}

TEST_F(ScrubberTest, ALogThatBeganLaterIsReadFromItsFirstBlock) {
    grow(30);
    ASSERT_TRUE(log().prune(20));
    settled_ = 30;
    scrub();
    EXPECT_TRUE(reads(bytes(20, 30)));
    EXPECT_TRUE(goes_on());
}

TEST_F(ScrubberTest, StopsAtOnceThoughItPausesForADay) {
    grow(3);
    settled_ = 3;
    scrub();
    ASSERT_TRUE(reads(bytes(1, 3)));
    const auto began = std::chrono::steady_clock::now();
    scrubber_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

// Blocks large enough that tables come to be.
class ScrubberOfTables : public ScrubberTest {
protected:
    ScrubberOfTables() : ScrubberTest(300'000) {}

    std::string first_table() const {
        std::string first;
        for (const auto& entry : fs::directory_iterator(directory_.log())) {
            const std::string name = entry.path().string();
            if (entry.path().extension() == ".sst" && (first.empty() || name < first)) {
                first = name;
            }
        }
        return first;
    }
};

TEST_F(ScrubberOfTables, ABitThatChangedOnDiskEndsItThoughTheLogIsOpen) {
    grow(40);
    opened_ = std::unexpected(StartRefused{});  // closed
    opened_ = start();
    ASSERT_TRUE(opened_) << opened_.error().sentence;
    const std::string table = first_table();
    ASSERT_NE(table, "");
    test::flip_bit(table, fs::file_size(table) / 2);
    settled_ = 40;
    scrub({.slice_bytes = 1 << 20, .bytes_per_second = 1 << 30});
    const std::string said = fault();
    EXPECT_THAT(said, testing::ContainsRegex("block [0-9]+ cannot be read"));
    EXPECT_LT(read_, bytes(1, 40));
}

}  // namespace
}  // namespace tanji::node
