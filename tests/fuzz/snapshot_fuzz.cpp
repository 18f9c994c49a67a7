// What other nodes send of a snapshot: its manifest, and chunks in an order of their own making.
#include "ledger/rows.h"
#include "ledger/snapshot.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

void read_manifest(ByteView input) {
    if (const auto manifest = decode_manifest(input)) {
        require(encode_manifest(*manifest) == input);
        std::uint64_t last = manifest->bytes_of(manifest->chunks - 1);
        require(last >= 1 && last <= snapshot_chunk_bytes);
    }
}

// A manifest that fits the chunk, so that everything behind it is looked at too.
void load_chunk(ByteView input) {
    const auto store = make_memory_store();
    SnapshotLoader loader(*store);
    const std::size_t half = input.size() / 2;
    if (!loader.take(input.substr(0, half)) || !loader.take(input.substr(half))) {
        return;
    }
    SnapshotManifest manifest;
    manifest.chunks = 2;
    manifest.bytes = input.size();
    manifest.chunk_root =
        node_hash(leaf_hash(input.substr(0, half)), leaf_hash(input.substr(half)));
    const auto first = loader.finish(manifest);
    require(!first);  // of block 0
    Head head;
    if (const auto stored = store->get(schema::head()); stored && decode(*stored, head)) {
        manifest.ledger = head.ledger;
        manifest.block = head.block;
        manifest.block_hash = head.block_hash;
        manifest.size = head.size;
        manifest.root = head.root;
        if (loader.finish(manifest)) {
            require(sha256(store->get(schema::genesis()).value_or("")) == head.ledger);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    read_manifest(input);
    if (!input.empty()) {
        load_chunk(input);
    }
    return 0;
}
