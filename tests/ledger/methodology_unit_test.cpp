#include "ledger/methodology/sum.h"
#include "ledger/methodology/unit.h"
#include "ledger/value/outcome.h"

#include <gtest/gtest.h>

namespace tanji::ledger {
namespace {

Unit unit(std::string_view text) {
    return Unit::parse(text).value();
}

TEST(Unit, AUnitHasOneSpelling) {
    for (const std::string_view text :
         {"1",
          "ug",
          "ug/m",
          "Wh",
          "Wh/piece",
          "1/m",
          "g.m",
          "m.m",
          "Wh.g.m.person.piece.s.ug",
          "ug/m.person",
          "1/m.s"}) {
        ASSERT_TRUE(Unit::parse(text)) << text;
        EXPECT_EQ(unit(text).text(), text);
    }
    for (const std::string_view text :
         {"",
          "/",
          "ug/",
          "/m",
          "m.g",
          "ug/1",
          "1.m",
          "m/m",
          "g.m/m",
          "kg",
          "UG",
          "ug /m",
          "ug/m/s",
          "m..s",
          "m.",
          ".m",
          "1/1",
          "wh"}) {
        EXPECT_FALSE(Unit::parse(text)) << text;
    }
}

TEST(Unit, WhatStandsOnBothSidesIsCancelled) {
    EXPECT_EQ(unit("m").times(unit("ug/m")), Unit::micrograms());
    EXPECT_EQ(unit("ug").over(unit("m")).text(), "ug/m");
    EXPECT_EQ(unit("m").over(unit("m")), Unit{});
    EXPECT_EQ(unit("m").times(unit("m")).over(unit("m.s")).text(), "m/s");
    EXPECT_NE(unit("m"), unit("1/m"));
}

TEST(Outcome, EveryOutcomeIsFoundUnderItsName) {
    for (const auto outcome :
         {Outcome::counted,
          Outcome::cut,
          Outcome::capped,
          Outcome::zero,
          Outcome::ineligible,
          Outcome::conflict}) {
        EXPECT_EQ(outcome_of(name_of(outcome)), outcome);
    }
    EXPECT_EQ(name_of(Outcome::capped), "capped");
    EXPECT_FALSE(outcome_of("Counted"));
}

TEST(Sum, GramsAreFlooredOnceAndTheRemainderIsDropped) {
    EXPECT_EQ(sum_up(597'059'500), (AccountSum{.grams = 597, .deficit = 0}));
    EXPECT_EQ(sum_up(999'999), (AccountSum{.grams = 0, .deficit = 0}));
    EXPECT_EQ(sum_up(1'000'000), (AccountSum{.grams = 1, .deficit = 0}));
}

TEST(Sum, ADeficitIsCarriedUntilItIsMadeGood) {
    EXPECT_EQ(sum_up(-583'660'000), (AccountSum{.grams = 0, .deficit = -583'660'000}));
    EXPECT_EQ(sum_up(1'220'380'000, -583'660'000), (AccountSum{.grams = 636, .deficit = 0}));
    EXPECT_EQ(sum_up(10, -11), (AccountSum{.grams = 0, .deficit = -1}));
    EXPECT_EQ(sum_up(11, -11), (AccountSum{.grams = 0, .deficit = 0}));
}

}  // namespace
}  // namespace tanji::ledger
