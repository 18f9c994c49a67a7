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

// What errno says, for people.
std::string system_sentence(int error);

}  // namespace tanji::node
