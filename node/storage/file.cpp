#include "node/storage/file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

std::unexpected<ledger::Error> failed(const char* doing, const std::string& path) {
    return ledger::refuse(
        ErrorCode::internal, "cannot {} {}: {}", doing, path, system_sentence(errno)
    );
}

// Closes when it goes.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }
    bool ok() const { return number_ >= 0; }

private:
    int number_;
};

bool write_all(int file, ledger::ByteView content) {
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    return parent.empty() ? "." : parent.string();
}

}  // namespace

std::string system_sentence(int error) {
    return std::generic_category().message(error);
}

bool exists(const std::string& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0;
}

ledger::Status make_directory(const std::string& path) {
    if (path.empty() || exists(path)) {
        return {};
    }
    const std::string above = folder_of(path);
    if (auto made = above == path ? ledger::Status{} : make_directory(above); !made) {
        return made;
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return failed("make the directory", path);
    }
    return sync_directory(above);
}

ledger::Status sync_directory(const std::string& path) {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.ok() || ::fsync(directory.number()) != 0) {
        return failed("sync the directory", path);
    }
    return {};
}

ledger::Status rename_synced(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return failed("rename to", to);
    }
    return sync_directory(folder_of(to));
}

ledger::Status remove_folder(const std::string& path) {
    if (!exists(path)) {
        return {};
    }
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) {
        return ledger::refuse(ErrorCode::internal, "cannot remove {}: {}", path, error.message());
    }
    return sync_directory(folder_of(path));
}

ledger::Status settle_file(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.ok() || ::fsync(file.number()) != 0) {
        return failed("sync", path);
    }
    ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
    return {};
}

ledger::Status settle_folder(const std::string& path) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        if (auto settled = settle_file(entry.path().string()); !settled) {
            return settled;
        }
    }
    if (error) {
        return ledger::refuse(
            ErrorCode::internal, "cannot read the directory {}: {}", path, error.message()
        );
    }
    return {};
}

void forget_tables(const std::string& path) {
    std::error_code gone;
    const std::filesystem::directory_iterator end;
    for (std::filesystem::directory_iterator at(path, gone); at != end; at.increment(gone)) {
        if (at->path().extension() != ".sst") {
            continue;
        }
        const Descriptor file(::open(at->path().c_str(), O_RDONLY | O_CLOEXEC));
        if (file.ok()) {
            ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
        }
    }
}

ledger::Status write_file(
    const std::string& path, ledger::ByteView content, unsigned mode, Existing existing
) {
    if (existing == Existing::refuse && exists(path)) {
        return ledger::refuse(ErrorCode::internal, "{} is there already", path);
    }
    const std::string folder = folder_of(path);
    if (auto made = make_directory(folder); !made) {
        return made;
    }
    const std::string aside = path + ".new";
    {
        const Descriptor file(
            ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        );
        if (!file.ok() || ::fchmod(file.number(), mode) != 0 ||
            !write_all(file.number(), content) || ::fsync(file.number()) != 0) {
            return failed("write", aside);
        }
    }
    return rename_synced(aside, path);
}

ledger::Result<std::optional<ledger::Bytes>> read_file(
    const std::string& path, std::size_t bytes_max
) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.ok()) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        return failed("open", path);
    }
    ledger::Bytes content;
    char piece[16'384];
    for (;;) {
        const ssize_t taken = ::read(file.number(), piece, sizeof(piece));
        if (taken < 0 && errno == EINTR) {
            continue;
        }
        if (taken < 0) {
            return failed("read", path);
        }
        if (taken == 0) {
            return content;
        }
        content.append(piece, static_cast<std::size_t>(taken));
        if (content.size() > bytes_max) {
            return ledger::refuse(
                ErrorCode::internal, "{} is longer than {} bytes", path, bytes_max
            );
        }
    }
}

}  // namespace tanji::node
