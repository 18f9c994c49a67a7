#include "tests/model/calendar.h"

namespace tanji::model {
namespace {

int days_in(int year, int month) {
    switch (month) {
        case 2:
            return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        case 4:
        case 6:
        case 9:
        case 11:
            return 30;
        default:
            return 31;
    }
}

int days_in(int year) {
    return days_in(year, 2) == 29 ? 366 : 365;
}

}  // namespace

std::int64_t day_at(TimeMs time, int offset_minutes) {
    const TimeMs local = time + TimeMs{offset_minutes} * 60'000;
    return local >= 0 ? local / day_ms : -((-local + day_ms - 1) / day_ms);
}

TimeMs start_of(std::int64_t day, int offset_minutes) {
    return day * day_ms - TimeMs{offset_minutes} * 60'000;
}

YearMonth month_of_day(std::int64_t day) {
    YearMonth found;
    std::int64_t first = 0;  // of the year, then of the month
    while (first + days_in(found.year) <= day) {
        first += days_in(found.year++);
    }
    while (first + days_in(found.year, found.month) <= day) {
        first += days_in(found.year, found.month++);
    }
    found.day = static_cast<int>(day - first) + 1;
    found.next_month = first + days_in(found.year, found.month);
    return found;
}

}  // namespace tanji::model
