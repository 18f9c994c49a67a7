#include "ledger/snapshot.h"

#include "ledger/store/rocks_store.h"
#include "ledger/store/schema.h"
#include "tests/ledger/script.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::ledger {
namespace {

using test::dump;
using test::Script;
using test::World;

BlockReader no_blocks() {
    return [](BlockIndex) { return std::optional<Bytes>(); };
}

BlockReader blocks_of(const World& world) {
    return [&world](BlockIndex index) { return std::optional(world.blocks().at(index - 1)); };
}

struct Written {
    SnapshotManifest manifest;
    std::vector<Bytes> chunks;
};

Written write(const Reader& at, const BlockReader& blocks) {
    Written made;
    const auto manifest = write_snapshot(at, blocks, 1, [&](ByteView chunk) {
        made.chunks.emplace_back(chunk);
        return true;
    });
    EXPECT_TRUE(manifest);
    made.manifest = manifest.value_or(SnapshotManifest{});
    return made;
}

Status load_all(Store& store, const Written& made) {
    SnapshotLoader loader(store);
    for (const Bytes& chunk : made.chunks) {
        if (auto taken = loader.take(chunk); !taken) {
            return taken;
        }
    }
    return loader.finish(made.manifest);
}

// A batch that waits for its verifier, one that may still be revoked, and one that was rejected.
void live_a_little(Script& script) {
    script.line("use city.world");
    script.given("szmetro submit B0 ride G0 u1 8570 m");
    script.given("szmetro submit B1 ride G1 u1 21414 m, G2 u2 8570 m, G3 u3 3210 m");
    script.line("later 2 days");
    script.given("verico attest B0 reject");
    script.given("verico attest B1 accept_except 2");
    script.given("u1 assign 300 metro to rideco");
    script.given("szmetro submit B2 ride G4 u1 10707 m");
}

TEST(Snapshot, EqualStatesAreEqualBytesWhateverTheStoresWentThrough) {
    Script script;
    live_a_little(script);
    World& world = script.world();
    const Written first = write(world.store(), blocks_of(world));

    // The same blocks into tables on disk, in two lives; with certificates, and with blocks pruned.
    const auto folder = std::filesystem::temp_directory_path() / "tanji-snapshot-test";
    std::filesystem::remove_all(folder);
    for (const std::size_t end : {world.blocks().size() / 2, world.blocks().size()}) {
        auto store = open_rocks_store(folder.string(), {});
        ASSERT_TRUE(store);
        (*store)->write({{"zz", "gone soon"}});
        (*store)->write({{"zz", std::nullopt}, {schema::certificate(end), "signed by somebody"}});
        Ledger again(**store, blocks_of(world));
        while (again.head().block < end) {
            again.apply(*decode_block(world.blocks()[again.head().block], world.ledger_id()));
        }
        (*store)->flush();
        if (end < world.blocks().size()) {
            continue;
        }
        keep_records(**store, blocks_of(world), end + 1, world.now);
        const Written second = write(**store, no_blocks());
        EXPECT_TRUE(second.chunks == first.chunks);
        EXPECT_EQ(second.manifest, first.manifest);
    }
    std::filesystem::remove_all(folder);
}

TEST(Snapshot, WhoStartsFromItGoesOnLikeTheOthersWithoutAnyOlderBlock) {
    Script script;
    live_a_little(script);
    World& world = script.world();
    const Written made = write(world.store(), blocks_of(world));
    const auto store = make_memory_store();
    ASSERT_TRUE(load_all(*store, made));
    Ledger joined(*store, no_blocks());
    EXPECT_EQ(joined.head().root, world.ledger().head().root);
    EXPECT_EQ(write(*store, no_blocks()).manifest, made.manifest);

    script.line("later 2 days");
    script.given("verico attest B2 accept");
    script.given("verico revoke B1 false_data");
    for (BlockIndex next = made.manifest.block; next < world.blocks().size(); ++next) {
        joined.apply(*decode_block(world.blocks()[next], world.ledger_id()));
    }
    EXPECT_EQ(joined.head().root, world.ledger().head().root);
    EXPECT_EQ(write(*store, no_blocks()).manifest, write(world.store(), blocks_of(world)).manifest);
}

TEST(Snapshot, RecordsOfABatchInUseGoAlongAndTheOthersDoNot) {
    Script script;
    live_a_little(script);
    const Written made = write(script.world().store(), blocks_of(script.world()));
    const auto store = make_memory_store();
    ASSERT_TRUE(load_all(*store, made));
    const auto view = Ledger(*store, no_blocks()).view();
    const auto records = [&](const char* name) {
        const CommandId id = test::id_named(name);
        return view->records(id, *view->batch(id));
    };
    EXPECT_EQ(records("B1")->size(), 3U);
    EXPECT_EQ(records("B2")->size(), 1U);
    EXPECT_EQ(records("B0"), std::nullopt) << "rejected: no rule reads them again";
}

// Its reader is older than the rows that were written before the blocks went.
TEST(Snapshot, IsGivenUpWhenABlockThatItNeedsIsGone) {
    Script script;
    live_a_little(script);
    World& world = script.world();
    const auto before = world.store().snapshot();
    keep_records(world.store(), blocks_of(world), world.blocks().size() + 1, world.now);
    const auto taken = [](ByteView) { return true; };
    EXPECT_FALSE(write_snapshot(*before, no_blocks(), 1, taken));
    EXPECT_TRUE(write_snapshot(*world.store().snapshot(), no_blocks(), 1, taken));
}

TEST(Snapshot, ADryRunGoesOnWhileBlocksGo) {
    Script script;
    live_a_little(script);
    World& world = script.world();
    test::Order order;
    order.type = "activity.attest";
    order.id = test::id_named("later");
    order.signers = {"verico"};
    order.body = fmt::format(
        R"({{"batch":"{}","verdict":"reject","except":[],"level":"limited","sampled":1,"report":"{}","reason":"late"}})",
        test::id_named("B2").hex(),
        test::hash_named("r").hex()
    );
    const auto prepared = prepare(world.sign(order), world.ledger_id());
    ASSERT_TRUE(prepared);
    // The batch was decided and its block pruned since this state was read.
    const Ledger too_late(world.store(), no_blocks());
    const auto refused = too_late.dry_run(**prepared, world.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
    const Ledger pruned_meanwhile(world.store(), [&](BlockIndex) {
        keep_records(world.store(), blocks_of(world), world.blocks().size() + 1, world.now);
        return std::optional<Bytes>();
    });
    const auto outcome = pruned_meanwhile.dry_run(**prepared, world.now);
    ASSERT_TRUE(outcome) << outcome.error().detail;
    EXPECT_TRUE(outcome->applied()) << outcome->error->detail;
}

TEST(Snapshot, RowsGoWhenTheirBatchIsOutOfUse) {
    Script script;
    live_a_little(script);
    World& world = script.world();
    const BlockIndex end = world.blocks().size() + 1;
    const auto rows = [&] {
        std::size_t count = 0;
        const Bytes until = schema::end_of(schema::all_kept_commands);
        world.store().scan(schema::all_kept_commands, until, [&](ByteView, ByteView) {
            return ++count > 0;
        });
        return count;
    };
    keep_records(world.store(), blocks_of(world), end, world.now);
    EXPECT_EQ(rows(), 2U);
    keep_records(world.store(), no_blocks(), end, world.now);
    EXPECT_EQ(rows(), 2U);
    // Nobody may revoke B1 once its correction days are over; B2 still waits for its verifier.
    keep_records(world.store(), no_blocks(), end, world.now + 4'000 * ms_per_day);
    EXPECT_EQ(rows(), 1U);
}

TEST(Snapshot, WhatIsNotTheStateOfItsManifestIsRefused) {
    Script script;
    live_a_little(script);
    const Written good = write(script.world().store(), blocks_of(script.world()));
    const auto refused = [&](const auto& change) {
        Written bad = good;
        change(bad);
        const auto store = make_memory_store();
        return !load_all(*store, bad);
    };
    EXPECT_FALSE(refused([](Written&) {}));
    for (std::size_t at = 0; at < good.chunks[0].size(); at += 97) {
        EXPECT_TRUE(refused([&](Written& bad) { bad.chunks[0][at] ^= 1; })) << at;
    }
    EXPECT_TRUE(refused([](Written& bad) { bad.chunks.pop_back(); }));
    EXPECT_TRUE(refused([](Written& bad) { bad.chunks.back().pop_back(); }));
    EXPECT_TRUE(refused([](Written& bad) { bad.manifest.root.bytes[0] ^= 1; }));
    EXPECT_TRUE(refused([](Written& bad) { ++bad.manifest.block; }));
}

// Whoever makes chunks and root himself is met by the tree, which a certificate covers.
TEST(Snapshot, AnotherLeafUnderTheSameRootIsFound) {
    Script script;
    live_a_little(script);
    const auto store = make_memory_store();
    ASSERT_TRUE(load_all(*store, write(script.world().store(), blocks_of(script.world()))));
    store->write({{schema::leaf(3), "a leaf that was never made"}});
    const auto target = make_memory_store();
    const auto loaded = load_all(*target, write(*store, no_blocks()));
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().detail, testing::HasSubstr("its tree"));
}

TEST(Snapshot, AManifestIsReadOnlyIfItsNumbersFit) {
    SnapshotManifest manifest;
    manifest.block = 7;
    manifest.size = 9;
    manifest.chunks = 2;
    manifest.bytes = snapshot_chunk_bytes + 1;
    const Bytes good = encode_manifest(manifest);
    EXPECT_EQ(decode_manifest(good), manifest);
    EXPECT_EQ(manifest.bytes_of(0), snapshot_chunk_bytes);
    EXPECT_EQ(manifest.bytes_of(1), 1U);
    EXPECT_FALSE(decode_manifest(good + "x"));
    EXPECT_FALSE(decode_manifest(good.substr(1)));
    for (const std::uint32_t chunks : {0U, 1U, 3U, UINT32_MAX}) {
        manifest.chunks = chunks;
        EXPECT_FALSE(decode_manifest(encode_manifest(manifest))) << chunks;
    }
    manifest.chunks = 0;
    manifest.bytes = 0;
    EXPECT_FALSE(decode_manifest(encode_manifest(manifest)));
}

}  // namespace
}  // namespace tanji::ledger
