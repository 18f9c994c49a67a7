// What the keys of a demo with several nodes do.
#include "node/demo_banner.h"
#include "node/demo_data.h"
#include "node/demo_keys.h"
#include "node/demo_nodes.h"
#include "tests/node/running_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class DemoOfFour : public testing::Test {
protected:
    DemoOfFour()
        : nodes_({.nodes = 4, .port = test::some_port(), .seed = 3, .keep = {}, .program = {}}) {
        nodes_.start_all();
        nodes_.add_tokens();
    }
    DemoNodes nodes_;
};

TEST_F(DemoOfFour, StoppingOneLeavesTheOthersAtWorkStoppingTwoDoesNot) {
    DemoKeys keys(nodes_, 3, std::nullopt);
    EXPECT_THAT(
        keys.press('2'), StartsWith("ev down: 3 of 4 up, still committing, still certifying; ")
    );
    EXPECT_THAT(nodes_line(nodes_), HasSubstr("ev :" + std::to_string(nodes_.port(1)) + " down"));
    EXPECT_EQ(keys.press('3'), "wallet down: 2 of 4 up, nothing commits, nothing certifies");
    EXPECT_THAT(
        keys.press('3'), StartsWith("wallet up: 3 of 4 up, still committing, still certifying; ")
    );
    EXPECT_EQ(keys.press('d'), "");  // there is no data
    EXPECT_EQ(keys.press('7'), "");
}

TEST_F(DemoOfFour, TheLeaderChangesAndATripReportedTwiceIsRefused) {
    const ledger::TimeMs now = test::clock_ms();
    ASSERT_TRUE(seed_demo(nodes_.node(0).service(), nodes_.alliance(), 3, now));
    DemoKeys keys(nodes_, 3, now);
    const auto before = nodes_.leader(5'000);
    ASSERT_TRUE(before);
    EXPECT_THAT(keys.press('l'), HasSubstr("; " + nodes_.member(*before) + " follows"));
    EXPECT_NE(nodes_.leader(5'000), before);
    EXPECT_THAT(keys.press('d'), StartsWith("wallet reports metro's trip 1 again: activity_conf"));
    EXPECT_THAT(keys.press('d'), StartsWith("wallet reports metro's trip 2 again: activity_conf"));

    const std::string banner = demo_banner(nodes_, {}, true);
    EXPECT_THAT(banner, HasSubstr("Tanji demo: 4 nodes, 3 cosignatures certify."));
    EXPECT_THAT(banner, HasSubstr("[1-4] stop or start a node"));
}

}  // namespace
}  // namespace tanji::node
