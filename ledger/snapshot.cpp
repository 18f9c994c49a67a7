#include "ledger/snapshot.h"

#include "ledger/proof/tile.h"
#include "ledger/rows.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"

#include <cassert>
#include <map>
#include <utility>

namespace tanji::ledger {
namespace {

constexpr std::string_view magic = "TJSN";
constexpr std::uint16_t version = 1;
constexpr std::size_t row_head_bytes = 4 + 4;
constexpr std::size_t key_bytes_max = 64U << 10U;
constexpr std::size_t value_bytes_max = 8U << 20U;
constexpr std::size_t bytes_per_write = 4U << 20U;

// Cuts rows into chunks of one size.
class Chunks {
public:
    explicit Chunks(const TakeChunk& take) : take_(take) {}

    bool add(ByteView key, ByteView value) {
        Bytes head;
        append_u32(head, static_cast<std::uint32_t>(key.size()));
        append_u32(head, static_cast<std::uint32_t>(value.size()));
        add(head);
        add(key);
        add(value);
        return wanted_;
    }
    bool finish() {
        if (!chunk_.empty()) {
            hand_over();
        }
        return wanted_;
    }
    void describe(SnapshotManifest& manifest) const {
        manifest.chunks = static_cast<std::uint32_t>(tree_.size());
        manifest.bytes = bytes_;
        manifest.chunk_root = tree_.root();
    }

private:
    void add(ByteView bytes) {
        while (!bytes.empty()) {
            const ByteView piece = bytes.substr(0, snapshot_chunk_bytes - chunk_.size());
            chunk_.append(piece);
            bytes.remove_prefix(piece.size());
            if (chunk_.size() == snapshot_chunk_bytes) {
                hand_over();
            }
        }
    }
    void hand_over() {
        wanted_ = wanted_ && take_(chunk_);
        tree_.append(leaf_hash(chunk_));
        bytes_ += chunk_.size();
        chunk_.clear();
    }

    const TakeChunk& take_;
    bool wanted_ = true;
    Bytes chunk_;
    TreeBuilder tree_;
    std::uint64_t bytes_ = 0;
};

Status differs(std::string_view what) {
    return refuse(ErrorCode::internal, "the snapshot is not what its manifest says: {}", what);
}

// Hashes the leaves of a store again and compares them with its tiles.
class TreeCheck {
public:
    explicit TreeCheck(const Reader& reader) : reader_(reader) {}

    Status run(TreeSize size, const Hash& root) {
        const Bytes leaves = schema::leaf(0).substr(0, 1);
        reader_.scan(leaves, schema::end_of(leaves), [&](ByteView key, ByteView text) {
            ok_ = ok_ && key == schema::leaf(tree_.size());
            tree_.append(leaf_hash(text), [&](int level, std::uint64_t index, const Hash& hash) {
                take(level, index, hash);
            });
            return ok_;
        });
        for (const auto& [level, row] : rows_) {
            compare(level, row);
        }
        return ok_ && tree_.size() == size && tree_.root() == root ? Status{} : differs("its tree");
    }

private:
    struct Row {
        std::uint64_t tile = 0;
        Bytes hashes;
    };

    void take(int level, std::uint64_t index, const Hash& hash) {
        constexpr int levels_per_tile = 8;
        if (level % levels_per_tile != 0) {
            return;
        }
        Row& row = rows_[level / levels_per_tile];
        row.tile = index / tile_entries;
        row.hashes.append(hash.view());
        if (row.hashes.size() == tile_entries * Hash::length) {
            compare(level / levels_per_tile, row);
            row.hashes.clear();
        }
    }
    void compare(int level, const Row& row) {
        ok_ = ok_ && (row.hashes.empty() ||
                      reader_.get(schema::tile(level, row.tile)).value_or("") == row.hashes);
    }

    const Reader& reader_;
    TreeBuilder tree_;
    std::map<int, Row> rows_;  // by level of tiles: the one that grows
    bool ok_ = true;
};

std::uint64_t chunks_of(std::uint64_t bytes) {
    return bytes / snapshot_chunk_bytes + (bytes % snapshot_chunk_bytes == 0 ? 0 : 1);
}

}  // namespace

std::size_t SnapshotManifest::bytes_of(std::uint32_t number) const {
    assert(number < chunks);
    return number + 1 < chunks ? snapshot_chunk_bytes
                               : bytes - std::uint64_t{number} * snapshot_chunk_bytes;
}

Bytes encode_manifest(const SnapshotManifest& manifest) {
    Bytes bytes(magic);
    append_u16(bytes, version);
    bytes += encode(manifest);
    assert(bytes.size() == manifest_bytes);
    return bytes;
}

std::optional<SnapshotManifest> decode_manifest(ByteView bytes) {
    Bytes head(magic);
    append_u16(head, version);
    SnapshotManifest manifest;
    if (!bytes.starts_with(head) || !decode(bytes.substr(head.size()), manifest)) {
        return std::nullopt;
    }
    const bool fits = manifest.block > 0 && manifest.size > 0 && manifest.bytes > 0 &&
                      manifest.chunks == chunks_of(manifest.bytes);
    return fits ? std::optional(manifest) : std::nullopt;
}

Hash digest_of(const SnapshotManifest& manifest) {
    return sha256(encode_manifest(manifest));
}

std::optional<SnapshotManifest> write_snapshot(
    const Reader& at, const BlockReader& blocks, std::uint64_t membership, const TakeChunk& take
) {
    const auto head = load<Head>(at, schema::head());
    assert(head && head->block > 0);
    Chunks chunks(take);
    bool wanted = true;
    const auto add_rows = [&](ByteView from, ByteView until) {
        at.scan(from, until, [&](ByteView key, ByteView value) {
            wanted = schema::is_local(key) || chunks.add(key, value);
            return wanted;
        });
    };
    // The kept rows of a node say which blocks it has pruned. Here they say what is in use.
    add_rows({}, schema::all_kept_commands);
    for (const CommandPlace& place : batches_in_use(at, head->time)) {
        const auto command = wanted ? find_stored_command(at, blocks, place) : std::nullopt;
        wanted = command && chunks.add(schema::kept_command(place.first, place.second), *command);
    }
    if (wanted) {
        add_rows(schema::end_of(schema::all_kept_commands), {});
    }
    if (!wanted || !chunks.finish()) {
        return std::nullopt;
    }
    SnapshotManifest manifest;
    manifest.ledger = head->ledger;
    manifest.block = head->block;
    manifest.block_hash = head->block_hash;
    manifest.size = head->size;
    manifest.root = head->root;
    manifest.membership = membership;
    chunks.describe(manifest);
    return manifest;
}

Status SnapshotLoader::take(ByteView chunk) {
    chunks_.append(leaf_hash(chunk));
    bytes_ += chunk.size();
    waiting_.append(chunk);
    return take_rows();
}

Status SnapshotLoader::take_rows() {
    ByteView left = waiting_;
    while (left.size() >= row_head_bytes) {
        const std::size_t key_size = read_u32(left);
        const std::size_t value_size = read_u32(left.substr(4));
        if (key_size == 0 || key_size > key_bytes_max || value_size > value_bytes_max) {
            return refuse(ErrorCode::internal, "the snapshot holds what is no row");
        }
        if (left.size() - row_head_bytes < key_size + value_size) {
            break;
        }
        Bytes key(left.substr(row_head_bytes, key_size));
        if (key <= last_key_ || key.starts_with(schema::all_certificates)) {
            return refuse(ErrorCode::internal, "the snapshot holds a row where none belongs");
        }
        last_key_ = key;
        rows_.emplace(std::move(key), left.substr(row_head_bytes + key_size, value_size));
        row_bytes_ += row_head_bytes + key_size + value_size;
        left.remove_prefix(row_head_bytes + key_size + value_size);
        if (row_bytes_ >= bytes_per_write) {
            write();
        }
    }
    waiting_.erase(0, waiting_.size() - left.size());
    return {};
}

void SnapshotLoader::write() {
    store_.write(rows_);
    rows_.clear();
    row_bytes_ = 0;
}

Status SnapshotLoader::finish(const SnapshotManifest& manifest) {
    write();
    const bool whole = waiting_.empty() && chunks_.size() == manifest.chunks &&
                       bytes_ == manifest.bytes && chunks_.root() == manifest.chunk_root;
    if (!whole) {
        return differs("its chunks");
    }
    Head head;
    const auto stored = store_.get(schema::head());
    const bool at_block = stored && decode(*stored, head) && head.ledger == manifest.ledger &&
                          head.block == manifest.block && head.block_hash == manifest.block_hash &&
                          head.size == manifest.size && head.root == manifest.root;
    if (!at_block) {
        return differs("where it stands");
    }
    const auto genesis = store_.get(schema::genesis());
    if (!genesis || sha256(*genesis) != manifest.ledger) {
        return differs("its genesis file");
    }
    if (auto same = TreeCheck(store_).run(manifest.size, manifest.root); !same) {
        return same;
    }
    store_.flush();
    return {};
}

}  // namespace tanji::ledger
