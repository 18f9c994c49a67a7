#pragma once

#include "ledger/proof/merkle.h"
#include "ledger/rows.h"
#include "ledger/snapshot.h"
#include "ledger/store/schema.h"
#include "node/snapshot/folder.h"
#include "small_alliance.h"
#include "storage_fixture.h"

#include <memory>

namespace tanji::node::test {

inline constexpr std::string_view only_leaf = "the leaf of genesis";

// What a node has applied after that block of the history: a tree of one leaf, and so much else
// that `chunks` chunks are full.
inline std::unique_ptr<ledger::Store> state_at(
    History& history, ledger::BlockIndex block, int chunks = 0
) {
    ledger::Head head;
    head.ledger = History::ledger();
    head.block = block;
    head.block_hash = history.hash(block);
    head.size = 1;
    head.root = ledger::leaf_hash(only_leaf);
    head.edge = {head.root};
    auto store = ledger::make_memory_store();
    store->write({
        {ledger::schema::head(), ledger::encode(head)},
        {ledger::schema::genesis(), "a genesis file"},
        {ledger::schema::leaf(0), ledger::Bytes(only_leaf)},
        {ledger::schema::tile(0, 0), ledger::Bytes(head.root.view())},
    });
    for (int i = 0; i < chunks; ++i) {
        store->write({{"v" + std::to_string(i), ledger::Bytes(ledger::snapshot_chunk_bytes, 'v')}});
    }
    return store;
}

inline ledger::BlockReader blocks_of(History& history) {
    return [&history](ledger::BlockIndex index) { return std::optional(history.bytes(index)); };
}

// A snapshot of that state, kept.
inline ledger::SnapshotManifest make_snapshot(
    SnapshotFolder& folder, History& history, ledger::BlockIndex block, int chunks = 0
) {
    const auto made =
        folder.make(*state_at(history, block, chunks), blocks_of(history), 1, [] { return true; });
    EXPECT_TRUE(made && *made);
    return made && *made ? **made : ledger::SnapshotManifest{};
}

// Every chunk of it into another folder, as if other nodes had sent them.
inline void fetch_all(
    const SnapshotFolder& from, SnapshotFolder& to, const ledger::SnapshotManifest& manifest
) {
    ASSERT_TRUE(to.begin_fetching({
        .manifest = manifest,
        .header = from.header(manifest.block).value(),
        .certificate = "a certificate\n",
    }));
    for (std::uint32_t number = 0; number < manifest.chunks; ++number) {
        ASSERT_TRUE(to.take_chunk(number, from.piece(manifest, number).value().bytes));
    }
}

}  // namespace tanji::node::test
