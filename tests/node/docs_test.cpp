// Promises about the documents: a page that fades from the code fails here.
#include "ledger/value/error_code.h"
#include "node/telemetry/metrics.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;

const fs::path root = fs::path(TANJI_TEST_DATA).parent_path();

std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::vector<fs::path> pages() {
    std::vector<fs::path> found = {root / "README.md", root / "CHANGELOG.md"};
    for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
        if (entry.path().extension() == ".md") {
            found.push_back(entry.path());
        }
    }
    return found;
}

TEST(Docs, ErrorsPageHasEveryCodeOnceAndInOrder) {
    std::vector<std::string> codes;
#define TANJI_LISTED(name) codes.emplace_back(#name);
    TANJI_ERROR_CODES(TANJI_LISTED)
#undef TANJI_LISTED
    const std::string page = read(root / "docs/errors.md");
    const std::regex row("(^|\n)\\| `([a-z_]+)` \\|");
    std::vector<std::string> listed;
    for (std::sregex_iterator at(page.begin(), page.end(), row), end; at != end; ++at) {
        listed.push_back((*at)[2]);
    }
    EXPECT_EQ(listed, codes);
}

TEST(Docs, OperatingPageNamesEveryMetricThatANodeExports) {
    const Metrics metrics("0", "0");
    const std::string page = read(root / "docs/operating.md");
    const std::string exposition = metrics.exposition();
    const std::regex type("# TYPE ([a-z_]+) ");
    std::size_t count = 0;
    for (std::sregex_iterator at(exposition.begin(), exposition.end(), type), end; at != end;
         ++at) {
        EXPECT_NE(page.find((*at)[1].str()), std::string::npos) << (*at)[1] << " is not described";
        ++count;
    }
    EXPECT_GT(count, 10U);
}

TEST(Docs, EveryPageHasOneTitleAndNoDeadRelativeLink) {
    const std::regex link("\\]\\(([^)#:]+)(#[^)]*)?\\)");
    for (const fs::path& page : pages()) {
        const std::string text = read(page);
        EXPECT_TRUE(text.starts_with("# ")) << page << " does not begin with its title";
        for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
            EXPECT_TRUE(fs::exists(page.parent_path() / (*at)[1].str()))
                << page << " links to " << (*at)[1];
        }
    }
}

}  // namespace
}  // namespace tanji::node
