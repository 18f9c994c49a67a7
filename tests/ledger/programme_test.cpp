#include "ledger/points/programme.h"

#include <gtest/gtest.h>

// When points may be spent, when they are gone, and how many there are: values worked out by hand.
namespace tanji::ledger::test {
namespace {

constexpr TimeMs hour = 3'600'000;
constexpr TimeMs minute = 60'000;

TimeMs utc(int year, int month, int day, TimeMs past_midnight = 0) {
    return day_from_civil({.year = year, .month = month, .day = day}) * ms_per_day + past_midnight;
}

Programme zone(int utc_offset_minutes) {
    Programme programme;
    programme.utc_offset_minutes = utc_offset_minutes;
    return programme;
}

// Shenzhen: local midnight is 16:00 of the day before.
Programme shenzhen() {
    return zone(480);
}
TimeMs local(int year, int month, int day, TimeMs past_midnight = 0) {
    return utc(year, month, day, past_midnight) - 8 * hour;
}

TEST(Programme, TheHelpersOfTheseTestsKnowOneTimeThatIsWrittenDown) {
    EXPECT_EQ(utc(2026, 3, 2), 1'772'409'600'000);
    EXPECT_EQ(local(2026, 3, 2, 8 * hour), 1'772'409'600'000);
}

TEST(Programme, WithoutDelayPointsMayBeSpentAtOnce) {
    const TimeMs awarded = local(2026, 3, 2, 13 * hour + 7);
    EXPECT_EQ(available_at(shenzhen(), awarded), awarded);
}

TEST(Programme, ADelayIsCountedInLocalDaysFromTheDayOfTheAward) {
    Programme programme = shenzhen();
    programme.delay_days = 1;
    EXPECT_EQ(available_at(programme, local(2026, 3, 2)), local(2026, 3, 3));
    EXPECT_EQ(available_at(programme, local(2026, 3, 3) - 1), local(2026, 3, 3));
    EXPECT_EQ(available_at(programme, local(2026, 3, 3)), local(2026, 3, 4));
    EXPECT_EQ(available_at(programme, local(2026, 12, 31, 12 * hour)), local(2027, 1, 1));
    EXPECT_EQ(available_at(programme, local(2028, 2, 28, 12 * hour)), local(2028, 2, 29));
    programme.delay_days = 2;
    EXPECT_EQ(available_at(programme, local(2027, 2, 27, 12 * hour)), local(2027, 3, 1));
    EXPECT_EQ(available_at(programme, local(2028, 2, 28, 12 * hour)), local(2028, 3, 1));
    programme.delay_days = 30;
    EXPECT_EQ(available_at(programme, local(2026, 1, 31, 1)), local(2026, 3, 2));
}

TEST(Programme, DaysAreThoseOfTheProgrammesZone) {
    Programme greenwich = zone(0);
    greenwich.delay_days = 1;
    EXPECT_EQ(available_at(greenwich, utc(2026, 3, 3) - 1), utc(2026, 3, 3));
    EXPECT_EQ(available_at(greenwich, utc(2026, 3, 3)), utc(2026, 3, 4));
    // Kathmandu: midnight is 18:15 of the day before.
    Programme kathmandu = zone(345);
    kathmandu.delay_days = 1;
    const TimeMs midnight = utc(2026, 3, 2, 18 * hour + 15 * minute);
    EXPECT_EQ(available_at(kathmandu, midnight - 1), midnight);
    EXPECT_EQ(available_at(kathmandu, midnight), midnight + ms_per_day);
    // Kiritimati: at noon in Greenwich it is two o'clock of the next day.
    const Programme kiritimati = zone(840);
    EXPECT_EQ(
        day_of(kiritimati, utc(2026, 3, 2, 10 * hour) - 1), day_of(greenwich, utc(2026, 3, 2))
    );
    EXPECT_EQ(day_of(kiritimati, utc(2026, 3, 2, 10 * hour)), day_of(greenwich, utc(2026, 3, 3)));
}

TEST(Programme, ALotLivesUntilTheEndOfTheDayThatItsValidityReaches) {
    Programme programme = shenzhen();
    programme.validity_days = 365;
    // The rule scenario refund_after_expiry.
    EXPECT_EQ(expires_at(programme, local(2026, 3, 4, 12 * hour)), local(2027, 3, 5));
    EXPECT_EQ(expires_at(programme, local(2026, 3, 4)), local(2027, 3, 5));
    EXPECT_EQ(expires_at(programme, local(2026, 3, 5) - 1), local(2027, 3, 5));
    // 365 days from the first of March 2027 end on the leap day.
    EXPECT_EQ(expires_at(programme, local(2027, 3, 1, 12 * hour)), local(2028, 3, 1));
    EXPECT_EQ(expires_at(programme, local(2027, 2, 28, 12 * hour)), local(2028, 2, 29));
    programme.validity_days = 1;
    EXPECT_EQ(expires_at(programme, local(2026, 12, 31, 23 * hour)), local(2027, 1, 2));
    // 2100 is no leap year.
    EXPECT_EQ(expires_at(programme, local(2100, 2, 28, 12 * hour)), local(2100, 3, 2));
    programme.validity_days = 3'620;
    EXPECT_EQ(expires_at(programme, local(2026, 3, 2, 12 * hour)), local(2036, 1, 30));
}

TEST(Programme, ALotThatExpiresByMonthLivesUntilTheEndOfThatMonth) {
    Programme programme = shenzhen();
    programme.expires_by_month = true;
    programme.validity_days = 365;
    EXPECT_EQ(expires_at(programme, local(2026, 3, 2, 8 * hour)), local(2027, 4, 1));
    EXPECT_EQ(expires_at(programme, local(2026, 3, 31, 23 * hour)), local(2027, 4, 1));
    EXPECT_EQ(expires_at(programme, local(2026, 4, 1)), local(2027, 5, 1));
    EXPECT_EQ(expires_at(programme, local(2026, 12, 31, 12 * hour)), local(2028, 1, 1));
    EXPECT_EQ(expires_at(programme, local(2027, 2, 28, 12 * hour)), local(2028, 3, 1));
    programme.validity_days = 30;
    EXPECT_EQ(expires_at(programme, local(2027, 1, 30)), local(2027, 4, 1));  // 1 March
    EXPECT_EQ(expires_at(programme, local(2028, 1, 30)), local(2028, 3, 1));  // 29 February
    programme.validity_days = 1;
    EXPECT_EQ(expires_at(programme, local(2026, 11, 30) - 1), local(2026, 12, 1));
    EXPECT_EQ(expires_at(programme, local(2026, 11, 30)), local(2027, 1, 1));  // 1 December
    Programme greenwich = programme;
    greenwich.utc_offset_minutes = 0;
    EXPECT_EQ(expires_at(greenwich, local(2026, 12, 1)), utc(2026, 12, 1) + 31 * ms_per_day);
}

TEST(Programme, GraceEndsWithTheLocalDay) {
    Programme programme = shenzhen();
    programme.refund_grace_days = 30;
    EXPECT_EQ(grace_until(programme, local(2027, 3, 10, 9 * hour)), local(2027, 4, 10));
    EXPECT_EQ(grace_until(programme, local(2027, 3, 10)), local(2027, 4, 10));
    EXPECT_EQ(grace_until(programme, local(2027, 3, 11) - 1), local(2027, 4, 10));
    programme.refund_grace_days = 1;
    EXPECT_EQ(grace_until(programme, local(2028, 2, 28, 12 * hour)), local(2028, 3, 1));
    EXPECT_EQ(grace_until(programme, local(2027, 2, 28, 12 * hour)), local(2027, 3, 2));
    programme.refund_grace_days = 90;
    EXPECT_EQ(grace_until(programme, local(2026, 10, 3)), local(2027, 1, 2));
}

TEST(Programme, MonthsAreNumberedOneAfterAnotherInLocalTime) {
    EXPECT_EQ(month_of(zone(0), 0), 1970 * 12);
    EXPECT_EQ(month_of(shenzhen(), local(2026, 3, 1)), 2026 * 12 + 2);
    EXPECT_EQ(month_of(shenzhen(), local(2026, 3, 1) - 1), 2026 * 12 + 1);
    EXPECT_EQ(month_of(zone(0), local(2026, 3, 1)), 2026 * 12 + 1);
    EXPECT_EQ(
        month_of(shenzhen(), local(2027, 1, 1)), month_of(shenzhen(), local(2026, 12, 1)) + 1
    );
    EXPECT_EQ(month_of(shenzhen(), local(2028, 2, 29, 23 * hour)), 2028 * 12 + 1);
}

TEST(Programme, PointsAreRoundedDown) {
    Programme programme;
    EXPECT_EQ(points_for(programme, 597), 597);
    programme.rate_grams = 10;
    EXPECT_EQ(points_for(programme, 0), 0);
    EXPECT_EQ(points_for(programme, 9), 0);
    EXPECT_EQ(points_for(programme, 10), 1);
    EXPECT_EQ(points_for(programme, 653), 65);  // formats document, 4.5
    EXPECT_EQ(points_for(programme, 364), 36);
    programme.rate_points = 3;
    programme.rate_grams = 2;
    EXPECT_EQ(points_for(programme, 5), 7);
    EXPECT_EQ(points_for(programme, 1), 1);
}

TEST(Programme, MorePointsThanAnAmountAreStillTold) {
    Programme programme;
    programme.rate_points = amount_max;
    EXPECT_EQ(points_for(programme, 1), amount_max);
    EXPECT_EQ(points_for(programme, 2), Int128{2} * amount_max);
    EXPECT_EQ(points_for(programme, amount_max), Int128{amount_max} * amount_max);
    programme.rate_grams = amount_max;
    EXPECT_EQ(points_for(programme, amount_max), amount_max);
    EXPECT_EQ(points_for(programme, amount_max - 1), amount_max - 1);
    programme.rate_points = 1;
    EXPECT_EQ(points_for(programme, amount_max), 1);
    EXPECT_EQ(points_for(programme, amount_max - 1), 0);
}

TEST(Programme, EverybodyMeansEverybody) {
    Programme programme;
    programme.schemes = {"ant", "sz-ph"};
    EXPECT_TRUE(may_earn(programme, "sz-ph", "anyone"));
    EXPECT_FALSE(may_earn(programme, "moon", "anyone"));
    EXPECT_TRUE(accepts_merchant(programme, "anyone"));
    programme.earners = {"payapp", "szmetro"};
    programme.merchants = {"mall"};
    EXPECT_TRUE(may_earn(programme, "ant", "szmetro"));
    EXPECT_FALSE(may_earn(programme, "ant", "szmetr"));
    EXPECT_FALSE(may_earn(programme, "moon", "szmetro"));
    EXPECT_TRUE(accepts_merchant(programme, "mall"));
    EXPECT_FALSE(accepts_merchant(programme, "evpower"));
}

}  // namespace
}  // namespace tanji::ledger::test
