#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "node/storage/directory.h"
#include "node/storage/fail_stop.h"
#include "node/storage/log_store.h"
#include "node/storage/mark.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tanji::node {

// Block 1, as every node writes it at `init`.
struct FirstBlock {
    ledger::Bytes bytes;
    ledger::Hash hash;
};

// Makes identity, log and mark in an empty directory: what `tanjid init` does last. Refused when
// any of them is there: a disk is never formatted over.
ledger::Status create_storage(
    const DataDirectory& directory, const NodeIdentity& identity, const FirstBlock& first
);

// What was found, ready to run.
struct Storage {
    DirectoryLock lock;
    // Ends at `last`, the end of an unbroken chain of blocks from block 1, or from its base, on.
    std::unique_ptr<LogStore> log;
    ledger::BlockIndex last = 0;
    // One incarnation later. Names block `last`, unless the node is recovering.
    MarkFile mark;
    std::uint64_t term = 0;
    std::uint64_t vote = 0;
    // The block that the mark names is missing: acknowledged, perhaps, and gone from this disk. The
    // mark still names it, which is this node's claim in every comparison of votes, until the other
    // nodes have given what is missing.
    bool recovering = false;
    // For the log of the node, one sentence each: a repaired slot, a dropped end, what is kept
    // aside and why.
    std::vector<std::string> notes;
};

// Why a node does not start, and the exit status that says so: 78 when the operator has to change
// something (never initialised, other ledger, already running), 74 when the disk is not to be
// trusted.
struct StartRefused {
    int exit_code = exit_storage;
    std::string sentence;
};

struct StorageOptions {
    std::uint64_t log_cache_bytes = 32ULL << 20;
    // Other nodes have what this one has acknowledged: a log that lost it is refilled by them.
    bool has_peers = false;
    // For a log that does not give its block 1 any more. It follows from the genesis file.
    std::optional<FirstBlock> first = std::nullopt;
    // The header of the block at which a state was installed: the log has to hold that block, or
    // begin after it. A log that does neither gives way to it.
    std::optional<ledger::Bytes> installed = std::nullopt;
    FailStop fail = stop_process;
};

// Locks and opens the directory and decides as docs/operating.md, "Start-up and damage", says. The
// whole log is read, from the disk and not from the page cache. The marked block is there: whatever
// is torn behind it may go. It is missing: acknowledged data is gone; with peers the node starts
// recovering, alone it refuses to start. A log that cannot stay in use is rebuilt from what can be
// read of it and kept aside (salvage.h). A mark that is lost, or older than the log, is refused in
// any case. The mark counts one incarnation more afterwards.
std::expected<Storage, StartRefused> open_storage(
    const DataDirectory& directory, const NodeIdentity& identity, const StorageOptions& options
);

}  // namespace tanji::node
