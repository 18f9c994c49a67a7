#include "ledger/tree.h"

#include "ledger/proof/tile.h"
#include "ledger/store/schema.h"

#include <cassert>
#include <map>
#include <memory>

namespace tanji::ledger {
namespace {

constexpr int levels_per_tile = 8;  // 2^8 = 256 hashes

TreeBuilder restored(TreeSize size, std::vector<Hash> edge) {
    auto builder = TreeBuilder::restore(size, std::move(edge));
    assert(builder.has_value());
    return std::move(*builder);
}

}  // namespace

StoredTree::StoredTree(State& state, TreeSize size, std::vector<Hash> edge)
    : state_(state),
      builder_(restored(size, std::move(edge))) {}

void StoredTree::append(const Hash& leaf) {
    builder_.append(leaf, [&](int level, std::uint64_t index, const Hash& hash) {
        if (level % levels_per_tile != 0) {
            return;
        }
        const Bytes key = schema::tile(level / levels_per_tile, index / tile_entries);
        Bytes hashes = index % tile_entries == 0 ? Bytes{} : *state_.get(key);
        assert(hashes.size() == index % tile_entries * Hash::length);
        hashes.append(hash.view());
        state_.put(key, std::move(hashes));
    });
}

NodeReader stored_nodes(const Reader& reader) {
    // A proof asks for many nodes of few tiles.
    const auto tiles = std::make_shared<std::map<Bytes, Bytes>>();
    return [&reader, tiles](int level, std::uint64_t index) {
        const int above = level % levels_per_tile;  // how far the node stands above tile hashes
        const std::uint64_t count = std::uint64_t{1} << above;
        const std::uint64_t first = index * count;
        const auto [tile, unread] =
            tiles->try_emplace(schema::tile(level / levels_per_tile, first / tile_entries));
        if (unread) {
            tile->second = *reader.get(tile->first);
        }
        const ByteView bytes = tile->second;
        std::vector<Hash> hashes;
        for (std::uint64_t i = first % tile_entries; i < first % tile_entries + count; ++i) {
            hashes.push_back(*Hash::from(bytes.substr(i * Hash::length, Hash::length)));
        }
        while (hashes.size() > 1) {  // a complete subtree: pairs up to its root
            for (std::size_t i = 0; i < hashes.size() / 2; ++i) {
                hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
            }
            hashes.resize(hashes.size() / 2);
        }
        return hashes.front();
    };
}

}  // namespace tanji::ledger
