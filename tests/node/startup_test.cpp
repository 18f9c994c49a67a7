#include "node/storage/startup.h"

#include "ledger/proof/header.h"
#include "ledger/value/crypto.h"
#include "node/storage/file.h"
#include "temporary_directory.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::flip_bit;
using test::put_content;
using test::TemporaryDirectory;
using testing::HasSubstr;

// A node of its own that has been initialised and can be given blocks.
class Startup : public testing::Test {
protected:
    Startup() {
        identity_.ledger = ledger::sha256("a genesis file");
        identity_.node = 1;
        identity_.log_key = key_.id();
        chain_.push_back(first());
        const auto made = create_storage(directory_, identity_, {bytes(1), hash(1)});
        EXPECT_TRUE(made) << made.error().detail;
    }

    ledger::BlockHeader first() const {
        ledger::BlockHeader header;
        header.kind = ledger::BlockKind::genesis;
        header.ledger = identity_.ledger;
        header.index = 1;
        header.membership = 1;
        header.prev_hash = identity_.ledger;
        return header;
    }

    // Block `index` of an honest log; made on demand.
    const ledger::BlockHeader& header(ledger::BlockIndex index) {
        while (chain_.size() < index) {
            ledger::BlockHeader next = first();
            next.kind = ledger::BlockKind::no_op;
            next.term = 1;
            next.index = chain_.size() + 1;
            next.leader = key_.id();
            next.prev_hash = ledger::hash_of(chain_.back());
            ledger::sign_header(next, key_);
            chain_.push_back(next);
        }
        return chain_[index - 1];
    }
    ledger::Bytes bytes(ledger::BlockIndex index) { return ledger::encode_header(header(index)); }
    ledger::Hash hash(ledger::BlockIndex index) { return ledger::hash_of(header(index)); }

    std::expected<Storage, StartRefused> start() { return open_storage(directory_, identity_, {}); }

    // What the log writer does with blocks first..last: blocks, then the mark.
    void append(
        Storage& storage, ledger::BlockIndex from, ledger::BlockIndex to, bool mark = true
    ) {
        for (auto index = from; index <= to; ++index) {
            const ledger::Bytes content = bytes(index);
            const StoredBlock block{index, content};
            const Promise promise{1, 1, storage.mark.next_seq()};
            ASSERT_TRUE(storage.log->append({&block, 1}, promise));
            if (mark) {
                Mark next = storage.mark.current();
                next.term = 1;
                next.vote = 1;
                next.block_term = 1;
                next.block_index = index;
                next.block_hash = hash(index);
                ASSERT_TRUE(storage.mark.write(next));
            }
        }
    }

    void run(ledger::BlockIndex to) {
        auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        append(*storage, storage->log->last() + 1, to);
    }

    void expect_refused(int exit_code, const char* words) {
        const auto storage = start();
        ASSERT_FALSE(storage);
        EXPECT_EQ(storage.error().exit_code, exit_code) << storage.error().sentence;
        EXPECT_THAT(storage.error().sentence, HasSubstr(words));
    }

    std::string journal() const {
        std::string newest;
        for (const auto& entry : fs::directory_iterator(directory_.log())) {
            const bool holds_data = entry.path().extension() == ".log" && entry.file_size() > 0;
            newest = holds_data ? std::max(newest, entry.path().string()) : newest;
        }
        return newest;
    }

    TemporaryDirectory folder_;
    DataDirectory directory_{folder_ / "data"};
    ledger::SigningKey key_ = ledger::SigningKey::from_seed(ledger::Bytes(32, '\3'));
    NodeIdentity identity_;
    std::vector<ledger::BlockHeader> chain_;
};

TEST_F(Startup, ANewNodeStartsWithBlockOne) {
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->log->last(), 1u);
    EXPECT_EQ(storage->term, 0u);
    EXPECT_EQ(storage->mark.current().incarnation, 1u);
    EXPECT_TRUE(storage->notes.empty());
}

TEST_F(Startup, EveryStartIsAnotherIncarnationAndKeepsThePromise) {
    run(5);
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->mark.current().incarnation, 2u);
    EXPECT_EQ(storage->term, 1u);
    EXPECT_EQ(storage->vote, 1u);
    EXPECT_EQ(storage->log->last(), 5u);
}

TEST_F(Startup, NothingThereMeansInitFirst) {
    fs::remove_all(directory_.path);
    expect_refused(78, "run `tanjid init` first");
    fs::create_directory(directory_.path);
    expect_refused(78, "run `tanjid init` first");
}

TEST_F(Startup, NothingIsFormattedOver) {
    const auto again = create_storage(directory_, identity_, {bytes(1), hash(1)});
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().detail, HasSubstr("is there already"));
    EXPECT_TRUE(start());
}

TEST_F(Startup, ADirectoryBelongsToOneLedgerNodeAndKey) {
    const NodeIdentity mine = identity_;
    identity_.ledger = ledger::sha256("another genesis file");
    expect_refused(78, "belongs to another ledger, node or log key");
    identity_ = mine;
    identity_.node = 2;
    expect_refused(78, "belongs to another");
    identity_ = mine;
    identity_.log_key = ledger::SigningKey::from_seed(ledger::Bytes(32, '\4')).id();
    expect_refused(78, "belongs to another");
    identity_ = mine;
    EXPECT_TRUE(start());
}

TEST_F(Startup, OneProcessAtATime) {
    {
        const auto running = start();
        ASSERT_TRUE(running);
        expect_refused(78, "another process is using");
    }
    EXPECT_TRUE(start());
}

TEST_F(Startup, ALostMarkIsALostDisk) {
    run(3);
    fs::remove(directory_.mark());
    expect_refused(74, "the disk counts as lost");
}

TEST_F(Startup, TwoInvalidSlotsAreALostDisk) {
    run(3);
    flip_bit(directory_.mark(), 100);
    flip_bit(directory_.mark(), 4196);
    expect_refused(74, "the disk counts as lost");
}

TEST_F(Startup, OneInvalidSlotIsWrittenAnew) {
    run(3);
    flip_bit(directory_.mark(), 100);
    {
        const auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        EXPECT_EQ(storage->notes.size(), 1u);
    }
    EXPECT_TRUE(start()->notes.empty());
}

TEST_F(Startup, AMissingIdentityBesideOtherDataIsNotGuessed) {
    fs::remove(directory_.identity());
    expect_refused(74, "is missing beside other data");
}

TEST_F(Startup, AMissingLogIsRefused) {
    run(3);
    fs::remove_all(directory_.log());
    expect_refused(74, "");
    EXPECT_FALSE(fs::exists(directory_.log())) << "a log was made where one was lost";
}

TEST_F(Startup, ATornEndAfterTheMarkedBlockIsDropped) {
    {
        auto storage = start();
        append(*storage, 2, 5);
        append(*storage, 6, 6, false);  // killed before the mark
    }
    fs::resize_file(journal(), fs::file_size(journal()) - 7);
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->log->last(), 5u);
}

TEST_F(Startup, ABlockThatIsThereThoughTheMarkNamesAnOlderOneIsKept) {
    {
        auto storage = start();
        append(*storage, 2, 5);
        append(*storage, 6, 6, false);
    }
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->log->last(), 6u);
    EXPECT_EQ(storage->mark.current().block_index, 6u);
    EXPECT_EQ(storage->mark.current().block_hash, hash(6));
}

TEST_F(Startup, AMissingMarkedBlockEndsTheStart) {
    run(40);
    fs::resize_file(journal(), fs::file_size(journal()) / 2);
    expect_refused(74, "the mark names block 40");
}

TEST_F(Startup, AJournalThatDoesNotOpenEndsTheStartAndIsLeftAlone) {
    run(40);
    flip_bit(journal(), fs::file_size(journal()) / 2);
    const std::string before = test::content_of(journal());
    const std::string name = journal();
    expect_refused(74, "does not open");
    EXPECT_EQ(test::content_of(name), before);
}

TEST_F(Startup, AnOlderMarkPutBackAloneIsNoticed) {
    run(3);
    const std::string older = test::content_of(directory_.mark());
    run(9);
    put_content(directory_.mark(), older);
    expect_refused(74, "rolled_back");
}

TEST_F(Startup, ABlockThatDoesNotFollowIsNoticed) {
    {
        auto storage = start();
        append(*storage, 2, 4);
        chain_[2].time_ms = 7;  // from here on another history
        chain_.resize(3);
        append(*storage, 5, 6);
    }
    expect_refused(74, "block 5: it does not follow the block before it");
}

TEST_F(Startup, ABlockAtAnotherPlaceIsNoticed) {
    {
        auto storage = start();
        append(*storage, 2, 4);
        const ledger::Bytes misdirected = bytes(3);
        const StoredBlock block{5, misdirected};
        ASSERT_TRUE(storage->log->append({&block, 1}, std::nullopt));
    }
    expect_refused(74, "block 5: another block stands at its place");
}

TEST_F(Startup, TheMarkNamesAHashNotOnlyAPlace) {
    {
        auto storage = start();
        append(*storage, 2, 4);
        chain_[3].time_ms = 7;
        ledger::sign_header(chain_[3], key_);
        const ledger::Bytes other = bytes(4);  // follows block 3 as well
        const StoredBlock block{4, other};
        ASSERT_TRUE(storage->log->append({&block, 1}, std::nullopt));
    }
    expect_refused(74, "block 4: it is not the block that the mark names");
}

TEST_F(Startup, TellsTheFreeSpace) {
    EXPECT_GT(free_bytes(directory_).value_or(0), 0u);
    EXPECT_EQ(free_bytes({folder_ / "absent"}), std::nullopt);
}

TEST(File, ReplacesAWholeFileOrNothing) {
    const TemporaryDirectory folder;
    const std::string path = folder / "a/b/identity";
    ASSERT_TRUE(write_file(path, "one", 0600, Existing::refuse));
    EXPECT_FALSE(write_file(path, "two", 0600, Existing::refuse));
    EXPECT_EQ(read_file(path, 100).value(), "one");
    ASSERT_TRUE(write_file(path, "two", 0640, Existing::replace));
    EXPECT_EQ(read_file(path, 100).value(), "two");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));
    EXPECT_FALSE(exists(path + ".new"));
}

TEST(File, ReadsNoMoreThanItsBound) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(write_file(folder / "f", std::string(100, 'x'), 0600, Existing::refuse));
    EXPECT_TRUE(read_file(folder / "f", 100));
    EXPECT_FALSE(read_file(folder / "f", 99));
    EXPECT_EQ(read_file(folder / "absent", 99).value(), std::nullopt);
    EXPECT_FALSE(read_file(folder.path(), 99));
}

}  // namespace
}  // namespace tanji::node
