#include "node/storage/reserve.h"

#include "node/storage/file.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

bool is_whole(const std::string& path, std::uint64_t bytes) {
    constexpr std::uint64_t unit = 512;  // of st_blocks, whatever the file system
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
        return false;
    }
    return static_cast<std::uint64_t>(found.st_size) == bytes &&
           static_cast<std::uint64_t>(found.st_blocks) * unit >= bytes;
}

// 0, or why not.
int allocate(const std::string& path, std::uint64_t bytes) {
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return errno;
    }
    int failed = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
    if (failed == 0 && ::fsync(file) != 0) {
        failed = errno;
    }
    ::close(file);
    return failed;
}

}  // namespace

ledger::Status make_reserve(const std::string& path, std::uint64_t bytes) {
    if (bytes == 0 || is_whole(path, bytes)) {
        return {};
    }
    if (auto released = release_reserve(path); !released) {
        return ledger::refusal(released);
    }
    const std::string aside = path + ".new";
    if (const int failed = allocate(aside, bytes); failed != 0) {
        ::unlink(aside.c_str());
        return ledger::refuse(
            failed == ENOSPC ? ErrorCode::storage_full : ErrorCode::internal,
            "cannot make {} of {} bytes: {}",
            path,
            bytes,
            system_sentence(failed)
        );
    }
    return rename_synced(aside, path);
}

ledger::Result<bool> release_reserve(const std::string& path) {
    bool was_there = false;
    for (const std::string& each : {path, path + ".new"}) {
        if (::unlink(each.c_str()) == 0) {
            was_there = true;
        } else if (errno != ENOENT) {
            return ledger::refuse(
                ErrorCode::internal, "cannot remove {}: {}", each, system_sentence(errno)
            );
        }
    }
    if (was_there) {
        const auto folder = std::filesystem::path(path).parent_path().string();
        if (auto synced = sync_directory(folder.empty() ? "." : folder); !synced) {
            return ledger::refusal(synced);
        }
    }
    return was_there;
}

}  // namespace tanji::node
