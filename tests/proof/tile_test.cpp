#include "ledger/proof/tile.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"
#include "tests/support/vectors.h"

#include <algorithm>
#include <map>

namespace tanji::ledger {
namespace {

// The synthetic log of tiles.json: 70,000 leaves, and every complete subtree of it.
struct SyntheticLog {
    std::vector<std::string> entries;
    std::vector<std::vector<Hash>> nodes;  // by level, then index

    explicit SyntheticLog(std::size_t size) {
        TreeBuilder tree;
        for (std::size_t i = 0; i < size; ++i) {
            entries.push_back("tanji tile vector " + std::to_string(i));
            tree.append(leaf_hash(entries.back()), [&](int level, std::uint64_t, const Hash& hash) {
                const auto at = static_cast<std::size_t>(level);
                nodes.resize(std::max(nodes.size(), at + 1));
                nodes[at].push_back(hash);
            });
        }
    }

    NodeReader reader() const {
        return [this](int level, std::uint64_t index) {
            return nodes.at(static_cast<std::size_t>(level)).at(index);
        };
    }

    Bytes tile(const Tile& tile) const {
        Bytes bytes;
        for (std::uint64_t i = 0; i < tile.width; ++i) {
            const std::uint64_t at = tile.n * tile_entries + i;
            if (tile.level == entries_level) {
                append_entry(bytes, entries.at(at));
            } else {
                bytes.append(reader()(8 * tile.level, at).view());
            }
        }
        return bytes;
    }
};

TEST(Tile, GivesEveryTileOfTheSyntheticLog) {
    TANJI_VECTORS(vectors, "vectors/tanji/tiles.json");
    const SyntheticLog log(70'000);
    for (const auto& tree : vectors["trees"].each()) {
        const TreeSize size = tree["size"].number();
        EXPECT_EQ(root_at(size, log.reader()), tree["root"].hash()) << size;
        std::map<std::string, Hash> tiles;
        for (const Tile& tile : tiles_of(size)) {
            tiles[tile_path(tile)] = sha256(log.tile(tile));
        }
        EXPECT_EQ(tiles.size(), tree["tile_count"].number()) << size;
        std::string paths;
        Bytes hashes;
        for (const auto& [path, hash] : tiles) {
            paths += path + '\n';
            hashes.append(hash.view());
        }
        EXPECT_EQ(sha256(paths), tree["paths_sha256"].hash()) << size;
        EXPECT_EQ(sha256(hashes), tree["all_sha256"].hash()) << size;
        for (const auto& [path, hash] : *tree["tiles"].value().object()) {
            EXPECT_EQ(tiles.at(path).hex(), *hash.string()) << path;
        }
    }
    for (const auto& proof : vectors["inclusion"].each()) {
        const LeafIndex index = proof["index"].number();
        EXPECT_EQ(
            inclusion_proof(index, proof["size"].number(), log.reader()),
            proof["proof"].base64_hashes()
        );
        EXPECT_EQ(log.nodes[0].at(index), proof["leaf_hash"].hash());
    }
    for (const auto& proof : vectors["consistency"].each()) {
        EXPECT_EQ(
            consistency_proof(proof["from"].number(), proof["to"].number(), log.reader()),
            proof["proof"].base64_hashes()
        );
    }
    for (const auto& path : vectors["paths"].each()) {
        EXPECT_EQ(tile_path(0, path["index"].number(), 256), "tile/0/" + path["path"].text());
    }
}

TEST(Tile, EveryPathThatIsWrittenIsReadAndNoOtherSpelling) {
    const std::vector<Tile> tiles{
        {.level = 0, .n = 0, .width = 256},
        {.level = 2, .n = 999, .width = 1},
        {.level = 1, .n = 1'000, .width = 255},
        {.level = 0, .n = 1'234'067, .width = 256},
        {.level = entries_level, .n = 7, .width = 12},
    };
    for (const Tile& tile : tiles) {
        EXPECT_EQ(parse_tile_path(tile_path(tile)), tile) << tile_path(tile);
    }
    for (const char* path :
         {"",
          "tile/0/0",
          "tile/0/000.p/0",
          "tile/0/000.p/256",
          "tile/0/000.p/01",
          "tile/00/000",
          "tile/0/x000/000",
          "tile/0/001/000",
          "tile/7/000",
          "tile/-1/000",
          "tile/0/000/",
          "tile/0/x001",
          "tile/entries/000.p/",
          "tile/0/00a",
          "/tile/0/000",
          "tile/0/000.p/1.p/1"}) {
        EXPECT_FALSE(parse_tile_path(path).has_value()) << path;
    }
}

TEST(Tile, AWidthIsWhatTheTreeHasAndZeroBeyondIt) {
    EXPECT_EQ(tile_width(0, 273, 70'000), 112U);
    EXPECT_EQ(tile_width(1, 0, 70'000), 256U);
    EXPECT_EQ(tile_width(1, 1, 70'000), 17U);
    EXPECT_EQ(tile_width(2, 0, 70'000), 1U);
    EXPECT_EQ(tile_width(3, 0, 70'000), 0U);
    EXPECT_EQ(tile_width(0, 1, 256), 0U);
    EXPECT_EQ(tile_width(entries_level, 0, 3), 3U);
    EXPECT_EQ(tile_width(0, ~std::uint64_t{0}, 3), 0U);
    EXPECT_TRUE(tiles_of(0).empty());
}

TEST(Tile, ABundleThatIsCutAnywhereIsRefusedUnlessItEndsAnEntry) {
    Bytes bundle;
    append_entry(bundle, "one");
    append_entry(bundle, "");
    append_entry(bundle, "three");
    const auto entries = read_bundle(bundle);
    ASSERT_TRUE(entries);
    EXPECT_EQ(*entries, (std::vector<ByteView>{"one", "", "three"}));
    for (std::size_t length = 0; length < bundle.size(); ++length) {
        const bool ends_an_entry = length == 5 || length == 7;
        EXPECT_EQ(read_bundle(bundle.substr(0, length)).has_value(), ends_an_entry) << length;
    }
    Bytes many;
    for (int i = 0; i < 257; ++i) {
        append_entry(many, "x");
    }
    EXPECT_FALSE(read_bundle(many));
    EXPECT_FALSE(read_tile(Bytes(33, 'x')));
    EXPECT_FALSE(read_tile(""));
    EXPECT_EQ(read_tile(Bytes(64, 'x'))->size(), 2U);
}

TEST(Tile, ReadsTheWholeLogOfTessera) {
    const auto folder = tests::shared_path("vectors/transparency-dev/tessera-log");
    if (!tests::read_file(folder / "checkpoint")) {
        GTEST_SKIP() << folder << " is not there (set TANJI_SHARED)";
    }
    const auto key =
        parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
        );
    ASSERT_TRUE(key);
    for (TreeSize size = 0; size <= 15; ++size) {
        const auto note =
            parse_note(*tests::read_file(folder / ("checkpoint." + std::to_string(size))));
        ASSERT_TRUE(note) << size;
        ASSERT_TRUE(note->lines.front().is_by(*key));
        EXPECT_TRUE(is_good(note->lines.front(), *key, note->text));
        const auto checkpoint = parse_checkpoint(note->text);
        ASSERT_TRUE(checkpoint);
        EXPECT_EQ(checkpoint->size, size);
        if (size == 0) {
            EXPECT_EQ(checkpoint->root, empty_root());
            continue;
        }
        const auto width = static_cast<std::uint32_t>(size);
        const auto tile = read_tile(*tests::read_file(folder / tile_path(0, 0, width)));
        const auto bundle = *tests::read_file(folder / tile_path(entries_level, 0, width));
        const auto entries = read_bundle(bundle);
        ASSERT_TRUE(tile && entries);
        ASSERT_EQ(entries->size(), size);
        for (std::size_t i = 0; i < size; ++i) {
            EXPECT_EQ(leaf_hash((*entries)[i]), (*tile)[i]);
        }
        EXPECT_EQ(tree_root(*tile), checkpoint->root);
    }
}

}  // namespace
}  // namespace tanji::ledger
