#pragma once

#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::node {

// Where everything lies under `node.data_dir`.
struct DataDirectory {
    std::string path;

    std::string identity() const { return path + "/identity"; }
    std::string lock() const { return path + "/lock"; }
    std::string mark() const { return path + "/mark"; }
    std::string log() const { return path + "/log"; }
    std::string ledger() const { return path + "/ledger"; }
    std::string snapshots() const { return path + "/snapshots"; }
    std::string reserve() const { return path + "/reserve"; }
    std::string keys() const { return path + "/keys"; }
    std::string access_log() const { return path + "/access.log"; }

    // A damaged folder is kept under `<name>.damaged-<number>`: the first number from `number` on
    // that is free.
    std::string aside(std::string_view name, std::uint64_t number) const;
};

// What a data directory belongs to, for ever: another ledger, node or log key is refused.
struct NodeIdentity {
    ledger::Hash ledger;
    std::uint64_t node = 0;
    ledger::KeyId log_key;

    bool operator==(const NodeIdentity&) const = default;
};

// The whole content of the file `identity`.
std::string identity_text(const NodeIdentity& identity);

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

// Free bytes for this process on the file system of the directory; nothing when it cannot be told.
std::optional<std::uint64_t> free_bytes(const DataDirectory& directory);

}  // namespace tanji::node
