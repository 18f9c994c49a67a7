#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::ledger {

// Ledger time and not_after: Unix milliseconds. Records and periods: Unix seconds.
using TimeMs = std::int64_t;
using TimeS = std::int64_t;

inline constexpr TimeMs ms_per_day = 86'400'000;
inline constexpr TimeMs time_ms_max = 253'402'300'799'999;  // the end of the year 9999
inline constexpr TimeS time_s_max = 253'402'300'799;

// A local day, counted from 1970-01-01. There is no time-zone database in a ledger: an offset in
// minutes and integer civil-calendar arithmetic give the same day on every machine.
using Day = std::int64_t;

struct Date {
    int year = 1970;
    int month = 1;  // 1..12
    int day = 1;    // 1..31

    auto operator<=>(const Date&) const = default;
};

// floor((seconds + 60 × offset) / 86,400)
Day local_day(TimeS seconds, int utc_offset_minutes);

Date civil_from_day(Day day);
Day day_from_civil(const Date& date);

// `YYYY-MM-DD`, a day that exists, years 1970..9999; else nothing.
std::optional<Date> parse_date(std::string_view text);
std::string to_text(const Date& date);

// The Unix second at which a local day begins.
TimeS start_of_day(Day day, int utc_offset_minutes);

}  // namespace tanji::ledger
