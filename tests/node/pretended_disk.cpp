#include "pretended_disk.h"

#include <map>
#include <mutex>

#include <dlfcn.h>
#include <sys/statvfs.h>

namespace tanji::node::test {
namespace {

struct Pretended {
    std::mutex mutex;
    std::map<std::string, std::uint64_t> free;
};

Pretended& pretended() {
    static Pretended one;
    return one;
}

std::optional<std::uint64_t> free_under(const std::string& path) {
    Pretended& now = pretended();
    const std::lock_guard lock(now.mutex);
    for (const auto& [folder, bytes] : now.free) {
        if (path.starts_with(folder)) {
            return bytes;
        }
    }
    return std::nullopt;
}

}  // namespace

void pretend_free(const std::string& folder, std::optional<std::uint64_t> bytes) {
    Pretended& now = pretended();
    const std::lock_guard lock(now.mutex);
    now.free.erase(folder);
    if (bytes) {
        now.free[folder] = *bytes;
    }
}

}  // namespace tanji::node::test

// Stands before that of the C library when the program is linked.
extern "C" int statvfs(const char* path, struct statvfs* found) noexcept {
    using Call = int (*)(const char*, struct statvfs*);
    const int result = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "statvfs"))(path, found);
    if (const auto bytes = tanji::node::test::free_under(path); result == 0 && bytes) {
        found->f_bavail = *bytes / found->f_frsize;
    }
    return result;
}
