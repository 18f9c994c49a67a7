#include "storage_fixture.h"

#include <filesystem>
#include <functional>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

// What happens to the files of a log, and what the start makes of it. RocksDB alone would open some
// of this without a word, acknowledged blocks lost (docs/operating.md, "Start-up and damage").
namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::append_block;
using test::append_blocks;
using test::content_of;
using test::flip_bit;
using test::journal_of;
using test::put_content;
using testing::HasSubstr;

constexpr ledger::BlockIndex marked = 60;

// One record of a RocksDB journal: checksum (4), length (2), type (1), payload. Found by reading
// the journal as RocksDB writes it: records do not cross its pages of 32 KiB, whose rest is zero.
struct Record {
    std::size_t at = 0;
    std::size_t bytes = 0;  // with the header of 7
    std::uint8_t type = 0;  // 1: whole, 2, 3, 4: first, middle, last part
};

std::vector<Record> records_of(const std::string& journal) {
    constexpr std::size_t page = 32 * 1024;
    std::vector<Record> records;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(journal[at]); };
    for (std::size_t at = 0; at + 7 <= journal.size();) {
        if (page - at % page < 7) {
            at += page - at % page;
            continue;
        }
        const std::size_t length = byte(at + 4) + 256U * byte(at + 5);
        records.push_back({.at = at, .bytes = 7 + length, .type = byte(at + 6)});
        at += 7 + length;
    }
    return records;
}

// 60 blocks, each a synced write of its own, named by the mark; then killed.
class TornLog : public test::StorageTest {
protected:
    explicit TornLog(std::size_t body = 0) : test::StorageTest(body) {
        run(marked);
        journal_ = journal_of(directory_.log());
        good_ = content_of(journal_);
    }

    // One more block, of which nobody heard.
    void write_unmarked() {
        auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        append_block(*storage, history_, marked + 1, false);
        journal_ = journal_of(directory_.log());
        good_ = content_of(journal_);
    }

    void keep_template() {
        const auto before = fs::path(journal_).filename();
        fs::rename(directory_.path, folder_ / "template");
        fresh_copy();
        journal_ = (fs::path(directory_.log()) / before).string();
    }
    void fresh_copy() {
        fs::remove_all(directory_.path);
        fs::copy(folder_ / "template", directory_.path, fs::copy_options::recursive);
    }

    std::string journal_;
    std::string good_;
};

TEST_F(TornLog, ATornEndOfAnyLengthBehindTheMarkedBlockIsDropped) {
    write_unmarked();
    keep_template();
    const Record last = records_of(good_).back();
    ASSERT_EQ(last.at + last.bytes, good_.size());
    ASSERT_GT(last.bytes, 272u);
    for (std::size_t kept = 0; kept < last.bytes; kept += kept < 16 ? 1 : 3) {
        fresh_copy();
        put_content(journal_, good_.substr(0, last.at + kept));
        const auto storage = start_alone();
        ASSERT_TRUE(storage) << kept << " bytes kept: " << storage.error().sentence;
        EXPECT_FALSE(storage->recovering);
        expect_blocks(*storage, marked);
    }
}

// Sectors reach the disk in any order: a hole of zeros anywhere in the last write. RocksDB calls
// most of them damage and does not open.
TEST_F(TornLog, AHoleAnywhereInTheWriteBehindTheMarkedBlockIsDropped) {
    write_unmarked();
    keep_template();
    const Record last = records_of(good_).back();
    for (std::size_t from = 0; from < last.bytes; from += 13) {
        for (const std::size_t length :
             {last.bytes - from, std::min<std::size_t>(64, last.bytes - from)}) {
            fresh_copy();
            std::string torn = good_;
            torn.replace(last.at + from, length, length, '\0');
            put_content(journal_, torn);
            const auto storage = start_alone();
            ASSERT_TRUE(storage) << from << ", " << length << ": " << storage.error().sentence;
            EXPECT_FALSE(storage->recovering);
            expect_blocks(*storage, torn == good_ ? marked + 1 : marked);
        }
    }
}

// The same damage one block earlier is the loss of something that was acknowledged.
TEST_F(TornLog, ATornMarkedBlockIsToldFromATornEnd) {
    keep_template();
    const Record last = records_of(good_).back();
    for (std::size_t kept = 0; kept < last.bytes; kept += 37) {
        fresh_copy();
        put_content(journal_, good_.substr(0, last.at + kept));
        expect_refused_alone("Acknowledged data is missing");
        expect_recovering(marked - 1, marked);
        refill(marked);
        expect_fit(marked);
    }
}

struct Damage {
    const char* name;
    std::function<void(std::string& journal, const Record& record)> apply;
};

const std::vector<Damage>& middle_damage() {
    const auto flip = [](std::size_t offset, char bit) {
        return [=](std::string& journal, const Record& record) {
            journal[record.at + offset] = static_cast<char>(journal[record.at + offset] ^ bit);
        };
    };
    const auto zero = [](std::size_t length) {
        return [=](std::string& journal, const Record& record) {
            const std::size_t from = record.at / length * length;
            journal.replace(from, length, length, '\0');
        };
    };
    static const std::vector<Damage> all{
        {"a bit of the payload", flip(100, 4)},
        {"a bit of the checksum", flip(1, 1)},
        {"a bit of the length", flip(4, 16)},
        {"a high bit of the length", flip(5, 64)},
        {"a bit of the type", flip(6, 1)},
        {"the header is zero",
         [](std::string& journal, const Record& record) { journal.replace(record.at, 7, 7, '\0'); }
        },
        {"a sector is zero", zero(512)},
        {"a page is zero", zero(4096)},
        {"cut short",
         [](std::string& journal, const Record& record) { journal.resize(record.at + 3); }},
    };
    return all;
}

// The table of the contract, with the rule that makes it harmless: whatever RocksDB makes of it,
// the node notices, keeps its claim, and gives no other block than was written.
class DamagedJournal : public TornLog {
protected:
    DamagedJournal() : TornLog(150) {}
};

TEST_F(DamagedJournal, InTheMiddleIsNoticedAndRefilledWhateverItIs) {
    keep_template();
    const std::vector<Record> records = records_of(good_);
    ASSERT_GT(records.size(), marked - 1);
    for (const Damage& damage : middle_damage()) {
        for (std::size_t which = 8; which + 8 < records.size(); which += 15) {
            SCOPED_TRACE(fmt::format("{}, record {}", damage.name, which));
            std::string damaged = good_;
            damage.apply(damaged, records[which]);
            fresh_copy();
            put_content(journal_, damaged);
            expect_refused_alone("Acknowledged data is missing");
            ledger::BlockIndex last = 0;
            {
                const auto storage = start();
                ASSERT_TRUE(storage) << storage.error().sentence;
                EXPECT_TRUE(storage->recovering);
                last = storage->last;
                EXPECT_LT(last, marked);
                expect_blocks(*storage, last);
                EXPECT_EQ(storage->mark.current().block_hash, history_.hash(marked));
            }
            expect_recovering(last, marked);
            refill(marked);
            expect_fit(marked);
            ASSERT_FALSE(HasFailure());
        }
    }
}

// Makes tables of what lies in the journal, as 32 MiB more of it would.
void make_tables(const std::string& folder) {
    rocksdb::Options options;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.disable_auto_compactions = true;
    options.compression = rocksdb::kLZ4Compression;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    ASSERT_TRUE(db->Flush({}).ok());
}

std::vector<std::string> files_with(const std::string& folder, const std::string& part) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().filename().string().contains(part)) {
            found.push_back(entry.path().filename().string());
        }
    }
    std::ranges::sort(found);
    return found;
}

// Blocks 1 to 30 in one table, to 60 in a second one, to 75 in the journal.
class DamagedTables : public test::StorageTest {
protected:
    DamagedTables() : test::StorageTest(60) {
        run(30);
        make_tables(directory_.log());
        run(60);
        make_tables(directory_.log());
        run(75);
        fs::rename(directory_.path, folder_ / "template");
        fresh_copy();
    }
    void fresh_copy() {
        fs::remove_all(directory_.path);
        fs::copy(folder_ / "template", directory_.path, fs::copy_options::recursive);
    }
    std::string file(const std::string& name) const { return directory_.log() + "/" + name; }

    // Fit with everything, or recovering with at least `readable` blocks; then refilled.
    void expect_recovery(ledger::BlockIndex readable) {
        bool recovering = false;
        {
            const auto storage = start();
            ASSERT_TRUE(storage) << storage.error().sentence;
            recovering = storage->recovering;
            EXPECT_GE(storage->last, readable);
            EXPECT_TRUE(recovering || storage->last == 75);
            expect_blocks(*storage, storage->last);
            EXPECT_EQ(storage->mark.current().block_index, 75u);
        }
        if (recovering) {
            refill(75);
        }
        expect_fit(75);
    }
};

// How much of the log is still readable depends on RocksDB: as long as there are three tables or
// fewer it asks each of them for every block, so damage in one may cost all.
TEST_F(DamagedTables, DamageInATableIsNoticedAndRefilledWhereverItIs) {
    const auto tables = files_with(directory_.log(), ".sst");
    ASSERT_EQ(tables.size(), 2u);
    for (std::size_t which = 0; which < 2; ++which) {
        fresh_copy();
        const std::size_t bytes = fs::file_size(file(tables[which]));
        for (std::size_t part = 0; part < 12; ++part) {
            SCOPED_TRACE(fmt::format("table {}, part {}", which, part));
            fresh_copy();
            flip_bit(file(tables[which]), bytes * part / 12 + 5);
            expect_recovery(1);
        }
        for (const std::size_t from_end : {1U, 5U, 20U, 40U, 48U, 60U, 120U}) {
            SCOPED_TRACE(fmt::format("table {}, {} bytes from the end", which, from_end));
            fresh_copy();
            flip_bit(file(tables[which]), bytes - from_end);
            expect_recovery(1);
        }
        fresh_copy();
        fs::resize_file(file(tables[which]), bytes / 2);
        expect_recovery(1);
        fresh_copy();
        fs::remove(file(tables[which]));
        expect_recovery(1);
        ASSERT_FALSE(HasFailure());
    }
}

// Which files are tables of the log is written in one small file; without it they are still there.
TEST_F(DamagedTables, ALostListOfTablesCostsNothing) {
    for (const char* name : {"MANIFEST", "CURRENT"}) {
        fresh_copy();
        fs::remove(file(files_with(directory_.log(), name).back()));
        expect_fit(75);
        fresh_copy();
        flip_bit(file(files_with(directory_.log(), name).back()), 2);
        expect_fit(75);
    }
}

TEST_F(DamagedTables, ALostJournalIsNoticed) {
    fs::remove(journal_of(directory_.log()));
    expect_refused_alone("");
    expect_recovery(60);
}

}  // namespace
}  // namespace tanji::node
