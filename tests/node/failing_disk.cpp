#include "failing_disk.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tanji::node::test {
namespace {

namespace fs = std::filesystem;
using Kind = DiskFault::Kind;

struct Ordered {
    DiskFault fault;
    std::atomic<bool> armed = false;
    std::atomic<bool> struck = false;
    std::mutex mutex;
    std::uint64_t steps = 0;
    std::map<ino_t, std::uintmax_t> synced;  // how much of each file is on disk
    std::string mark;                        // overwritten in place: its content on disk
};

Ordered& ordered() {
    static Ordered one;
    return one;
}

std::string mark_path(const DiskFault& fault) {
    return fault.folder + "/mark";
}
std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What a file was made of when it was synced last, or before this process.
void note_synced(Ordered& now, int file) {
    struct stat found{};
    if (::fstat(file, &found) == 0 && S_ISREG(found.st_mode)) {
        now.synced[found.st_ino] = static_cast<std::uintmax_t>(found.st_size);
        struct stat mark{};
        if (::stat(mark_path(now.fault).c_str(), &mark) == 0 && mark.st_ino == found.st_ino) {
            now.mark = content(mark_path(now.fault));
        }
    }
}

// Of one file, or of all.
void lose_unsynced(const Ordered& now, std::optional<ino_t> only) {
    for (const auto& entry : fs::recursive_directory_iterator(now.fault.folder)) {
        struct stat found{};
        if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &found) != 0 ||
            found.st_ino != only.value_or(found.st_ino)) {
            continue;
        }
        const auto synced = now.synced.find(found.st_ino);
        const std::uintmax_t kept = synced == now.synced.end() ? 0 : synced->second;
        if (static_cast<std::uintmax_t>(found.st_size) > kept) {
            fs::resize_file(entry.path(), kept);
        }
    }
    struct stat mark{};
    if (::stat(mark_path(now.fault).c_str(), &mark) == 0 && !now.mark.empty() &&
        mark.st_ino == only.value_or(mark.st_ino)) {
        std::ofstream(mark_path(now.fault), std::ios::binary | std::ios::in) << now.mark;
    }
}

bool counts(Kind kind, bool is_sync) {
    switch (kind) {
        case Kind::killed:
        case Kind::power_lost:
            return true;
        case Kind::sync_fails:
            return is_sync;
        case Kind::none:
        case Kind::mark_full:
        case Kind::mark_short:
            return false;
    }
    return false;
}

// True when the step is to fail; `file` of a sync.
bool step(std::optional<int> file = std::nullopt) {
    Ordered& now = ordered();
    if (!now.armed) {
        return false;
    }
    const std::lock_guard lock(now.mutex);
    if (!counts(now.fault.kind, file.has_value()) || ++now.steps != now.fault.at) {
        return false;
    }
    now.struck = true;
    now.armed = false;
    if (now.fault.kind == Kind::power_lost) {
        lose_unsynced(now, std::nullopt);
    }
    if (now.fault.kind != Kind::sync_fails) {
        std::_Exit(exit_crashed);
    }
    struct stat found{};
    if (::fstat(*file, &found) == 0) {
        lose_unsynced(now, found.st_ino);
    }
    return true;
}

template <typename Call, typename... Args>
int synced(const char* name, int file, Args... args) {
    if (step(file)) {
        errno = EIO;
        return -1;
    }
    const int result = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name))(file, args...);
    Ordered& now = ordered();
    if (now.armed && result == 0) {
        const std::lock_guard lock(now.mutex);
        note_synced(now, file);
    }
    return result;
}

template <typename Call, typename... Args>
int changed(const char* name, Args... args) {
    step();
    return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name))(args...);
}

}  // namespace

void order(const DiskFault& fault) {
    Ordered& now = ordered();
    const std::lock_guard lock(now.mutex);
    now.fault = fault;
    for (const auto& entry : fs::recursive_directory_iterator(fault.folder)) {
        struct stat found{};
        if (entry.is_regular_file() && ::stat(entry.path().c_str(), &found) == 0) {
            now.synced[found.st_ino] = static_cast<std::uintmax_t>(found.st_size);
        }
    }
    now.mark = content(mark_path(fault));
    now.armed = true;
}

bool has_struck() {
    return ordered().struck;
}

}  // namespace tanji::node::test

// These stand before those of the C library when the program is linked.
extern "C" {

int fsync(int file) {
    return tanji::node::test::synced<int (*)(int)>("fsync", file);
}
int fdatasync(int file) {
    return tanji::node::test::synced<int (*)(int)>("fdatasync", file);
}
int rename(const char* from, const char* to) noexcept {
    return tanji::node::test::changed<int (*)(const char*, const char*)>("rename", from, to);
}
int link(const char* from, const char* to) noexcept {
    return tanji::node::test::changed<int (*)(const char*, const char*)>("link", from, to);
}
int unlink(const char* path) noexcept {
    return tanji::node::test::changed<int (*)(const char*)>("unlink", path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
    return tanji::node::test::changed<int (*)(int, const char*, int)>(
        "unlinkat", folder, path, flags
    );
}
int mkdir(const char* path, mode_t mode) noexcept {
    return tanji::node::test::changed<int (*)(const char*, mode_t)>("mkdir", path, mode);
}

// Only the mark is written at a place.
ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t at) {
    using tanji::node::test::DiskFault;
    using Call = ssize_t (*)(int, const void*, std::size_t, off_t);
    static const Call real = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "pwrite"));
    auto& now = tanji::node::test::ordered();
    const bool full = now.armed && now.fault.kind == DiskFault::Kind::mark_full;
    const bool cut = now.armed && now.fault.kind == DiskFault::Kind::mark_short;
    if ((full || cut) && ++now.steps == now.fault.at) {
        now.struck = true;
        if (cut) {
            return real(file, bytes, count / 2, at);
        }
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, count, at);
}

}  // extern "C"
