#include "node/snapshot/folder.h"
#include "snapshot_fixture.h"

#include <filesystem>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using ledger::BlockIndex;
using test::make_snapshot;
using testing::ElementsAre;
using testing::IsEmpty;

class Folder : public testing::Test {
protected:
    std::vector<BlockIndex> kept() const {
        std::vector<BlockIndex> blocks;
        for (const auto& manifest : folder_.kept()) {
            blocks.push_back(manifest.block);
        }
        return blocks;
    }
    std::string chunk_of(BlockIndex block, int number) const {
        return fmt::format("{}/{:020}/chunk-{:08}", folder_.path(), block, number);
    }

    test::TemporaryDirectory place_;
    SnapshotFolder folder_{place_ / "snapshots"};
    test::History history_;
};

TEST_F(Folder, KeepsTheTwoNewest) {
    EXPECT_THAT(kept(), IsEmpty());
    for (const BlockIndex block : {4U, 8U, 12U}) {
        make_snapshot(folder_, history_, block);
    }
    EXPECT_THAT(kept(), ElementsAre(12, 8));
    EXPECT_EQ(folder_.header(12).value(), history_.bytes(12).substr(0, ledger::header_bytes));
}

TEST_F(Folder, WhatIsHalfWrittenIsNeverUsed) {
    make_snapshot(folder_, history_, 4);
    const auto given_up = folder_.make(
        *test::state_at(history_, 8, 3), test::blocks_of(history_), 1, [] { return false; }
    );
    ASSERT_TRUE(given_up);
    EXPECT_FALSE(*given_up);
    EXPECT_THAT(kept(), ElementsAre(4));
    make_snapshot(folder_, history_, 8, 1);
    EXPECT_THAT(kept(), ElementsAre(8, 4)) << "in place of what was left over";
    fs::remove(fmt::format("{}/{:020}/manifest", folder_.path(), 8));
    EXPECT_THAT(kept(), ElementsAre(4));
}

TEST_F(Folder, GivesEachChunkWithItsPath) {
    const auto manifest = make_snapshot(folder_, history_, 8, 2);
    ASSERT_EQ(manifest.chunks, 3U);
    for (std::uint32_t number = 0; number < 3; ++number) {
        const auto piece = folder_.piece(manifest, number);
        ASSERT_TRUE(piece);
        EXPECT_EQ(piece->bytes.size(), manifest.bytes_of(number));
        EXPECT_TRUE(ledger::verify_inclusion(
            number, 3, ledger::leaf_hash(piece->bytes), piece->path, manifest.chunk_root
        ));
    }
    EXPECT_FALSE(folder_.piece(manifest, 3));
}

TEST_F(Folder, ABitThatRottedIsNotPassedOnAndNotInstalled) {
    const auto manifest = make_snapshot(folder_, history_, 8, 2);
    const auto sound = ledger::make_memory_store();
    EXPECT_TRUE(folder_.load_kept(manifest, *sound));
    test::flip_bit(chunk_of(8, 1), 1'000);
    EXPECT_TRUE(folder_.piece(manifest, 0));
    EXPECT_FALSE(folder_.piece(manifest, 1));
    const auto store = ledger::make_memory_store();
    EXPECT_FALSE(folder_.load_kept(manifest, *store));
}

TEST_F(Folder, WhatIsFetchedGoesOnWhereItStood) {
    const auto manifest = make_snapshot(folder_, history_, 8, 2);
    SnapshotFolder other(place_ / "other");
    EXPECT_FALSE(other.fetching());
    ASSERT_TRUE(other.begin_fetching(
        {.manifest = manifest, .header = folder_.header(8).value(), .certificate = "a note\n"}
    ));
    ASSERT_TRUE(other.take_chunk(1, folder_.piece(manifest, 1).value().bytes));
    const auto found = SnapshotFolder(place_ / "other").fetching();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->manifest, manifest);
    EXPECT_THAT(found->missing, ElementsAre(0, 2));
    EXPECT_THAT(other.kept(), IsEmpty());
    for (const std::uint32_t number : {0U, 2U}) {
        ASSERT_TRUE(other.take_chunk(number, folder_.piece(manifest, number).value().bytes));
    }
    ASSERT_TRUE(other.keep_fetched());
    ASSERT_EQ(other.kept().size(), 1U);
    EXPECT_TRUE(other.piece(manifest, 2)) << "it may be passed on now";
    EXPECT_FALSE(other.fetching());
}

}  // namespace
}  // namespace tanji::node
