#include "node/storage/log_store.h"

#include "temporary_directory.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::content_of;
using test::flip_bit;
using test::put_content;
using test::TemporaryDirectory;
using testing::HasSubstr;

LogOptions options_in(const TemporaryDirectory& folder) {
    LogOptions options{.directory = folder / "log"};
    options.identity.ledger.bytes.fill(0x11);
    options.identity.node = 2;
    return options;
}

ledger::Bytes body(ledger::BlockIndex index, std::size_t size = 500) {
    ledger::Bytes bytes = fmt::format("block {} ", index);
    for (std::size_t i = bytes.size(); i < size; ++i) {
        bytes += static_cast<char>((index * 131 + i * 31) % 251);
    }
    return bytes;
}

ledger::Status append(LogStore& log, ledger::BlockIndex first, ledger::BlockIndex last) {
    std::vector<ledger::Bytes> bodies;
    std::vector<StoredBlock> blocks;
    for (auto i = first; i <= last; ++i) {
        bodies.push_back(body(i));
    }
    for (auto i = first; i <= last; ++i) {
        blocks.push_back({i, bodies[i - first]});
    }
    return log.append(blocks, std::nullopt);
}

// The one write-ahead file that holds all that was not yet made into tables.
std::string newest_wal(const std::string& folder) {
    std::string newest;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const bool holds_data = entry.path().extension() == ".log" && entry.file_size() > 0;
        if (holds_data && entry.path().string() > newest) {
            newest = entry.path().string();
        }
    }
    return newest;
}

// 60 synced writes of one block each, then closed as a killed process leaves it.
void write_sixty(const LogOptions& options) {
    auto log = LogStore::create(options);
    ASSERT_TRUE(log) << log.error().detail;
    for (ledger::BlockIndex i = 1; i <= 60; ++i) {
        ASSERT_TRUE(append(**log, i, i));
    }
}

TEST(LogStore, GivesBackItsBlocksAndPromiseAfterReopening) {
    const TemporaryDirectory folder;
    {
        auto log = LogStore::create(options_in(folder));
        ASSERT_TRUE(log) << log.error().detail;
        EXPECT_EQ((*log)->first(), 0u);
        EXPECT_EQ((*log)->last(), 0u);
        EXPECT_EQ((*log)->promise(), std::nullopt);
        ASSERT_TRUE(append(**log, 1, 3));
        const ledger::Bytes fourth = body(4);
        const StoredBlock block{4, fourth};
        ASSERT_TRUE((*log)->append({&block, 1}, Promise{.term = 3, .vote = 2, .mark_seq = 9}));
    }
    const auto log = LogStore::open(options_in(folder));
    ASSERT_TRUE(log) << log.error().detail;
    EXPECT_EQ((*log)->first(), 1u);
    EXPECT_EQ((*log)->last(), 4u);
    EXPECT_EQ((*log)->promise(), (Promise{.term = 3, .vote = 2, .mark_seq = 9}));
    for (ledger::BlockIndex i = 1; i <= 4; ++i) {
        EXPECT_EQ((*log)->block(i).value(), body(i));
    }
    EXPECT_EQ((*log)->block(0).value(), std::nullopt);
    EXPECT_EQ((*log)->block(5).value(), std::nullopt);
    EXPECT_GT((*log)->bytes_on_disk(), 2000u);
}

TEST(LogStore, APromiseNeedsNoBlock) {
    const TemporaryDirectory folder;
    {
        auto log = LogStore::create(options_in(folder));
        ASSERT_TRUE((*log)->append({}, Promise{.term = 7, .vote = 1, .mark_seq = 2}));
    }
    EXPECT_EQ((*LogStore::open(options_in(folder)))->promise()->term, 7u);
}

TEST(LogStore, ABlockAtAnOldPlaceCutsWhatFollowed) {
    const TemporaryDirectory folder;
    {
        auto log = LogStore::create(options_in(folder));
        ASSERT_TRUE(append(**log, 1, 9));
        const ledger::Bytes other = "another leader's block";
        const StoredBlock block{6, other};
        ASSERT_TRUE((*log)->append({&block, 1}, std::nullopt));
        EXPECT_EQ((*log)->last(), 6u);
        EXPECT_EQ((*log)->block(7).value(), std::nullopt);
    }
    const auto log = LogStore::open(options_in(folder));
    EXPECT_EQ((*log)->last(), 6u);
    EXPECT_EQ((*log)->block(6).value(), "another leader's block");
    EXPECT_EQ((*log)->block(5).value(), body(5));
}

TEST(LogStore, WhatStandsBehindAnEndThatWasSetGoesWithTheNextAppend) {
    const TemporaryDirectory folder;
    {
        auto log = LogStore::create(options_in(folder));
        ASSERT_TRUE(append(**log, 1, 9));
        (*log)->end_at(4);
        EXPECT_EQ((*log)->last(), 4u);
        EXPECT_EQ((*log)->block(5).value(), std::nullopt);
        ASSERT_TRUE((*log)->append({}, Promise{.term = 2, .vote = 1, .mark_seq = 3}));
    }
    auto log = LogStore::open(options_in(folder));
    EXPECT_EQ((*log)->last(), 9u) << "a promise alone cuts nothing";
    (*log)->end_at(4);
    ASSERT_TRUE(append(**log, 5, 6));
    EXPECT_EQ((*log)->last(), 6u);
    log->reset();
    log = LogStore::open(options_in(folder));
    EXPECT_EQ((*log)->last(), 6u);
    EXPECT_EQ((*log)->block(6).value(), body(6));
}

TEST(LogStore, ScansInOrderAndStopsWhenToldTo) {
    const TemporaryDirectory folder;
    auto log = LogStore::create(options_in(folder));
    ASSERT_TRUE(append(**log, 1, 300));  // beyond one byte of the index
    std::vector<ledger::BlockIndex> seen;
    ASSERT_TRUE((*log)->scan(250, 300, [&](ledger::BlockIndex index, ledger::ByteView bytes) {
        EXPECT_EQ(bytes, body(index));
        seen.push_back(index);
        return index < 260;
    }));
    EXPECT_EQ(seen.size(), 11u);
    EXPECT_EQ(seen.back(), 260u);
    const auto beyond = (*log)->scan(300, 301, [](auto, auto) { return true; });
    ASSERT_FALSE(beyond);
    EXPECT_THAT(beyond.error().detail, HasSubstr("block 301"));
}

TEST(LogStore, BelongsToOneLedgerAndNode) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(LogStore::create(options_in(folder)));
    EXPECT_FALSE(LogStore::create(options_in(folder))) << "made over another";
    LogOptions other = options_in(folder);
    other.identity.node = 3;
    EXPECT_FALSE(LogStore::open(other));
    other = options_in(folder);
    other.identity.ledger.bytes[0] = 0;
    EXPECT_FALSE(LogStore::open(other));
    EXPECT_TRUE(LogStore::open(options_in(folder)));
}

TEST(LogStore, IsNotMadeByOpening) {
    const TemporaryDirectory folder;
    EXPECT_FALSE(LogStore::open(options_in(folder)));
    EXPECT_FALSE(fs::exists(folder / "log/CURRENT"));
}

TEST(LogStore, OpensWithoutATornLastWrite) {
    for (const std::uintmax_t lost : {1u, 100u, 400u}) {
        const TemporaryDirectory folder;
        write_sixty(options_in(folder));
        const std::string wal = newest_wal(folder / "log");
        fs::resize_file(wal, fs::file_size(wal) - lost);
        const auto log = LogStore::open(options_in(folder));
        ASSERT_TRUE(log) << log.error().detail;
        EXPECT_EQ((*log)->last(), 59u) << lost << " bytes lost";
        EXPECT_EQ((*log)->block(59).value(), body(59));
    }
}

TEST(LogStore, RefusesAFlippedBitInTheMiddleOfItsJournal) {
    const TemporaryDirectory folder;
    write_sixty(options_in(folder));
    const std::string wal = newest_wal(folder / "log");
    const std::string good = content_of(wal);
    for (std::size_t tenth = 1; tenth < 9; ++tenth) {
        put_content(wal, good);
        flip_bit(wal, good.size() * tenth / 10 + 200);
        EXPECT_FALSE(LogStore::open(options_in(folder))) << tenth << " tenths in";
    }
}

TEST(LogStore, RefusesAPageOfZerosInTheMiddleOfItsJournal) {
    const TemporaryDirectory folder;
    write_sixty(options_in(folder));
    const std::string wal = newest_wal(folder / "log");
    std::string content = content_of(wal);
    content.replace(8192, 4096, 4096, '\0');
    put_content(wal, content);
    EXPECT_FALSE(LogStore::open(options_in(folder)));
}

// RocksDB cannot tell a journal cut in the middle from an ordinary torn end: it opens, without
// blocks that were synced. That is what the mark is for (startup_test.cpp).
TEST(LogStore, MayOpenWithoutSyncedBlocksWhenItsJournalIsCutInTheMiddle) {
    const TemporaryDirectory folder;
    write_sixty(options_in(folder));
    const std::string wal = newest_wal(folder / "log");
    fs::resize_file(wal, fs::file_size(wal) / 2);
    const auto log = LogStore::open(options_in(folder));
    ASSERT_TRUE(log) << log.error().detail;
    EXPECT_LT((*log)->last(), 60u);
}

TEST(LogStore, TellsThatATableIsDamaged) {
    const TemporaryDirectory folder;
    {
        // More than a write buffer, so that tables come to be.
        auto log = LogStore::create(options_in(folder));
        const ledger::Bytes large = body(1, 4'000'000);
        for (ledger::BlockIndex i = 1; i <= 20; ++i) {
            const StoredBlock block{i, large};
            ASSERT_TRUE((*log)->append({&block, 1}, std::nullopt));
        }
    }
    std::vector<std::string> tables;
    for (const auto& entry : fs::directory_iterator(folder / "log")) {
        if (entry.path().extension() == ".sst") {
            tables.push_back(entry.path().string());
        }
    }
    ASSERT_FALSE(tables.empty());
    std::ranges::sort(tables);
    flip_bit(tables.front(), fs::file_size(tables.front()) / 2);
    const auto log = LogStore::open(options_in(folder));
    if (!log) {
        return;  // found when it was opened: as good
    }
    bool told = false;
    for (ledger::BlockIndex i = 1; i <= (*log)->last(); ++i) {
        const auto block = (*log)->block(i);
        told = told || !block;
        if (block) {
            EXPECT_EQ(*block, body(1, 4'000'000)) << "other bytes than were written";
        }
    }
    EXPECT_TRUE(told);
}

// A disk that takes no more: files may not grow beyond `bytes`.
void limit_files(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

[[noreturn]] void append_until_the_disk_is_full(const LogOptions& options) {
    auto log = LogStore::create(options);
    limit_files(64 * 1024);
    ledger::Status status;
    ledger::BlockIndex next = 1;
    while (status && next < 1000) {
        status = append(**log, next, next);
        ++next;
    }
    const bool taken_for_written = status || (*log)->last() != next - 2;
    std::_Exit(taken_for_written ? 1 : 0);
}

TEST(LogStoreDeathTest, AFailedWriteEndsTheProcessWithOneLine) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const TemporaryDirectory folder;
    EXPECT_EXIT(
        append_until_the_disk_is_full(options_in(folder)),
        testing::ExitedWithCode(74),
        "storage.failed: log store, "
    );
}

TEST(LogStoreDeathTest, AFailedWriteIsNeverTakenForAWrittenBlock) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const TemporaryDirectory folder;
    LogOptions options = options_in(folder);
    options.fail = [](std::string_view) {};  // goes on, as no node does
    EXPECT_EXIT(append_until_the_disk_is_full(options), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tanji::node
