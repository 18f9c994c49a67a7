#include "node/storage/mark.h"

#include "ledger/value/crypto.h"
#include "temporary_directory.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using test::content_of;
using test::flip_bit;
using test::put_content;
using test::TemporaryDirectory;

ledger::Hash filled(std::uint8_t byte) {
    ledger::Hash hash;
    hash.bytes.fill(byte);
    return hash;
}

// The example of the contract: header (b) of the block vectors, node 2.
Mark example() {
    Mark mark;
    mark.ledger = filled(0x11);
    mark.node = 2;
    mark.incarnation = 5;
    mark.seq = 9;
    mark.term = 3;
    mark.vote = 2;
    mark.block_term = 3;
    mark.block_index = 7;
    mark.block_hash =
        *ledger::Hash::from_hex("c62b08d64a9c6d187602d1d8e84b4b15fd87ee761f28b8b253e4a89a3a6f7190");
    mark.cosigned_block = 6;
    mark.cosigned_size = 1;
    mark.cosigned_root = filled(0x44);
    mark.cosigned_time = 1'795'219'200;
    return mark;
}

TEST(Mark, HasTheBytesOfTheContract) {
    const ledger::Bytes slot = encode_mark(example());
    ASSERT_EQ(slot.size(), 4096u);
    EXPECT_EQ(slot.substr(0, 8), ledger::Bytes("TJMK\0\1\0\0", 8));
    EXPECT_EQ(
        ledger::to_hex(slot.substr(184, 32)),
        "0668b2f4c5166e4a2878ce0b57762ebedea46a11c9ac67b157d057f7dcfd37f4"
    );
    EXPECT_EQ(slot.find_first_not_of('\0', 216), ledger::Bytes::npos);
}

TEST(Mark, ReadsBackWhatItWrote) {
    EXPECT_EQ(decode_mark(encode_mark(example())), example());
}

TEST(Mark, OneFlippedBitAnywhereIsNoMark) {
    const ledger::Bytes slot = encode_mark(example());
    for (std::size_t i = 0; i < slot.size(); ++i) {
        ledger::Bytes other = slot;
        other[i] = static_cast<char>(other[i] ^ 0x20);
        EXPECT_FALSE(decode_mark(other)) << "byte " << i;
    }
    EXPECT_FALSE(decode_mark(ledger::ByteView(slot).substr(1)));
}

TEST(MarkFile, TakesTheSlotWithTheHigherNumber) {
    const TemporaryDirectory folder;
    Mark mark = example();
    {
        auto file = MarkFile::create(folder / "mark", mark);
        ASSERT_TRUE(file);
        mark.term = 4;
        ASSERT_TRUE(file->write(mark));
        mark.term = 5;
        ASSERT_TRUE(file->write(mark));
        EXPECT_EQ(std::filesystem::file_size(folder / "mark"), 8192u);
    }
    const auto file = MarkFile::open(folder / "mark");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->current().term, 5u);
    EXPECT_EQ(file->current().seq, 11u);
    EXPECT_EQ(file->next_seq(), 12u);
    EXPECT_FALSE(file->was_repaired());
}

TEST(MarkFile, ATornNewestSlotLeavesTheOneBeforeAndIsWrittenAnew) {
    const TemporaryDirectory folder;
    {
        auto file = MarkFile::create(folder / "mark", example());
        Mark next = example();
        next.term = 4;
        ASSERT_TRUE(file->write(next));  // seq 10, slot 0
    }
    std::string torn = content_of(folder / "mark");
    torn.replace(100, 3996, 3996, '\0');
    put_content(folder / "mark", torn);

    {
        const auto file = MarkFile::open(folder / "mark");
        ASSERT_TRUE(file);
        EXPECT_TRUE(file->was_repaired());
        EXPECT_EQ(file->current().term, 3u);
        EXPECT_EQ(file->current().seq, 10u);
        EXPECT_EQ(file->current().incarnation, 6u) << "the torn one may have been of a later start";
    }
    flip_bit(folder / "mark", 4096 + 50);  // now the slot that was spared
    const auto file = MarkFile::open(folder / "mark");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->current().term, 3u);
}

TEST(MarkFile, TwoInvalidSlotsAreRefusedNotGuessed) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(MarkFile::create(folder / "mark", example()));
    flip_bit(folder / "mark", 60);
    flip_bit(folder / "mark", 4096 + 60);
    const std::string before = content_of(folder / "mark");
    EXPECT_FALSE(MarkFile::open(folder / "mark"));
    EXPECT_EQ(content_of(folder / "mark"), before);
}

TEST(MarkFile, ASlotInTheOtherPlaceDoesNotCount) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(MarkFile::create(folder / "mark", example()));
    const std::string content = content_of(folder / "mark");
    put_content(folder / "mark", content.substr(4096) + content.substr(0, 4096));
    EXPECT_FALSE(MarkFile::open(folder / "mark"));
}

TEST(MarkFile, AnotherLengthOrNoFileIsRefused) {
    const TemporaryDirectory folder;
    EXPECT_FALSE(MarkFile::open(folder / "mark"));
    put_content(folder / "mark", encode_mark(example()));
    EXPECT_FALSE(MarkFile::open(folder / "mark"));
}

TEST(MarkFile, IsNeverMadeOverAnother) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(MarkFile::create(folder / "mark", example()));
    EXPECT_FALSE(MarkFile::create(folder / "mark", Mark{}));
    EXPECT_EQ(MarkFile::open(folder / "mark")->current().term, 3u);
}

}  // namespace
}  // namespace tanji::node
