#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// C2SP tlog-tiles: the public tree as immutable files of 256 hashes or entries.
namespace tanji::ledger {

inline constexpr std::uint32_t tile_entries = 256;
inline constexpr int entries_level = -1;  // the level of entry bundles
inline constexpr int tile_level_max = 6;  // 256^7 > 2^53
inline constexpr std::size_t leaf_bytes_max = 65'535;

struct Tile {
    int level = 0;  // or entries_level
    std::uint64_t n = 0;
    std::uint32_t width = tile_entries;  // 1..256; below 256 it is a partial tile

    auto operator<=>(const Tile&) const = default;
};

// `tile/0/x001/x234/067`, `tile/entries/000.p/17`
std::string tile_path(const Tile& tile);
// The same with its three parts. Level: 0.. or entries_level.
std::string tile_path(int level, std::uint64_t n, std::uint32_t width);
// Nothing unless `path` is exactly what tile_path writes.
std::optional<Tile> parse_tile_path(std::string_view path);

// How many hashes (or entries) tile (level, n) has in a tree of `size` leaves: 0..256.
std::uint32_t tile_width(int level, std::uint64_t n, TreeSize size);

// Every tile and bundle of a tree of that size: levels ascending, bundles last.
std::vector<Tile> tiles_of(TreeSize size);

// `u16 length ‖ leaf` at the end of a bundle. REQUIRES: at most 65,535 bytes.
void append_entry(Bytes& bundle, ByteView entry);
// The entries of a bundle, as views into it. Refused unless it is 1..256 entries and nothing else.
Result<std::vector<ByteView>> read_bundle(ByteView bundle);
// The hashes of a tile. Refused unless it is 1..256 hashes and nothing else.
Result<std::vector<Hash>> read_tile(ByteView tile);

}  // namespace tanji::ledger
