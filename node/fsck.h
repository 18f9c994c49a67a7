#pragma once

#include "ledger/value/result.h"

#include <cstdint>
#include <functional>
#include <string>

namespace tanji::node {

struct FsckReport {
    std::uint64_t first = 1;  // from which block on they were applied again
    std::uint64_t blocks = 0;
    std::uint64_t leaves = 0;
    std::uint64_t keys = 0;          // of the ledger store, compared one by one
    std::uint64_t certificates = 0;  // whose signatures and roots were checked
    std::string root;                // of the tree after the last block, hex
};

// Checks a stopped node's directory from nothing: the chain and signatures of all blocks, the mark,
// every key of the ledger store against a second execution of all blocks, every invariant, every
// certificate. Needs space for a second ledger store while it runs. The refusal says what differs
// first, and where. `progress` is told block and last block now and then.
ledger::Result<FsckReport> fsck(
    const std::string& data_dir,
    const std::function<void(std::uint64_t block, std::uint64_t last)>& progress
);

}  // namespace tanji::node
