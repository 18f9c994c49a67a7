#include "ledger/proof/tile.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

// 1234067 → x001/x234/067
std::string group_digits(std::uint64_t n) {
    std::string text = fmt::format("{:03}", n % 1000);
    for (n /= 1000; n > 0; n /= 1000) {
        text = fmt::format("x{:03}/{}", n % 1000, text);
    }
    return text;
}

// A plain number without leading zero that fits.
std::optional<std::uint64_t> read_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() ||
        (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return value;
}

// The number that `digits` groups, whatever its spelling: the caller compares.
std::optional<std::uint64_t> ungroup_digits(std::string_view digits) {
    std::uint64_t n = 0;
    std::size_t groups = 0;
    for (const char c : digits) {
        if (c == 'x' || c == '/') {
            ++groups;
            continue;
        }
        if (c < '0' || c > '9' || n > tile_entries * (std::uint64_t{1} << 53)) {
            return std::nullopt;
        }
        n = 10 * n + static_cast<std::uint64_t>(c - '0');
    }
    return groups > 16 ? std::nullopt : std::optional(n);
}

}  // namespace

std::string tile_path(const Tile& tile) {
    return tile_path(tile.level, tile.n, tile.width);
}

std::string tile_path(int level, std::uint64_t n, std::uint32_t width) {
    const std::string name = level == entries_level ? "entries" : fmt::to_string(level);
    const std::string partial = width == tile_entries ? "" : fmt::format(".p/{}", width);
    return fmt::format("tile/{}/{}{}", name, group_digits(n), partial);
}

std::optional<Tile> parse_tile_path(std::string_view path) {
    constexpr std::string_view prefix = "tile/";
    const std::size_t slash = path.find('/', prefix.size());
    if (!path.starts_with(prefix) || slash == std::string_view::npos || path.size() > 64) {
        return std::nullopt;
    }
    const std::string_view level_text = path.substr(prefix.size(), slash - prefix.size());
    std::string_view rest = path.substr(slash + 1);
    Tile tile;
    if (level_text == "entries") {
        tile.level = entries_level;
    } else {
        const auto level = read_number(level_text);
        if (!level || *level > tile_level_max) {
            return std::nullopt;
        }
        tile.level = static_cast<int>(*level);
    }
    if (const std::size_t partial = rest.find(".p/"); partial != std::string_view::npos) {
        const auto width = read_number(rest.substr(partial + 3));
        if (!width || *width == 0 || *width >= tile_entries) {
            return std::nullopt;
        }
        tile.width = static_cast<std::uint32_t>(*width);
        rest = rest.substr(0, partial);
    }
    const auto n = ungroup_digits(rest);
    if (!n) {
        return std::nullopt;
    }
    tile.n = *n;
    return tile_path(tile) == path ? std::optional(tile) : std::nullopt;
}

std::uint32_t tile_width(int level, std::uint64_t n, TreeSize size) {
    const int shift = 8 * std::max(level, 0);
    const std::uint64_t hashes = shift >= 64 ? 0 : size >> shift;
    if (n >= hashes / tile_entries + 1) {
        return 0;
    }
    const std::uint64_t left = hashes - tile_entries * n;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(left, tile_entries));
}

std::vector<Tile> tiles_of(TreeSize size) {
    std::vector<Tile> tiles;
    const auto add_level = [&](int level) {
        for (std::uint64_t n = 0; tile_width(level, n, size) > 0; ++n) {
            tiles.push_back({.level = level, .n = n, .width = tile_width(level, n, size)});
        }
    };
    for (int level = 0; tile_width(level, 0, size) > 0; ++level) {
        add_level(level);
    }
    add_level(entries_level);
    return tiles;
}

void append_entry(Bytes& bundle, ByteView entry) {
    assert(entry.size() <= leaf_bytes_max);
    append_u16(bundle, static_cast<std::uint16_t>(entry.size()));
    bundle.append(entry);
}

Result<std::vector<ByteView>> read_bundle(ByteView bundle) {
    std::vector<ByteView> entries;
    while (!bundle.empty()) {
        if (bundle.size() < 2 || entries.size() == tile_entries) {
            return refuse(ErrorCode::bad_request, "not an entry bundle");
        }
        const std::size_t length =
            (static_cast<std::size_t>(static_cast<std::uint8_t>(bundle[0])) << 8) |
            static_cast<std::uint8_t>(bundle[1]);
        bundle.remove_prefix(2);
        if (length > bundle.size()) {
            return refuse(ErrorCode::bad_request, "an entry goes beyond its bundle");
        }
        entries.push_back(bundle.substr(0, length));
        bundle.remove_prefix(length);
    }
    if (entries.empty()) {
        return refuse(ErrorCode::bad_request, "an empty bundle");
    }
    return entries;
}

Result<std::vector<Hash>> read_tile(ByteView tile) {
    if (tile.empty() || tile.size() % Hash::length != 0 ||
        tile.size() > tile_entries * Hash::length) {
        return refuse(ErrorCode::bad_request, "{} bytes are not a tile", tile.size());
    }
    std::vector<Hash> hashes;
    for (; !tile.empty(); tile.remove_prefix(Hash::length)) {
        hashes.push_back(*Hash::from(tile.substr(0, Hash::length)));
    }
    return hashes;
}

}  // namespace tanji::ledger
