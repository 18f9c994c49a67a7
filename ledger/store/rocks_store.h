#pragma once

#include "ledger/store/store.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <memory>
#include <string>

namespace tanji::ledger {

struct RocksOptions {
    std::uint64_t cache_bytes = 128ULL << 20;  // blocks, indexes and filters: the bound of reading
    std::uint64_t flush_bytes = 64ULL << 20;   // what may wait in memory: the bound of writing
};

// The store on disk, made if it is absent. Nothing is logged ahead: what was written after the last
// flush() may be missing when it is opened again, always whole writes and always the newest ones.
// The caller replays them, and calls flush() every 30 seconds.
//
// Keys that begin with `e` (event tags: random, many, mostly asked for in vain) live in tables of
// their own kind; a caller sees one ordered key space all the same.
//
// Refused when the directory cannot be opened or its tables are damaged. Once it is open, an error
// of the disk, met by a call or in the background, ends the process with status 74. Readers made by
// snapshot() must not outlive the store.
Result<std::unique_ptr<Store>> open_rocks_store(
    const std::string& directory, const RocksOptions& options
);

}  // namespace tanji::ledger
