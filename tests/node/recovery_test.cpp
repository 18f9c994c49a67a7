#include "node/found_log.h"
#include "node/storage/file.h"
#include "storage_fixture.h"

#include <filesystem>
#include <fstream>

// A node with peers whose disk lost or changed something it had acknowledged.
namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::append_block;
using test::append_blocks;
using test::content_of;
using test::contents;
using test::flip_bit;
using test::journal_of;
using test::put_content;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Recovery : public test::StorageTest {};

TEST_F(Recovery, AHealthyNodeWithPeersStartsAsOneWithout) {
    run(20);
    expect_fit(20);
    EXPECT_THAT(kept_aside(), IsEmpty());
    const auto storage = start();
    EXPECT_TRUE(storage->notes.empty());
    EXPECT_EQ(storage->term, 1u);
    EXPECT_EQ(storage->vote, 1u);
}

TEST_F(Recovery, AMissingMarkedBlockKeepsTheClaimAndTheTermAndTheVote) {
    run(40);
    const Mark before = MarkFile::open(directory_.mark())->current();
    const std::string journal = journal_of(directory_.log());
    fs::resize_file(journal, fs::file_size(journal) / 2);
    expect_refused_alone("the mark names block 40");

    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_TRUE(storage->recovering);
    EXPECT_GT(storage->last, 1u);
    EXPECT_LT(storage->last, 40u);
    expect_blocks(*storage, storage->last);
    Mark expected = before;
    expected.incarnation += 1;
    expected.seq += 1;
    EXPECT_EQ(storage->mark.current(), expected);
    EXPECT_EQ(storage->term, 1u);
    EXPECT_EQ(storage->vote, 1u);
    EXPECT_THAT(storage->notes.back(), HasSubstr("recovering: block 40 of term 1"));
}

// What a damaged log still gives may be blocks that another leader had cut: nothing behind the
// ledger is taken for committed, whatever this node had cosigned.
TEST_F(Recovery, NothingBehindTheLedgerIsBelievedOfADamagedLog) {
    run(40);
    const std::string journal = journal_of(directory_.log());
    fs::resize_file(journal, fs::file_size(journal) / 2);
    auto storage = start();
    ASSERT_TRUE(storage && storage->recovering);
    ASSERT_GT(storage->last, 7u);
    Mark mark = storage->mark.current();
    mark.cosigned_block = 30;
    const auto found = read_log(*storage->log, *storage, mark, 7, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->restored.log.back().at.index, 7u);
    EXPECT_EQ(found->restored.floor, 30u) << "what was cosigned is not cut when it is back";
    EXPECT_EQ(storage->log->last(), 7u);
}

TEST_F(Recovery, StaysRecoveringUntilTheMarkedBlockIsBack) {
    run(40);
    const std::string journal = journal_of(directory_.log());
    fs::resize_file(journal, fs::file_size(journal) / 2);
    refill(39);
    expect_recovering(39, 40);
    expect_recovering(39, 40);
    refill(40);
    expect_fit(40);
    run(45);
    expect_fit(45);
    expect_fit(45);
}

TEST_F(Recovery, ALogThatDoesNotOpenIsRebuiltAndKeptAside) {
    run(40);
    const std::string journal = journal_of(directory_.log());
    flip_bit(journal, fs::file_size(journal) / 2);
    const std::string damaged = content_of(journal);
    const auto incarnation = MarkFile::open(directory_.mark())->current().incarnation;

    auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_TRUE(storage->recovering);
    EXPECT_GT(storage->last, 10u);
    EXPECT_LT(storage->last, 40u);
    expect_blocks(*storage, storage->last);
    EXPECT_THAT(storage->notes.front(), HasSubstr("does not open"));
    const auto last = storage->last;
    storage = std::unexpected(StartRefused{});  // killed

    const std::string kept = fmt::format("log.damaged-{}", incarnation);
    EXPECT_THAT(kept_aside(), ElementsAre(kept));
    const std::string name = fs::path(journal).filename().string();
    EXPECT_EQ(content_of(directory_.path + "/" + kept + "/" + name), damaged);
    expect_recovering(last, 40);
    refill(40);
    expect_fit(40);
    EXPECT_THAT(kept_aside(), ElementsAre(kept));
}

TEST_F(Recovery, AloneNothingIsChangedByALogThatDoesNotOpen) {
    run(40);
    const std::string journal = journal_of(directory_.log());
    flip_bit(journal, fs::file_size(journal) / 2);
    const auto before = contents(directory_.log());
    expect_refused_alone("does not open");
    for (const auto& [name, content] : before) {
        if (!name.starts_with("LOG")) {
            EXPECT_TRUE(content_of(directory_.log() + "/" + name) == content) << name;
        }
    }
    EXPECT_FALSE(fs::exists(directory_.log() + ".building"));
    EXPECT_FALSE(fs::exists(directory_.log() + ".copy"));
}

// A sector that never got to the disk at the end of the last write: RocksDB refuses to open it,
// but nobody was told of that block.
TEST_F(Recovery, AHarmlessTornEndThatDoesNotOpenStopsNobodyNotEvenAlone) {
    run(30);
    std::string journal;
    std::uintmax_t before = 0;
    {
        auto storage = start();
        append_blocks(*storage, history_, 31, 31);
        journal = journal_of(directory_.log());
        before = fs::file_size(journal);
        append_blocks(*storage, history_, 32, 32, false);
    }
    std::string content = content_of(journal);
    content.replace(before + 50, content.size() - before - 50, content.size() - before - 50, '\0');
    put_content(journal, content);
    const auto storage = start_alone();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_FALSE(storage->recovering);
    expect_blocks(*storage, 31);
}

TEST_F(Recovery, AMissingLogIsMadeAnewFromGenesisAndTheClaimStays) {
    run(12);
    fs::remove_all(directory_.log());
    expect_refused_alone("is missing");
    EXPECT_FALSE(fs::exists(directory_.log())) << "a log was made where one was lost";
    expect_recovering(1, 12);
    refill(12);
    expect_fit(12);
}

TEST_F(Recovery, WithoutBlockOneAMissingLogIsRefused) {
    run(12);
    fs::remove_all(directory_.log());
    const auto storage = open_storage(directory_, identity_, {.has_peers = true});
    ASSERT_FALSE(storage);
    EXPECT_EQ(storage.error().exit_code, 74);
    EXPECT_THAT(storage.error().sentence, HasSubstr("not even block 1"));
    EXPECT_FALSE(fs::exists(directory_.log()));
}

TEST_F(Recovery, AnOlderLogPutBackAloneKeepsThePromiseOfTheMark) {
    run(10);
    fs::copy(directory_.log(), folder_ / "older", fs::copy_options::recursive);
    run(25);
    fs::remove_all(directory_.log());
    fs::rename(folder_ / "older", directory_.log());
    expect_refused_alone("the mark names block 25");
    expect_recovering(10, 25);
}

TEST_F(Recovery, AnOlderMarkPutBackAloneIsRefusedWithPeersToo) {
    run(3);
    const std::string older = content_of(directory_.mark());
    run(9);
    put_content(directory_.mark(), older);
    const auto storage = start();
    ASSERT_FALSE(storage);
    EXPECT_EQ(storage.error().exit_code, 74);
    EXPECT_THAT(storage.error().sentence, HasSubstr("rolled_back"));
}

// Also when the log must be rebuilt first, and then nothing is put in its place.
TEST_F(Recovery, AnOlderMarkBesideADamagedLogIsRefusedBeforeAnythingIsMoved) {
    run(3);
    const std::string older = content_of(directory_.mark());
    run(30);
    run(60);
    put_content(directory_.mark(), older);
    const std::string journal = journal_of(directory_.log());
    flip_bit(journal, fs::file_size(journal) / 2);
    const auto storage = start();
    ASSERT_FALSE(storage);
    EXPECT_THAT(storage.error().sentence, HasSubstr("rolled_back"));
    EXPECT_THAT(kept_aside(), IsEmpty());
}

// Every start says its number in the log too: nothing else need have happened in between.
TEST_F(Recovery, AMarkOfTwoStartsAgoIsNoticedOnAnIdleNode) {
    run(5);
    const std::string older = content_of(directory_.mark());
    expect_fit(5);
    expect_fit(5);
    put_content(directory_.mark(), older);
    const auto storage = start();
    ASSERT_FALSE(storage);
    EXPECT_THAT(storage.error().sentence, HasSubstr("rolled_back"));
}

TEST_F(Recovery, ALostMarkIsALostDiskWithPeersToo) {
    run(5);
    const std::string mark = content_of(directory_.mark());
    fs::remove(directory_.mark());
    EXPECT_THAT(start().error().sentence, HasSubstr("the disk counts as lost"));
    put_content(directory_.mark(), mark);
    flip_bit(directory_.mark(), 100);
    flip_bit(directory_.mark(), 4196);
    EXPECT_THAT(start().error().sentence, HasSubstr("the disk counts as lost"));
}

// The newest mark is the one that said for whom this node voted; it stands beside the blocks too.
TEST_F(Recovery, AVoteSurvivesTheLossOfTheSlotThatHoldsIt) {
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 5);
        const Promise promise{.term = 9, .vote = 3, .mark_seq = storage->mark.next_seq()};
        ASSERT_TRUE(storage->log->append({}, promise));
        Mark next = storage->mark.current();
        next.term = 9;
        next.vote = 3;
        ASSERT_TRUE(storage->mark.write(next));
        flip_bit(directory_.mark(), (storage->mark.current().seq % 2) * 4096 + 60);
    }
    for (int again = 0; again < 2; ++again) {
        const auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        EXPECT_EQ(storage->term, 9u);
        EXPECT_EQ(storage->vote, 3u);
        EXPECT_EQ(storage->mark.current().term, 9u);
        EXPECT_EQ(storage->mark.current().vote, 3u);
    }
}

TEST_F(Recovery, ATermThatOnlyABlockRemembersHasNoVoteLeft) {
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 5);
        history_.fork(5, 4);
        const ledger::Bytes content = history_.bytes(6);
        const StoredBlock block{6, content};
        ASSERT_TRUE(storage->log->append({&block, 1}, std::nullopt));
    }
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->term, 4u);
    EXPECT_EQ(storage->vote, identity_.node);
}

TEST_F(Recovery, ALogOfAnotherNodeIsNotTaken) {
    run(5);
    DataDirectory other{folder_ / "other"};
    NodeIdentity second = identity_;
    second.node = 2;
    ASSERT_TRUE(create_storage(other, second, history_.first_block()));
    fs::remove_all(directory_.log());
    fs::rename(other.log(), directory_.log());
    const auto storage = start();
    ASSERT_FALSE(storage);
    EXPECT_THAT(storage.error().sentence, HasSubstr("the log is of ledger"));
    EXPECT_THAT(kept_aside(), IsEmpty());
}

TEST_F(Recovery, WhatStandsBehindABrokenChainIsNotServedAndGoesWithTheNextBlock) {
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 4);
        test::History other = history_;
        other.fork(3, 1, 77);
        append_blocks(*storage, other, 5, 6);  // follow another block 4
        Mark marked = storage->mark.current();
        marked.block_hash = history_.hash(6);
        ASSERT_TRUE(storage->mark.write(marked));
    }
    expect_refused_alone("block 5: it does not follow the block before it");
    expect_recovering(4, 6);
    {
        auto storage = start();
        append_block(*storage, history_, 5, false);
        EXPECT_EQ(storage->log->last(), 5u);
        EXPECT_EQ(storage->log->block(6).value(), std::nullopt);
    }
    expect_recovering(5, 6);
    refill(6);
    expect_fit(6);
    EXPECT_THAT(kept_aside(), IsEmpty());
}

TEST_F(Recovery, AMisdirectedBlockIsNotServed) {
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 8);
        const ledger::Bytes misdirected = history_.bytes(3);
        const ledger::Bytes sixth = history_.bytes(6);
        const ledger::Bytes seventh = history_.bytes(7);
        const std::vector<StoredBlock> blocks{{5, misdirected}, {6, sixth}, {7, seventh}};
        ASSERT_TRUE(storage->log->append(blocks, std::nullopt));
    }
    expect_recovering(4, 8);
    refill(8);
    expect_fit(8);
}

// Another block of the same or an older term at the marked place is an old log, no newer truth:
// the claim must not sink to it.
TEST_F(Recovery, AnotherBlockAtTheMarkedPlaceOfNoLaterTermIsNotTakenForIt) {
    test::History older = history_;
    history_.fork(3, 5);
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 4);
        const ledger::Bytes other = older.bytes(4);
        const ledger::Bytes next = older.bytes(5);
        const std::vector<StoredBlock> blocks{{4, other}, {5, next}};
        ASSERT_TRUE(storage->log->append(blocks, std::nullopt));
    }
    expect_refused_alone("block 4: it is not the block that the mark names");
    expect_recovering(3, 4);
    refill(4);
    expect_fit(4);
}

// Killed between log and mark after a later leader replaced what the mark names: that block was
// never committed, and the node is fit.
TEST_F(Recovery, ALaterLeadersBlockBeforeTheMarkedPlaceContradictsIt) {
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 9);
        history_.fork(5, 4);
        append_block(*storage, history_, 6, false);
    }
    expect_fit(6);
    const auto storage = start();
    EXPECT_EQ(storage->mark.current().block_term, 4u);
}

TEST_F(Recovery, ALaterLeadersBlockAtTheMarkedPlaceContradictsIt) {
    {
        auto storage = start();
        append_blocks(*storage, history_, 2, 6);
        history_.fork(5, 4);
        append_block(*storage, history_, 6, false);
    }
    expect_fit(6);
}

TEST_F(Recovery, WhatACrashLeftOfARebuildIsClearedAway) {
    run(10);
    fs::create_directory(directory_.log() + ".copy");
    fs::create_directory(directory_.log() + ".building");
    put_content(directory_.log() + ".building/half", "of something");
    fs::copy(directory_.log(), directory_.log() + ".new", fs::copy_options::recursive);
    expect_fit(10);
    for (const char* rest : {".copy", ".building", ".new"}) {
        EXPECT_FALSE(fs::exists(directory_.log() + rest)) << rest;
    }
}

TEST_F(Recovery, ARebuildThatWasWholeTakesItsPlace) {
    run(10);
    fs::rename(directory_.log(), directory_.log() + ".new");
    fs::create_directory(directory_.log() + ".building");
    expect_fit(10);
}

TEST_F(Recovery, EveryDamagedLogIsKeptUnderANameOfItsOwn) {
    run(10);
    fs::create_directory(directory_.aside("log", 1));
    fs::remove(directory_.log() + "/CURRENT");
    expect_fit(10);
    EXPECT_THAT(kept_aside(), ElementsAre("log.damaged-1", "log.damaged-2"));
}

}  // namespace
}  // namespace tanji::node
