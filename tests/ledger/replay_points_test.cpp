// An alliance that lies about points: the public leaves alone give it away.
#include "ledger/replay.h"
#include "tests/ledger/script.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

using testing::HasSubstr;

constexpr TimeMs ms_per_s = 1'000;

// Points earned with one member and spent with another: reserved, confirmed in part, refunded in
// part, released, and a hold that ends by itself.
std::vector<Leaf> story_leaves(Genesis& genesis) {
    Script story;
    for (const char* line : {
             "use city.world",
             "given governors publish programme ride-points owner=rideco sponsor=rideco "
             "micro_per_point=10000",
             "given evpower offer evpower.ev-10kwh 250 ride-points stock=4",
             "given szmetro award u2 1500 ride-points",
             "given u2 reserve 2 evpower.ev-10kwh points 500 as T4",
             "given evpower confirm T4 440 voucher V1",
             "given evpower refund T4 190 write_off",
             "given u2 reserve 1 evpower.ev-10kwh as T5",
             "given u2 release T5",
             "given u2 reserve 1 evpower.ev-10kwh hold 60 as T6",
             "later 60 seconds",
             "given evpower restock evpower.ev-10kwh 1",
             "given evpower close evpower.ev-10kwh",
         }) {
        story.line(line);
    }
    const auto view = story.world().view();
    genesis = view->genesis();
    std::vector<Leaf> leaves;
    for (LeafIndex i = 0; i < view->head().size; ++i) {
        auto leaf = read_leaf(view->leaf_text(i).value_or(""));
        EXPECT_TRUE(leaf) << i;
        leaves.push_back(std::move(*leaf));
    }
    return leaves;
}

// The sentence about the first leaf that cannot be true, or nothing.
std::string first_lie(const Genesis& genesis, const std::vector<Leaf>& leaves) {
    Replay replay(genesis);
    for (const Leaf& leaf : leaves) {
        if (const auto fed = replay.feed(leaf); !fed) {
            return fmt::format("{}: {}", leaf.type, fed.error().detail);
        }
    }
    return {};
}

void set_text(Leaf& leaf, std::string_view name, std::string text) {
    for (JsonMember& each : std::get<JsonValue::Object>(leaf.public_part.value)) {
        if (each.name == name) {
            each.value.value = std::move(text);
        }
    }
}

struct PointsLie {
    const char* name;
    const char* type;  // the first leaf of that type is changed
    std::function<void(Leaf&)> plant;
    const char* sentence;
};

class PointsLies : public ::testing::TestWithParam<PointsLie> {};

TEST_P(PointsLies, AreFoundInTheLeafThatTellsThem) {
    Genesis genesis;
    std::vector<Leaf> leaves = story_leaves(genesis);
    ASSERT_EQ(first_lie(genesis, leaves), "");
    const auto leaf = std::ranges::find(leaves, GetParam().type, &Leaf::type);
    ASSERT_NE(leaf, leaves.end());
    GetParam().plant(*leaf);
    EXPECT_THAT(
        first_lie(genesis, leaves),
        AllOf(HasSubstr(GetParam().type), HasSubstr(GetParam().sentence))
    );
}

const std::vector<PointsLie> all_lies = {
    {"MoreIsAwardedThanSaid",
     "activity.attest",
     [](Leaf& leaf) { leaf.effects.points.front().amount += 1; },
     "awards"},
    {"PointsAreAwardedOutOfNothing",
     "redemption.reserve",
     [](Leaf& leaf) { leaf.effects.points.front().from = "awarded"; },
     "moves no points from awarded"},
    {"AnotherProgrammeIsSpent",
     "redemption.reserve",
     [](Leaf& leaf) { leaf.effects.points.front().unit = "no-points"; },
     "no programme"},
    {"MoreIsHeldThanThereIs",
     "redemption.reserve",
     [](Leaf& leaf) { leaf.effects.points.front().amount = 5'000; },
     "leave available"},
    {"ThePriceIsAnother",
     "redemption.reserve",
     [](Leaf& leaf) { set_text(leaf, "points", "499"); },
     "do not cost"},
    {"TheOfferIsUnknown",
     "redemption.reserve",
     [](Leaf& leaf) { set_text(leaf, "offer", "evpower.nothing"); },
     "no open offer"},
    {"TheHoldIsLonger",
     "redemption.reserve",
     [](Leaf& leaf) { *leaf.effects.redemption->until += ms_per_s; },
     "until another time"},
    {"ANobodysRedemptionIsConfirmed",
     "redemption.confirm",
     [](Leaf& leaf) { set_text(leaf, "redemption", std::string(32, 'a')); },
     "never reserved"},
    {"AnotherMemberConfirms",
     "redemption.confirm",
     [](Leaf& leaf) { leaf.signers = {std::string(32, 'b')}; },
     "no key of its merchant"},
    {"OtherPointsAreRedeemedThanSaid",
     "redemption.confirm",
     [](Leaf& leaf) { set_text(leaf, "points", "439"); },
     "redeems other points"},
    {"TheMerchantOwesItself",
     "redemption.confirm",
     [](Leaf& leaf) { leaf.effects.clearing.front().debtor = "evpower"; },
     "owes"},
    {"MoreIsOwedThanRedeemed",
     "redemption.confirm",
     [](Leaf& leaf) {
         leaf.effects.clearing.front().points += 1;
         leaf.effects.clearing.front().value += 10'000;
     },
     "points are owed for"},
    {"ThePointsAreWorthMore",
     "redemption.confirm",
     [](Leaf& leaf) { leaf.effects.clearing.front().value += 1; },
     "are not worth"},
    {"MoreIsRefundedThanSaid",
     "redemption.refund",
     [](Leaf& leaf) { set_text(leaf, "points", "189"); },
     "are refunded"},
    {"MoreOfTheDebtComesBack",
     "redemption.refund",
     [](Leaf& leaf) { leaf.effects.clearing.front().points = 441; },
     "more than it owed"},
    {"AReleaseKeepsSomething",
     "redemption.release",
     [](Leaf& leaf) { leaf.effects.points.front().amount -= 1; },
     "held"},
    {"AHoldEndsEarly", "redemption.expire", [](Leaf& leaf) { leaf.time -= ms_per_s; }, "not due"},
    {"AHoldEndsAndPointsVanish",
     "redemption.expire",
     [](Leaf& leaf) { leaf.effects.points.front().amount -= 1; },
     "come back"},
    {"ASweepNamesNothing",
     "redemption.expire",
     [](Leaf& leaf) { leaf.public_part.value = JsonValue::Object{}; },
     "names no redemptions"},
    {"SomebodyElseOwesForARestock",
     "offer.restock",
     [](Leaf& leaf) {
         leaf.effects.clearing.push_back(
             {.unit = "ride-points", .debtor = "rideco", .creditor = "mall", .points = 1, .value = 1
             }
         );
     },
     "makes nobody owe"},
    {"AnOfferIsRevisedInSecret",
     "offer.restock",
     [](Leaf& leaf) { leaf.effects.offer->revision += 1; },
     "another revision"},
    {"AnotherMemberClosesIt",
     "offer.close",
     [](Leaf& leaf) { leaf.signers = {std::string(32, 'b')}; },
     "no key of its merchant"},
    {"TooFewGovernorsWantIt",
     "programme.publish",
     [](Leaf& leaf) { leaf.signers.resize(2); },
     "governors signed"},
    {"AVersionIsSkipped",
     "programme.publish",
     [](Leaf& leaf) { leaf.effects.programme->version = 2; },
     "is next"},
};

INSTANTIATE_TEST_SUITE_P(Replay, PointsLies, ::testing::ValuesIn(all_lies), [](const auto& each) {
    return std::string(each.param.name);
});

}  // namespace
}  // namespace tanji::ledger::test
