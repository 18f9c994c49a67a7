#include "node/storage/directory.h"

#include "ledger/value/json.h"
#include "node/storage/file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace tanji::node {

std::string DataDirectory::aside(std::string_view name, std::uint64_t number) const {
    std::string found;
    do {
        found = fmt::format("{}/{}.damaged-{}", path, name, number++);
    } while (exists(found));
    return found;
}

std::string identity_text(const NodeIdentity& identity) {
    ledger::JsonWriter out;
    out.open_object()
        .member("format", std::uint64_t{1})
        .member("ledger", identity.ledger.hex())
        .member("node", identity.node)
        .member("log_key", identity.log_key.hex())
        .close_object();
    return out.take() + "\n";
}

ledger::Result<DirectoryLock> DirectoryLock::take(const DataDirectory& directory) {
    using ledger::ErrorCode;
    const int file = ::open(directory.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return ledger::refuse(
            ErrorCode::internal, "cannot open {}: {}", directory.lock(), system_sentence(errno)
        );
    }
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        ::close(file);
        return ledger::refuse(ErrorCode::internal, "another process is using {}", directory.path);
    }
    return DirectoryLock(file);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

DirectoryLock::~DirectoryLock() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

std::optional<std::uint64_t> free_bytes(const DataDirectory& directory) {
    struct statvfs found{};
    if (::statvfs(directory.path.c_str(), &found) != 0) {
        return std::nullopt;
    }
    return std::uint64_t{found.f_bavail} * found.f_frsize;
}

}  // namespace tanji::node
