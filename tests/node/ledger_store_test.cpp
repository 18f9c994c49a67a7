#include "node/ledger_store.h"

#include "ledger/rows.h"
#include "ledger/store/schema.h"
#include "ledger/store/state.h"
#include "storage_fixture.h"

#include <filesystem>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::flip_bit;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A node whose state has applied ten blocks.
class LedgerStore : public test::StorageTest {
protected:
    LedgerStore() {
        run(10);
        storage_ = start();
        write_state(10, history_.hash(10));
    }

    void write_state(ledger::BlockIndex block, const ledger::Hash& hash) {
        auto store = ledger::open_rocks_store(directory_.ledger(), {});
        ledger::Head head;
        head.ledger = identity_.ledger;
        head.block = block;
        head.block_hash = hash;
        (*store)->write({{ledger::schema::head(), ledger::encode(head)}, {"a key", "its value"}});
        (*store)->flush();
    }

    OpenedLedger open() {
        auto opened = open_ledger_store(directory_, {}, *storage_->log);
        EXPECT_TRUE(opened) << opened.error().detail;
        return std::move(*opened);
    }

    void expect_made_anew(const char* why) {
        {
            const OpenedLedger opened = open();
            EXPECT_EQ(opened.store->get("a key"), std::nullopt);
            ASSERT_EQ(opened.notes.size(), 1u);
            EXPECT_THAT(opened.notes.front(), HasSubstr(why));
            EXPECT_THAT(opened.notes.front(), HasSubstr("ledger.damaged-1"));
        }
        EXPECT_THAT(kept_aside(), ElementsAre("ledger.damaged-1"));
        EXPECT_THAT(open().notes, IsEmpty());
    }

    std::string file_with(const std::string& part) const {
        for (const auto& entry : fs::directory_iterator(directory_.ledger())) {
            if (entry.path().filename().string().contains(part)) {
                return entry.path().string();
            }
        }
        return {};
    }

    std::expected<Storage, StartRefused> storage_ = std::unexpected(StartRefused{});
};

TEST_F(LedgerStore, AStateThatTheLogLeadsToIsOpened) {
    const OpenedLedger opened = open();
    EXPECT_EQ(opened.store->get("a key"), "its value");
    EXPECT_THAT(opened.notes, IsEmpty());
    EXPECT_THAT(kept_aside(), IsEmpty());
}

TEST_F(LedgerStore, AStateBehindTheLogIsOpened) {
    write_state(7, history_.hash(7));
    EXPECT_EQ(open().store->get("a key"), "its value");
}

TEST_F(LedgerStore, AnAbsentStateIsMade) {
    fs::remove_all(directory_.ledger());
    EXPECT_THAT(open().notes, IsEmpty());
}

TEST_F(LedgerStore, AStateAheadOfTheLogIsMadeAnew) {
    write_state(11, history_.hash(11));
    expect_made_anew("it has applied block 11, the log ends at block 10");
}

TEST_F(LedgerStore, AStateOfAnotherHistoryIsMadeAnew) {
    write_state(9, history_.hash(8));
    expect_made_anew("another block 9 than the log holds");
}

TEST_F(LedgerStore, ADamagedTableIsFoundBeforeAnythingReadsIt) {
    const std::string table = file_with(".sst");
    flip_bit(table, 20);
    expect_made_anew(".sst");
}

// A process that is killed while it flushes or compacts leaves half a table that nothing names.
TEST_F(LedgerStore, HalfATableOfAKilledProcessCostsNotTheState) {
    test::put_content(directory_.ledger() + "/000999.sst", "half a table");
    const OpenedLedger opened = open();
    EXPECT_EQ(opened.store->get("a key"), "its value");
    EXPECT_THAT(opened.notes, IsEmpty());
    EXPECT_THAT(kept_aside(), IsEmpty());
}

TEST_F(LedgerStore, AStateThatDoesNotOpenIsMadeAnew) {
    fs::remove(file_with("MANIFEST"));
    expect_made_anew("cannot open the ledger store");
}

TEST_F(LedgerStore, AFileInItsPlaceIsKeptAside) {
    fs::remove_all(directory_.ledger());
    test::put_content(directory_.ledger(), "no folder");
    expect_made_anew("");
}

}  // namespace
}  // namespace tanji::node
