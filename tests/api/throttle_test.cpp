#include "api/throttle.h"

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

constexpr Limits::Bucket bucket = {.burst = 2, .per_second = 1};
constexpr ledger::TimeMs now = 1'800'000'000'000;

bool take(Throttle& throttle, ledger::TimeMs at) {
    return throttle.take("ip", "203.0.113.9", bucket, 1, at).allowed;
}

// A request that waited is charged, or paid back, as of the time when it came.
TEST(Throttle, ARequestOfEarlierFillsNothingTwice) {
    Throttle throttle(8);
    EXPECT_TRUE(take(throttle, now));
    EXPECT_TRUE(take(throttle, now));
    EXPECT_FALSE(take(throttle, now - 30'000));
    EXPECT_FALSE(take(throttle, now));
    EXPECT_TRUE(take(throttle, now + 1'000));
}

TEST(Throttle, AClockThatWasSetBackMakesNobodyWaitForIt) {
    Throttle throttle(8);
    EXPECT_TRUE(take(throttle, now));
    EXPECT_TRUE(take(throttle, now));
    EXPECT_FALSE(take(throttle, now - 3'600'000));
    EXPECT_TRUE(take(throttle, now - 3'600'000 + 1'000));
}

TEST(Throttle, WhatIsGivenBackIsThereAgainAndNoMore) {
    Throttle throttle(8);
    EXPECT_TRUE(take(throttle, now));
    for (int i = 0; i < 3; ++i) {
        throttle.give_back("ip", "203.0.113.9", bucket, 1, now);
    }
    EXPECT_TRUE(take(throttle, now));
    EXPECT_TRUE(take(throttle, now));
    EXPECT_FALSE(take(throttle, now));
}

}  // namespace
}  // namespace tanji::api
