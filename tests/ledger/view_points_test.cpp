#include "ledger/view.h"
#include "tests/ledger/script.h"

#include <algorithm>

#include <gtest/gtest.h>

// What can be read of programmes, offers and redemptions: in which order, and from where on.
namespace tanji::ledger::test {
namespace {

void open_shops(Script& script) {
    script.line("use city.world");
    script.given("governors publish programme sz-points rate=2/1");
    script.given("governors publish programme sz-points rate=1/1");
    script.given("governors publish programme plain-points validity_days=10");
    script.given("mall offer mall.tea 10 sz-points");
    script.given("mall offer mall.bag 20 plain-points stock=5");
    script.given("evpower offer evpower.ev 30 sz-points");
    script.given("szmetro award u1 100 sz-points");
    script.given("szmetro award u1 100 plain-points");
    script.given("szmetro award u2 100 sz-points");
}

template <typename Pairs>
std::vector<std::string> names_of(const Pairs& pairs) {
    std::vector<std::string> names;
    for (const auto& [name, value] : pairs) {
        names.push_back(name);
    }
    return names;
}

TEST(View, ProgrammesAreListedBySlugInTheirNewestVersionAndKeptInAll) {
    Script script;
    open_shops(script);
    const auto view = script.world().view();
    const auto programmes = view->programmes();
    ASSERT_EQ(programmes.size(), 2U);
    EXPECT_EQ(programmes[0].slug, "plain-points");
    EXPECT_EQ(programmes[1].slug, "sz-points");
    EXPECT_EQ(programmes[1].version, 2U);
    EXPECT_EQ(view->programme("sz-points", 1)->rate_points, 2);
    EXPECT_EQ(view->programme("sz-points", 2)->rate_points, 1);
    EXPECT_EQ(view->programme("sz-points", 3), std::nullopt);
    EXPECT_EQ(view->programme("moon"), std::nullopt);
}

TEST(View, OffersArePagedByTheirIds) {
    Script script;
    open_shops(script);
    script.given("mall close mall.tea");
    const auto view = script.world().view();
    const auto any = [](const std::string&, const Offer&) { return true; };
    const auto open = [](const std::string&, const Offer& offer) { return !offer.closed; };
    using Names = std::vector<std::string>;
    EXPECT_EQ(names_of(view->offers("", 2, any)), (Names{"evpower.ev", "mall.bag"}));
    EXPECT_EQ(names_of(view->offers("mall.bag", 2, any)), (Names{"mall.tea"}));
    EXPECT_EQ(names_of(view->offers("", 9, open)), (Names{"evpower.ev", "mall.bag"}));
    EXPECT_EQ(names_of(view->offers("mall.tea", 9, any)), Names{});
}

TEST(View, RedemptionsAreFoundByAccountAndByMerchant) {
    Script script;
    open_shops(script);
    for (const char* name : {"T1", "T2", "T3"}) {
        script.given(fmt::format("u1 reserve 1 mall.tea as {}", name));
    }
    script.given("u1 reserve 1 evpower.ev hold 60 as E1");
    script.given("u2 reserve 1 mall.tea as T4");
    script.given("mall confirm T2");
    const auto view = script.world().view();
    const auto any = [](const Redemption&) { return true; };
    const auto held = [](const Redemption& each) { return each.is_held(); };
    const std::string u1 = script.account("u1").text();
    const std::string u2 = script.account("u2").text();
    std::vector<CommandId> ids = {
        id_named("T1"),
        id_named("T2"),
        id_named("T3"),
        id_named("E1"),
    };
    std::ranges::sort(ids);
    const auto of_u1 = view->redemptions_of_account(u1, std::nullopt, 9, any);
    ASSERT_EQ(of_u1.size(), 4U);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_EQ(of_u1[i].first, ids[i]);
        EXPECT_EQ(of_u1[i].second.account.text(), u1);
    }
    const auto page = view->redemptions_of_account(u1, ids[1], 1, any);
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].first, ids[2]);
    EXPECT_EQ(view->redemptions_of_account(u1, std::nullopt, 9, held).size(), 3U);
    EXPECT_EQ(view->redemptions_of_account(u2, std::nullopt, 9, any).size(), 1U);
    EXPECT_EQ(view->redemptions_of_merchant("mall", std::nullopt, 9, any).size(), 4U);
    EXPECT_EQ(view->redemptions_of_merchant("evpower", std::nullopt, 9, any).size(), 1U);
    EXPECT_EQ(view->redemptions_of_merchant("mal", std::nullopt, 9, any).size(), 0U);
    const auto holds = view->holds(u1, 9);
    ASSERT_EQ(holds.size(), 3U);
    EXPECT_EQ(holds[0].first, id_named("E1")) << "its hold ends first";
    EXPECT_EQ(view->holds(u1, 2).size(), 2U);
}

TEST(View, StepsLeadToTheirLeaves) {
    Script script;
    open_shops(script);
    script.given("u1 reserve 2 mall.tea as T1");
    script.given("mall confirm T1 15 as C1");
    script.given("mall refund T1 5 return as R1");
    const auto view = script.world().view();
    const auto steps = view->steps(id_named("T1"));
    ASSERT_EQ(steps.size(), 3U);
    const std::vector<std::string> names = {"T1", "C1", "R1"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& [leaf, step] = steps[i];
        EXPECT_EQ(step.command, id_named(names[i]));
        EXPECT_EQ(step.time, script.world().now);
        EXPECT_EQ(read_leaf(*view->leaf_text(leaf))->id, step.command);
        EXPECT_EQ(read_leaf(*view->leaf_text(leaf))->type, step.type);
    }
    EXPECT_TRUE(view->steps(id_named("T2")).empty());
    EXPECT_EQ(view->redemption(id_named("C1")), std::nullopt);
}

TEST(View, HistoryOfPointsHasTheAvailablePointsAfterwards) {
    Script script;
    open_shops(script);
    script.given("u2 reserve 2 mall.tea as T1");
    script.given("mall confirm T1 15");
    script.given("mall refund T1 5 return");
    const auto view = script.world().view();
    const auto history = view->history(script.account("u2").text(), std::nullopt, 99);
    std::vector<std::pair<std::string, Amount>> seen;  // newest first
    for (const View::HistoryLine& each : history) {
        const auto line = read_line(each.text);
        if (line->unit == "sz-points") {
            seen.emplace_back(
                fmt::format("{}>{} {}", line->from, line->to, line->amount), each.balance
            );
        }
    }
    const std::vector<std::pair<std::string, Amount>> expected = {
        {"redeemed>available 5", 90},
        {"held>redeemed 15", 85},
        {"held>available 5", 85},
        {"available>held 20", 80},
        {"awarded>available 100", 100},
    };
    EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace tanji::ledger::test
