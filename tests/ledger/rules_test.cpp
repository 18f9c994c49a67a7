#include "tests/ledger/script.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

// The business rules as text: every file in tests/ledger/rules is one story (rules/README.md).
namespace tanji::ledger::test {
namespace {

std::vector<std::string> rule_files() {
    std::vector<std::string> files;
    const std::string folder = std::string(TANJI_TEST_DATA) + "/ledger/rules";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".txt") {
            files.push_back(entry.path().string());
        }
    }
    std::ranges::sort(files);
    return files;
}

class Rules : public ::testing::TestWithParam<std::string> {};

TEST_P(Rules, Hold) {
    Script script;
    script.run_file(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Text, Rules, ::testing::ValuesIn(rule_files()), [](const auto& file) {
    return std::filesystem::path(file.param).stem().string();
});

// What a command can be refused with, from `command_expired` on. Two cannot be met yet: no command
// suspends a member, and no programme exists that a batch could name wrongly.
TEST(RulesText, EveryCodeOfARefusedCommandHasARow) {
    const std::set<ErrorCode> unreachable = {
        ErrorCode::member_suspended,
        ErrorCode::member_unknown,
    };
    std::set<std::string> met;
    for (const std::string& file : rule_files()) {
        Script script;
        script.run_file(file);
        met.insert(script.codes_met().begin(), script.codes_met().end());
    }
    for (auto code = static_cast<int>(ErrorCode::id_reused);
         code <= static_cast<int>(ErrorCode::obligation_exceeded);
         ++code) {
        const auto each = static_cast<ErrorCode>(code);
        if (each != ErrorCode::signature_missing && !unreachable.contains(each)) {
            EXPECT_TRUE(met.contains(std::string(name_of(each)))) << name_of(each);
        }
    }
}

// A runner that agrees with everything would pass every file.
TEST(RulesText, ARowWithAnotherResultFails) {
    Script script;
    script.line("use city.world");
    const RowResult result = script.row("szmetro submit B1 ride G1 u1 8570 m");
    EXPECT_EQ(result.code, "ok");
    EXPECT_EQ(result.facts.at("counted"), "1");
    EXPECT_EQ(script.row("payapp submit B2 ride G1 u2 8570 m").code, "activity_conflict");
}

}  // namespace
}  // namespace tanji::ledger::test
