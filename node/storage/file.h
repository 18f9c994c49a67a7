#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <optional>
#include <string>

// Own files: written aside, synced, renamed, the directory synced; so a name on disk always has its
// whole content behind it.
namespace tanji::node {

enum class Existing { refuse, replace };

// The directories above are made. `mode` as for open(2), and exactly so, whatever the umask says.
ledger::Status write_file(
    const std::string& path, ledger::ByteView content, unsigned mode, Existing existing
);

// Nothing when there is no such file; refused when it cannot be read or is longer than `bytes_max`.
ledger::Result<std::optional<ledger::Bytes>> read_file(
    const std::string& path, std::size_t bytes_max
);

bool exists(const std::string& path);

// Makes the directory and those above it, mode 0700.
ledger::Status make_directory(const std::string& path);

// Syncs the directory, so that names made in it stay.
ledger::Status sync_directory(const std::string& path);

// The name stays changed: the directory is synced. Both lie in the same one.
ledger::Status rename_synced(const std::string& from, const std::string& to);

// The folder with everything in it, for good; nothing to do when there is none.
ledger::Status remove_folder(const std::string& path);

// What a killed process wrote but did not sync may be in memory only, and after a failed sync
// memory may hold what the disk does not. So the file is written out and forgotten: whoever reads
// it next reads the disk.
ledger::Status settle_file(const std::string& path);
// Each file of a folder.
ledger::Status settle_folder(const std::string& path);

// The page cache forgets the tables of a RocksDB store, so that the next reader reads the disk.
// Only a hint; nothing is written. Of a store that is open no other file is touched: to close LOCK
// would give up its lock.
void forget_tables(const std::string& path);

// What errno says, for people.
std::string system_sentence(int error);

}  // namespace tanji::node
