#pragma once

#include "ledger/value/result.h"

#include <cstdint>
#include <string>

// A file that only takes room, so that there is some to give when the disk is full: a node that
// ended on a full disk opens its stores in it, votes, and tells that it is full.
namespace tanji::node {

// The file is there, of that size, its bytes allocated and synced. One of another size gives way.
// Refused, with nothing left behind, when the disk does not have them.
ledger::Status make_reserve(const std::string& path, std::uint64_t bytes);

// The bytes of the file are free again, for good. False when there was none.
ledger::Result<bool> release_reserve(const std::string& path);

}  // namespace tanji::node
