#pragma once

#include "ledger/kept_records.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/store.h"
#include "ledger/value/archive.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <functional>
#include <optional>

// The whole state after one block as one text of bytes, cut into chunks under one root
// (docs/formats.md, "Snapshots"). It follows from the blocks alone: equal on every node.
namespace tanji::ledger {

inline constexpr std::size_t snapshot_chunk_bytes = 4U << 20U;

struct SnapshotManifest {
    Hash ledger;
    BlockIndex block = 0;
    Hash block_hash;
    TreeSize size = 0;  // of the tree after it
    Hash root;
    std::uint64_t membership = 0;  // in force after it
    std::uint32_t chunks = 0;
    std::uint64_t bytes = 0;  // of all chunks
    Hash chunk_root;          // RFC 6962, a leaf is a chunk

    bool operator==(const SnapshotManifest&) const = default;

    // REQUIRES: number < chunks.
    std::size_t bytes_of(std::uint32_t number) const;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(ledger, block, block_hash, size, root, membership, chunks, bytes, chunk_root);
    }
};

inline constexpr std::size_t manifest_bytes = 6 + 4 * Hash::length + 4 * 8 + 4;
Bytes encode_manifest(const SnapshotManifest& manifest);
// Nothing unless the bytes are exactly one manifest whose numbers fit together.
std::optional<SnapshotManifest> decode_manifest(ByteView bytes);
// SHA-256 of its bytes: what voters name.
Hash digest_of(const SnapshotManifest& manifest);

// Writes the state that `at` reads, in key order; `take` gets chunk after chunk and may end it by
// answering false. Commands of batches in use are among the rows, whether their blocks are kept
// here or not. Nothing if `take` ended it, or if one of those commands has no row in `at` and its
// block was pruned since. REQUIRES: block 1 was applied.
using TakeChunk = std::function<bool(ByteView chunk)>;
std::optional<SnapshotManifest> write_snapshot(
    const Reader& at, const BlockReader& blocks, std::uint64_t membership, const TakeChunk& take
);

// Reads chunks, in their order, into an empty store. Nothing of it may be used before finish().
class SnapshotLoader {
public:
    // Kept by reference.
    explicit SnapshotLoader(Store& store) : store_(store) {}

    // Refused when the bytes are no rows in ascending order, or a row is none of the state.
    Status take(ByteView chunk);
    // Whether all of it is the state that the manifest names: the chunks, the head, the genesis
    // file, and the tree, whose leaves are hashed again. Flushes the store.
    Status finish(const SnapshotManifest& manifest);

private:
    Status take_rows();
    void write();

    Store& store_;
    TreeBuilder chunks_;
    std::uint64_t bytes_ = 0;
    Bytes waiting_;  // the beginning of a row
    Bytes last_key_;
    Changes rows_;
    std::size_t row_bytes_ = 0;
};

}  // namespace tanji::ledger
