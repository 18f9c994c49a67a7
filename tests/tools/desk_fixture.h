#pragma once

#include "tools/tool.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace tanji::tools {

// A desk without a terminal: words go into strings, files into a folder of the test's own, and the
// user's own trust store and outbox are out of reach.
class DeskTest : public testing::Test {
protected:
    DeskTest() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("tanji-{}-{}-{}", test->test_suite_name(), test->name(), getpid());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        setenv("XDG_CONFIG_HOME", (folder_ / "config").c_str(), 1);
        setenv("XDG_STATE_HOME", (folder_ / "state").c_str(), 1);
        tool.no_input = true;
    }
    ~DeskTest() override { std::filesystem::remove_all(folder_); }

    static std::string golden_file(const std::string& name) {
        return std::string(TANJI_TEST_DATA) + "/tools/golden/" + name;
    }
    static std::string read(const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static std::string golden(const std::string& name) { return read(golden_file(name)); }

    // A file of this test, readable by nobody else.
    std::string write(const std::string& name, std::string_view bytes) const {
        const auto path = folder_ / name;
        std::ofstream(path, std::ios::binary) << bytes;
        using std::filesystem::perms;
        std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
        return path.string();
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    std::ostringstream out;
    std::ostringstream err;
    Tool tool{out, err};

private:
    std::filesystem::path folder_;
};

}  // namespace tanji::tools
