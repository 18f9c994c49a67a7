#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace tanji::node::test {

// Where syncs cost nothing, for tests that order the faults of the disk themselves.
inline std::filesystem::path memory_folder() {
    const std::filesystem::path shared = "/dev/shm";
    return ::access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path();
}

// A directory of its own for one test, gone with it.
class TemporaryDirectory {
public:
    explicit TemporaryDirectory(
        const std::filesystem::path& under = std::filesystem::temp_directory_path()
    ) {
        std::string name = (under / "tanji-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a directory");
        }
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

inline std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void put_content(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

inline void flip_bit(const std::string& path, std::size_t at) {
    std::string content = content_of(path);
    content.at(at) = static_cast<char>(content.at(at) ^ 1);
    put_content(path, content);
}

}  // namespace tanji::node::test
