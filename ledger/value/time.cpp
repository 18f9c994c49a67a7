#include "ledger/value/time.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr TimeS seconds_per_day = 86'400;

std::int64_t floor_div_64(std::int64_t dividend, std::int64_t divisor) {
    const std::int64_t quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

}  // namespace

Day local_day(TimeS seconds, int utc_offset_minutes) {
    return floor_div_64(seconds + std::int64_t{60} * utc_offset_minutes, seconds_per_day);
}

TimeS start_of_day(Day day, int utc_offset_minutes) {
    return day * seconds_per_day - std::int64_t{60} * utc_offset_minutes;
}

// Both ways count in eras of 400 years that begin on 1 March, so that the day that leap years add
// is the last of its year. 719,468 days lie between 0000-03-01 and 1970-01-01.
Date civil_from_day(Day day) {
    const std::int64_t shifted = day + 719'468;
    const std::int64_t era = floor_div_64(shifted, 146'097);
    const std::int64_t day_of_era = shifted - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return {
        .year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)),
        .month = static_cast<int>(month),
        .day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}

Day day_from_civil(const Date& date) {
    const std::int64_t year = std::int64_t{date.year} - (date.month <= 2 ? 1 : 0);
    const std::int64_t era = floor_div_64(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month_from_march = (date.month + 9) % 12;
    const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

std::optional<Date> parse_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    const auto number = [&](std::size_t from, std::size_t count) {
        int value = 0;
        for (const char digit : text.substr(from, count)) {
            value = digit >= '0' && digit <= '9' ? 10 * value + (digit - '0') : -100'000;
        }
        return value;
    };
    const Date date = {.year = number(0, 4), .month = number(5, 2), .day = number(8, 2)};
    const bool in_range = date.year >= 1970 && date.month >= 1 && date.month <= 12 && date.day >= 1;
    if (!in_range || civil_from_day(day_from_civil(date)) != date) {
        return std::nullopt;
    }
    return date;
}

std::string to_text(const Date& date) {
    return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

}  // namespace tanji::ledger
