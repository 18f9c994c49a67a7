#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
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

// Where everything lies under `node.data_dir`.
struct DataDirectory {
    std::string path;

    std::string identity() const { return path + "/identity"; }
    std::string lock() const { return path + "/lock"; }
    std::string mark() const { return path + "/mark"; }
    std::string log() const { return path + "/log"; }
    std::string ledger() const { return path + "/ledger"; }
    std::string keys() const { return path + "/keys"; }
    std::string access_log() const { return path + "/access.log"; }
};

// What a data directory belongs to, for ever: another ledger, node or log key is refused.
struct NodeIdentity {
    ledger::Hash ledger;
    std::uint64_t node = 0;
    ledger::KeyId log_key;

    bool operator==(const NodeIdentity&) const = default;
};

// One process at a time owns a data directory; released with the object.
class DirectoryLock {
public:
    // Refused when another process holds it.
    static ledger::Result<DirectoryLock> take(const DataDirectory& directory);

    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&& other) noexcept;
    ~DirectoryLock();

private:
    explicit DirectoryLock(int file) : file_(file) {}
    int file_ = -1;
};

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
    std::unique_ptr<LogStore> log;
    MarkFile mark;
    std::uint64_t term = 0;
    std::uint64_t vote = 0;
    // For the log of the node, one sentence each: a repaired slot, a dropped end.
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
    // The chain of hashes is followed from this block (or the marked one, if that is lower) to the
    // end: what the ledger store has applied already need not be read again at every start.
    ledger::BlockIndex check_from = 1;
    FailStop fail = stop_process;
};

// Locks and opens the directory and decides as docs/operating.md, "Start-up and damage", says. A
// marked block that is missing means that acknowledged data is gone. A single node has no peer to
// take it from, so it refuses to start. The mark counts one incarnation more afterwards.
std::expected<Storage, StartRefused> open_storage(
    const DataDirectory& directory, const NodeIdentity& identity, const StorageOptions& options
);

// Free bytes for this process on the file system of the directory; nothing when it cannot be told.
std::optional<std::uint64_t> free_bytes(const DataDirectory& directory);

}  // namespace tanji::node
