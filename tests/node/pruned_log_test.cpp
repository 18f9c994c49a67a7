// Logs that do not begin with block 1: pruned, or begun after the block of a snapshot.
#include "node/found_log.h"
#include "node/ledger_store.h"
#include "node/snapshot/installing.h"
#include "node/storage/file.h"
#include "node/storage/salvage.h"
#include "snapshot_fixture.h"

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::append_blocks;
using testing::HasSubstr;

class PrunedLog : public test::StorageTest {
protected:
    PrunedLog() : test::StorageTest(40) {}

    void prune_below(ledger::BlockIndex first) {
        const auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        ASSERT_TRUE(storage->log->prune(first));
    }
    std::expected<Storage, StartRefused> start_installed(ledger::BlockIndex block) {
        return open_storage(
            directory_,
            identity_,
            {.has_peers = true,
             .first = history_.first_block(),
             .installed = history_.bytes(block).substr(0, ledger::header_bytes)}
        );
    }
    // The state of that block in the place of the ledger.
    void write_state(ledger::BlockIndex block) {
        fs::remove_all(directory_.ledger());
        auto store = ledger::open_rocks_store(directory_.ledger(), {});
        ASSERT_TRUE(store);
        ledger::Changes rows;
        test::state_at(history_, block)->scan({}, {}, [&](auto key, auto value) {
            rows.emplace(key, value);
            return true;
        });
        (*store)->write(rows);
        (*store)->flush();
    }
    ledger::BlockIndex applied(const OpenedLedger& opened) {
        const auto head = ledger::load<ledger::Head>(*opened.store, ledger::schema::head());
        return head ? head->block : 0;
    }
};

TEST_F(PrunedLog, KeepsTheHeaderBeforeItsFirstBlock) {
    run(20);
    prune_below(8);
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_FALSE(storage->recovering);
    EXPECT_EQ(storage->log->first(), 8U);
    EXPECT_EQ(storage->last, 20U);
    EXPECT_EQ(*storage->log->base(), history_.bytes(7).substr(0, ledger::header_bytes));
    EXPECT_EQ(storage->log->block(7).value(), std::nullopt);
    EXPECT_EQ(storage->log->block(8).value(), history_.bytes(8));
    int visited = 0;
    EXPECT_TRUE(storage->log->scan(3, 20, [&](auto, auto) { return ++visited > 0; }));
    EXPECT_EQ(visited, 0) << "who reads what was pruned meanwhile gets nothing, and no alarm";
}

TEST_F(PrunedLog, GoesOnAndIsPrunedAgain) {
    run(20);
    prune_below(8);
    run(25);
    prune_below(25);
    auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->log->first(), 25U);
    append_blocks(*storage, history_, 26, 27);
    EXPECT_EQ(storage->log->last(), 27U);
}

TEST_F(PrunedLog, TheCoreStartsFromItsBase) {
    run(20);
    {
        const auto storage = start();
        ASSERT_TRUE(storage->log->prune(20));
    }
    const auto storage = start();
    const auto found = read_log(*storage->log, *storage, storage->mark.current(), 19, {});
    ASSERT_TRUE(found);
    ASSERT_EQ(found->restored.log.size(), 2U);
    EXPECT_EQ(found->restored.log.front().at.index, 19U);
    EXPECT_EQ(found->restored.log.front().hash, history_.hash(19).bytes);
    EXPECT_EQ(found->restored.first, 20U);
    EXPECT_EQ(found->times.size(), 2U);
    const consensus::Raft raft(consensus::Settings{}, found->restored);
    EXPECT_EQ(raft.status().last.index, 20U);
}

TEST_F(PrunedLog, ADamagedOneIsRebuiltFromItsBase) {
    run(60);
    prune_below(30);
    run(61);  // its journal holds what is behind
    const std::string journal = test::journal_of(directory_.log());
    test::flip_bit(journal, fs::file_size(journal) / 2);
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_FALSE(kept_aside().empty());
    EXPECT_EQ(storage->log->last(), storage->last);
    if (storage->log->base()) {
        EXPECT_EQ(storage->log->first(), 30U);
        for (auto index = storage->log->first(); index <= storage->last; ++index) {
            EXPECT_EQ(storage->log->block(index).value(), history_.bytes(index));
        }
    } else {
        EXPECT_EQ(storage->last, 1U) << "the base was lost with the rest: a newcomer's log";
    }
    EXPECT_TRUE(storage->recovering);
    EXPECT_EQ(storage->mark.current().block_index, 61U) << "and its claim stays";
}

TEST_F(PrunedLog, BeginsAfterTheBlockOfAnInstalledState) {
    run(5);
    auto storage = start_installed(9);
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_FALSE(storage->recovering) << "what it acknowledged is before the snapshot";
    EXPECT_EQ(storage->last, 9U);
    EXPECT_EQ(storage->mark.current().block_index, 9U);
    EXPECT_EQ(storage->mark.current().block_hash, history_.hash(9));
    const auto found = read_log(*storage->log, *storage, storage->mark.current(), 9, {});
    ASSERT_TRUE(found);
    ASSERT_EQ(found->restored.log.size(), 1U);
    EXPECT_EQ(found->last_header, history_.bytes(9).substr(0, ledger::header_bytes));
    append_blocks(*storage, history_, 10, 11);
    EXPECT_EQ(storage->log->first(), 10U);
}

TEST_F(PrunedLog, KeepsWhatFollowsTheInstalledBlock) {
    run(12);
    const auto storage = start_installed(9);
    ASSERT_TRUE(storage) << storage.error().sentence;
    expect_blocks(*storage, 12);
}

// What the log reads of itself ends before the snapshot: it would never get to its own block 9,
// though that one is good. What it acknowledged behind it is kept.
TEST_F(PrunedLog, BeginsAfterTheInstalledBlockIfWhatLeadsThereIsDamaged) {
    run(12);
    {
        const auto storage = start();
        ASSERT_TRUE(storage);
        const ledger::Bytes misdirected = history_.bytes(3);
        const StoredBlock fifth{5, misdirected};
        ASSERT_TRUE(storage->log->append({&fifth, 1}, std::nullopt));
        for (ledger::BlockIndex index = 6; index <= 12; ++index) {
            const ledger::Bytes bytes = history_.bytes(index);
            const StoredBlock block{index, bytes};
            ASSERT_TRUE(storage->log->append({&block, 1}, std::nullopt));
        }
    }
    const auto storage = start_installed(9);
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->log->first(), 10U);
    EXPECT_EQ(storage->last, 12U);
    EXPECT_FALSE(storage->recovering) << "block 12, which it acknowledged, is there";
}

// It had acknowledged block 12 of a leader that the others left; the snapshot is of a later term,
// so block 12 was never committed.
TEST_F(PrunedLog, ALaterTermContradictsAMarkAboveTheSnapshot) {
    run(12);
    const ledger::Hash marked = history_.hash(12);
    history_.fork(6, 2);
    const auto storage = start_installed(9);
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->last, 9U);
    EXPECT_EQ(storage->log->first(), 10U);
    EXPECT_FALSE(storage->recovering) << "block 9 is of a later term than the marked one";
    EXPECT_NE(storage->mark.current().block_hash, marked);
}

TEST_F(PrunedLog, ALedgerThatWasLostIsMadeFromTheOwnSnapshot) {
    run(20);
    SnapshotFolder own(directory_.snapshots());
    test::make_snapshot(own, history_, 8);
    test::make_snapshot(own, history_, 16);
    prune_below(9);
    write_state(20);
    const auto storage = start();
    EXPECT_EQ(applied(*open_ledger_store(directory_, {}, *storage->log)), 20U);
    fs::remove_all(directory_.ledger());
    EXPECT_EQ(applied(*open_ledger_store(directory_, {}, *storage->log)), 16U);
    // The newest is damaged: the other one.
    fs::remove_all(directory_.ledger());
    test::flip_bit(fmt::format("{}/{:020}/chunk-00000000", directory_.snapshots(), 16), 99);
    EXPECT_EQ(applied(*open_ledger_store(directory_, {}, *storage->log)), 8U);
    fs::remove_all(directory_.ledger());
    fs::remove_all(directory_.snapshots());
    const auto none = open_ledger_store(directory_, {}, *storage->log);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ledger::ErrorCode::pruned);
    EXPECT_FALSE(exists(directory_.ledger()));
}

TEST_F(PrunedLog, ALedgerOlderThanTheLogIsNotGoneOnFrom) {
    run(20);
    SnapshotFolder own(directory_.snapshots());
    test::make_snapshot(own, history_, 16);
    prune_below(12);
    write_state(5);
    const auto storage = start();
    {
        const auto opened = open_ledger_store(directory_, {}, *storage->log);
        ASSERT_TRUE(opened) << opened.error().detail;
        EXPECT_EQ(applied(*opened), 16U);
        EXPECT_THAT(opened->notes.front(), HasSubstr("begins with block 12"));
    }
    write_state(11);
    EXPECT_EQ(applied(*open_ledger_store(directory_, {}, *storage->log)), 11U)
        << "exactly its base";
}

// A liar had deceived it: what it cosigned is not the tree of the others. With their state in the
// place of its own, nothing would show that any more.
TEST_F(PrunedLog, ASnapshotThatContradictsWhatWasCosignedIsNotInstalled) {
    run(5);
    write_state(5);
    SnapshotFolder theirs(folder_ / "theirs");
    SnapshotFolder own(directory_.snapshots());
    test::fetch_all(theirs, own, test::make_snapshot(theirs, history_, 9));
    const auto cosigned = [&](ledger::BlockIndex block, ledger::TreeSize size, const char* leaf) {
        auto mark = MarkFile::open(directory_.mark());
        Mark next = mark->current();
        next.cosigned_block = block;
        next.cosigned_size = size;
        next.cosigned_root = ledger::leaf_hash(leaf);
        ASSERT_TRUE(mark->write(next));
    };
    std::vector<std::string> notes;
    const std::string one_leaf(test::only_leaf);
    for (const auto& [size, leaf] : {std::pair(1U, "another leaf"), {2U, one_leaf.c_str()}}) {
        cosigned(5, size, leaf);
        const auto before = test::contents(directory_.ledger());
        const auto refused = install_state(directory_, {}, notes);
        ASSERT_FALSE(refused) << size;
        EXPECT_THAT(refused.error().detail, HasSubstr("contradicts what this node cosigned"));
        EXPECT_EQ(test::contents(directory_.ledger()), before);
        EXPECT_TRUE(own.fetching()) << "it is kept to be looked at";
    }
    cosigned(5, 1, one_leaf.c_str());
    EXPECT_EQ(
        install_state(directory_, {}, notes).value(),
        history_.bytes(9).substr(0, ledger::header_bytes)
    );
}

TEST_F(PrunedLog, ASnapshotThatIsNotWhatItSaysIsDroppedAndChangesNothing) {
    run(5);
    write_state(5);
    SnapshotFolder theirs(folder_ / "theirs");
    SnapshotFolder own(directory_.snapshots());
    test::fetch_all(theirs, own, test::make_snapshot(theirs, history_, 9));
    test::flip_bit(directory_.snapshots() + "/fetching/chunk-00000000", 77);
    std::vector<std::string> notes;
    EXPECT_EQ(install_state(directory_, {}, notes).value(), std::nullopt);
    EXPECT_THAT(notes.front(), HasSubstr("dropped"));
    EXPECT_FALSE(own.fetching());
    const auto storage = start();
    EXPECT_EQ(applied(*open_ledger_store(directory_, {}, *storage->log)), 5U);
}

TEST_F(PrunedLog, AStartWhileChunksAreMissingLetsTheFetchGoOn) {
    run(5);
    write_state(5);
    SnapshotFolder theirs(folder_ / "theirs");
    SnapshotFolder own(directory_.snapshots());
    const auto manifest = test::make_snapshot(theirs, history_, 9, 1);
    ASSERT_GT(manifest.chunks, 1U);
    test::fetch_all(theirs, own, manifest);
    fs::remove(directory_.snapshots() + "/fetching/chunk-00000001");
    std::vector<std::string> notes;
    EXPECT_EQ(install_state(directory_, {}, notes).value(), std::nullopt);
    EXPECT_TRUE(notes.empty());
    ASSERT_TRUE(own.fetching()) << "what is there is not fetched again";
    EXPECT_EQ(own.fetching()->missing, std::set<std::uint32_t>{1});
    const auto storage = start();
    EXPECT_EQ(applied(*open_ledger_store(directory_, {}, *storage->log)), 5U);
}

}  // namespace
}  // namespace tanji::node
