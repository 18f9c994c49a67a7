#include "tests/consensus/scenario_story.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

// The protocol as text: every file in tests/consensus/scenarios is one story. TANJI_REWRITE=1
// rewrites transcripts; what is expected stays.
namespace tanji::consensus::scenario {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> stories() {
    std::vector<std::string> files;
    for (const auto& entry :
         fs::directory_iterator(std::string(TANJI_TEST_DATA) + "/consensus/scenarios")) {
        if (entry.path().extension() == ".txt") {
            files.push_back(entry.path().string());
        }
    }
    std::ranges::sort(files);
    return files;
}

std::vector<std::string> lines_of(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

bool rewrites() {
    const char* wanted = std::getenv("TANJI_REWRITE");  // before any thread is started
    return wanted != nullptr && std::string_view(wanted) == "1";
}

// What a file tells, line by line. `written` is the same file with the transcripts as they are now.
struct Reading {
    Story story;
    std::vector<std::string> written;
    std::string fault;      // why it ended early
    std::size_t line = 0;   // where, from 1
    std::string different;  // the first transcript that is another one
    std::size_t different_at = 0;
};

void compare(Reading& reading, const std::vector<std::string>& lines, std::size_t& at) {
    std::string told;
    const std::size_t from = at + 1;
    while (at + 1 < lines.size() && !lines[at + 1].empty()) {
        told += lines[++at] + "\n";
    }
    const std::string actual = reading.story.transcript();
    if (told != actual && reading.different.empty()) {
        reading.different = actual;
        reading.different_at = from;
    }
    reading.written.push_back("----");
    reading.written.push_back(actual.substr(0, actual.size() - 1));
}

Reading read(const std::vector<std::string>& lines) {
    Reading reading;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        reading.line = at + 1;
        try {
            if (lines[at] == "----") {
                compare(reading, lines, at);
            } else {
                reading.story.tell(lines[at]);
                reading.written.push_back(lines[at]);
            }
        } catch (const std::runtime_error& error) {
            reading.fault = error.what();
            return reading;
        }
    }
    return reading;
}

Reading read_text(const std::string& text) {
    std::istringstream in(text);
    return read(lines_of(in));
}

class Scenarios : public ::testing::TestWithParam<std::string> {};

TEST_P(Scenarios, AreToldAsTheyHappen) {
    const std::string file = GetParam();
    std::ifstream in(file);
    const std::vector<std::string> lines = lines_of(in);
    ASSERT_FALSE(lines.empty());
    EXPECT_TRUE(lines.front().starts_with("# ")) << file << ": the first line says what it shows";
    Reading reading = read(lines);
    if (!reading.fault.empty()) {
        ADD_FAILURE_AT(file.c_str(), static_cast<int>(reading.line))
            << lines[reading.line - 1] << "\n"
            << reading.fault << "\n"
            << reading.story.diagram();
        return;
    }
    EXPECT_GT(reading.story.expectations(), 0U) << file << " expects nothing";
    if (reading.different.empty()) {
        return;
    }
    if (rewrites()) {
        std::ofstream out(file);
        std::ranges::copy(reading.written, std::ostream_iterator<std::string>(out, "\n"));
        return;
    }
    ADD_FAILURE_AT(file.c_str(), static_cast<int>(reading.different_at))
        << "the transcript is now\n"
        << reading.different << "(TANJI_REWRITE=1 writes it)\n"
        << reading.story.diagram();
}

INSTANTIATE_TEST_SUITE_P(Text, Scenarios, ::testing::ValuesIn(stories()), [](const auto& file) {
    return fs::path(file.param).stem().string();
});

// A runner that agrees with everything would pass every file.
TEST(ScenarioText, AnExpectationThatDoesNotHoldIsFoundInItsLine) {
    const Reading reading = read_text("members 1 2 3\ncampaign 1\nsettle\nexpect leader 2\n");
    EXPECT_EQ(reading.fault, "it is 1");
    EXPECT_EQ(reading.line, 4U);
}

TEST(ScenarioText, AnotherTranscriptIsFound) {
    const Reading reading = read_text("members 1 2\ncampaign 1\nsettle\n----\n1 leader\n\n");
    EXPECT_EQ(reading.different_at, 4U);
    EXPECT_TRUE(reading.fault.empty());
    EXPECT_EQ(reading.different.substr(0, 16), "1 leader    term");
}

TEST(ScenarioText, AWordThatIsNoDirectiveIsAFault) {
    EXPECT_NE(read_text("members 1 2 3\nhope 1\n").fault, "");
    EXPECT_NE(read_text("members 1 2 3\nelapse many\n").fault, "");
    EXPECT_NE(read_text("members 1 2 3\ncampaign 1\nmembers 4\n").fault, "");
}

}  // namespace
}  // namespace tanji::consensus::scenario
