#include "tools/command_line.h"

#include "tests/tools/desk_fixture.h"

#include <set>

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::Gt;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class CommandLineTest : public DeskTest {};

TEST_F(CommandLineTest, EveryHelpBeginsWithExamples) {
    const auto helps = CommandLine(tool).helps();
    EXPECT_THAT(helps, SizeIs(Gt(40U)));
    for (const auto& [words, help] : helps) {
        EXPECT_THAT(help, StartsWith("Examples:\n  tanji")) << words;
        EXPECT_THAT(help, HasSubstr("Usage:")) << words;
    }
}

std::set<std::string> options_in(std::string_view text) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz-";
    std::set<std::string> options;
    for (std::size_t at = text.find("--"); at != std::string_view::npos;
         at = text.find("--", at + 2)) {
        const std::size_t end = std::min(text.find_first_not_of(letters, at), text.size());
        options.emplace(text.substr(at, end - at));
    }
    return options;
}

// An option that a help names in its examples is one that it, or the whole program, explains.
TEST_F(CommandLineTest, ExamplesUseNoOptionThatThereIsNot) {
    const CommandLine line(tool);
    std::ostringstream help;
    Tool asking{help, help};
    EXPECT_EQ(CommandLine(asking).run({"--help"}), 0);
    const std::set<std::string> everywhere = options_in(help.str());
    for (const auto& [words, text] : line.helps()) {
        if (words.find(' ') == std::string::npos &&
            text.find("Subcommands:") != std::string::npos) {
            continue;  // examples of a group are those of what it groups
        }
        const std::size_t usage = text.find("Usage:");
        ASSERT_NE(usage, std::string::npos) << words;
        const std::set<std::string> own = options_in(std::string_view(text).substr(usage));
        for (const std::string& option : options_in(std::string_view(text).substr(0, usage))) {
            EXPECT_TRUE(own.contains(option) || everywhere.contains(option) || option == "--keep")
                << words << ": " << option;
        }
    }
}

TEST_F(CommandLineTest, AnUnknownWordSuggestsTheNearest) {
    EXPECT_EQ(CommandLine(tool).run({"redem", "shop.card"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("did you mean redeem?"));
    EXPECT_EQ(CommandLine(tool).run({"redeem", "shop.card", "--quantiti", "2"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("did you mean --quantity?"));
}

TEST_F(CommandLineTest, NothingToDoIsAMistake) {
    EXPECT_EQ(CommandLine(tool).run({}), 2);
    EXPECT_EQ(CommandLine(tool).run({"offer"}), 2);
}

TEST_F(CommandLineTest, GlobalOptionsStandBeforeOrBehindTheWord) {
    EXPECT_EQ(CommandLine(tool).run({"--json", "version"}), 0);
    Tool other{out, err};
    EXPECT_EQ(CommandLine(other).run({"version", "--json"}), 0);
    EXPECT_TRUE(tool.json);
    EXPECT_TRUE(other.json);
}

}  // namespace
}  // namespace tanji::tools
