#include "tools/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tanji::tools {

namespace fs = std::filesystem;

namespace {

fs::path xdg(const char* variable, const char* fallback) {
    const char* set = std::getenv(variable);
    if (set != nullptr && *set == '/') {  // the standard ignores relative paths
        return fs::path(set) / "tanji";
    }
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr ? home : "/") / fallback / "tanji";
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

private:
    int number_;
};

std::unexpected<Failure> cannot(std::string_view verb, const fs::path& path) {
    return fail(Exit::usage, "cannot {} {}: {}", verb, path.string(), std::strerror(errno));
}

}  // namespace

Attempt<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat facts{};
    if (file.number() < 0 || fstat(file.number(), &facts) != 0) {
        return cannot("read", path);
    }
    if (S_ISDIR(facts.st_mode)) {
        return fail(Exit::usage, "{} is a folder, not a file", path.string());
    }
    std::string bytes;
    std::string piece(65'536, '\0');
    for (;;) {
        const ssize_t got = read(file.number(), piece.data(), piece.size());
        if (got < 0) {
            return cannot("read", path);
        }
        if (got == 0) {
            return bytes;
        }
        bytes.append(piece, 0, static_cast<std::size_t>(got));
        if (bytes.size() > bytes_max) {
            return fail(Exit::usage, "{} is longer than {} bytes", path.string(), bytes_max);
        }
    }
}

Attempt<std::string> read_secret(const fs::path& path) {
    struct stat facts{};
    if (stat(path.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0) {
        return fail(
            Exit::usage, "{} may be read by others: run chmod 600 {}", path.string(), path.string()
        );
    }
    return read_file(path, 64 * 1024);
}

Attempt<void> write_file(const fs::path& path, std::string_view bytes, bool secret) {
    fs::path beside = path;
    beside += ".part";
    {
        const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
        const Descriptor file(open(beside.c_str(), flags, secret ? 0600 : 0644));
        if (file.number() < 0) {
            return cannot("write", path);
        }
        for (std::string_view left = bytes; !left.empty();) {
            const ssize_t put = write(file.number(), left.data(), left.size());
            if (put < 0) {
                return cannot("write", path);
            }
            left.remove_prefix(static_cast<std::size_t>(put));
        }
        if (fsync(file.number()) != 0) {
            return cannot("write", path);
        }
    }
    if (rename(beside.c_str(), path.c_str()) != 0) {
        return cannot("write", path);
    }
    return {};
}

Attempt<void> make_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) {
        return fail(Exit::usage, "cannot make {}: {}", path.string(), error.message());
    }
    return {};
}

fs::path config_folder() {
    return xdg("XDG_CONFIG_HOME", ".config");
}
fs::path state_folder() {
    return xdg("XDG_STATE_HOME", ".local/state");
}

std::vector<std::string> file_names(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.is_regular_file(error)) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace tanji::tools
