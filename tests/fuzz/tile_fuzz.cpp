#include "ledger/proof/tile.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// Tiles, entry bundles and their paths.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto entries = read_bundle(input)) {
        require(!entries->empty() && entries->size() <= tile_entries);
        Bytes bundle;
        for (const ByteView entry : *entries) {
            append_entry(bundle, entry);
        }
        require(bundle == input);
    }
    if (const auto hashes = read_tile(input)) {
        require(hashes->size() * Hash::length == size && hashes->size() <= tile_entries);
    }
    if (const auto tile = parse_tile_path(input)) {
        require(tile_path(*tile) == input);
        require(tile->width >= 1 && tile->width <= tile_entries);
    }
    return 0;
}
