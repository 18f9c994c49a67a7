#include "tests/ledger/script.h"
#include "tests/ledger/script_text.h"
#include "tests/support/vectors.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

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

// The codes that rows of a file expect; the test above proves that they are met.
std::set<std::string> codes_of(const std::string& file) {
    const auto text = tests::read_file(file);
    std::istringstream in(text.value_or(""));
    std::set<std::string> codes;
    for (std::string line; std::getline(in, line);) {
        const auto columns = columns_of(trimmed(line.substr(0, line.find('#'))));
        for (const std::string& word : words_of(columns.size() == 2 ? columns[1] : "")) {
            codes.insert(word);
        }
    }
    return codes;
}

// What a command can be refused with. One cannot be met yet: no command suspends a member.
TEST(RulesText, EveryCodeOfARefusedCommandHasARow) {
    std::set<std::string> expected;
    for (const std::string& file : rule_files()) {
        expected.merge(codes_of(file));
    }
    for (auto code = static_cast<int>(ErrorCode::id_reused);
         code <= static_cast<int>(ErrorCode::refund_exceeds);
         ++code) {
        const auto each = static_cast<ErrorCode>(code);
        // Those of memberships need keys of nodes: membership_test.cpp has them.
        const bool elsewhere =
            each >= ErrorCode::membership_open && each <= ErrorCode::membership_invalid;
        if (!elsewhere && each != ErrorCode::signature_missing &&
            each != ErrorCode::member_suspended) {
            EXPECT_TRUE(expected.contains(std::string(name_of(each)))) << name_of(each);
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
