#pragma once

#include "ledger/value/time.h"

#include <cstdint>

// Local days and months, counted the slow way: year by year, month by month.
namespace tanji::model {

using ledger::TimeMs;

inline constexpr TimeMs day_ms = 86'400'000;

std::int64_t day_at(TimeMs time, int offset_minutes);
TimeMs start_of(std::int64_t day, int offset_minutes);

struct YearMonth {
    int year = 1970;
    int month = 1;  // 1..12
    int day = 1;
    std::int64_t next_month = 0;  // its first day
};
YearMonth month_of_day(std::int64_t day);

}  // namespace tanji::model
