#include "tools/import/zone.h"

#include <array>
#include <charconv>

namespace tanji::tools {

namespace {

using ledger::Date;
using ledger::Day;
using ledger::TimeS;

// Takes digits and the marks between them off the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : left_(text) {}

    std::optional<int> number(std::size_t least, std::size_t most) {
        std::size_t digits = 0;
        while (digits < left_.size() && digits < most && left_[digits] >= '0' &&
               left_[digits] <= '9') {
            ++digits;
        }
        if (digits < least) {
            return std::nullopt;
        }
        int value = 0;
        std::from_chars(left_.data(), left_.data() + digits, value);
        left_.remove_prefix(digits);
        return value;
    }
    bool mark(char c) {
        if (left_.empty() || left_.front() != c) {
            return false;
        }
        left_.remove_prefix(1);
        return true;
    }
    bool done() const { return left_.empty(); }

private:
    std::string_view left_;
};

bool is_time_of_day(const LocalTime& local) {
    return local.hour < 24 && local.minute < 60 && local.second < 60;
}

bool is_date(const Date& date) {
    return date.year >= 1970 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
           date.day >= 1 && date.day <= 31 &&
           ledger::civil_from_day(ledger::day_from_civil(date)) == date;
}

// 0 = Sunday; 1970-01-01 was a Thursday.
int weekday(Day day) {
    return static_cast<int>((day % 7 + 7 + 4) % 7);
}

Day nth_sunday(int year, int month, int nth) {
    const Day first = ledger::day_from_civil({year, month, 1});
    return first + (7 - weekday(first)) % 7 + 7 * (nth - 1);
}

Day last_sunday(int year, int month) {
    const Day last = ledger::day_from_civil({year, month, 31});  // March and October have 31 days
    return last - weekday(last);
}

struct NamedZone {
    std::string_view name;
    int offset_minutes;
    int summer;  // 0 none, 1 United States, 2 Europe
};
constexpr std::array<NamedZone, 8> named_zones{{
    {"UTC", 0, 0},
    {"Asia/Shanghai", 480, 0},
    {"America/New_York", -300, 1},
    {"America/Chicago", -360, 1},
    {"America/Denver", -420, 1},
    {"America/Los_Angeles", -480, 1},
    {"Europe/London", 0, 2},
    {"Europe/Berlin", 60, 2},
}};

}  // namespace

std::optional<LocalTime> parse_local_time(std::string_view text) {
    Scanner in(text);
    LocalTime local;
    const auto first = in.number(1, 4);
    if (!first) {
        return std::nullopt;
    }
    const bool year_first = in.mark('-');
    if (!year_first && !in.mark('/')) {
        return std::nullopt;
    }
    const auto second = in.number(1, 2);
    if (!second || !in.mark(year_first ? '-' : '/')) {
        return std::nullopt;
    }
    const auto third = in.number(year_first ? 2 : 4, year_first ? 2 : 4);
    if (!third || !(in.mark(' ') || in.mark('T'))) {
        return std::nullopt;
    }
    local.date = year_first ? Date{*first, *second, *third} : Date{*third, *first, *second};
    const auto hour = in.number(1, 2);
    const bool colon = in.mark(':');
    const auto minute = in.number(2, 2);
    if (!hour || !colon || !minute) {
        return std::nullopt;
    }
    local.hour = *hour;
    local.minute = *minute;
    if (in.mark(':')) {
        const auto seconds = in.number(2, 2);
        if (!seconds || (in.mark('.') && !in.number(1, 9))) {
            return std::nullopt;
        }
        local.second = *seconds;
    }
    if (!in.done() || !is_date(local.date) || !is_time_of_day(local)) {
        return std::nullopt;
    }
    return local;
}

std::optional<Zone> Zone::parse(std::string_view name) {
    for (const NamedZone& zone : named_zones) {
        if (zone.name == name) {
            const Summer summer = zone.summer == 1   ? Summer::us
                                  : zone.summer == 2 ? Summer::eu
                                                     : Summer::none;
            return Zone(zone.offset_minutes, summer);
        }
    }
    Scanner in(name);
    const bool east = in.mark('+');
    if (!east && !in.mark('-')) {
        return std::nullopt;
    }
    const auto hours = in.number(2, 2);
    const bool colon = in.mark(':');
    const auto minutes = in.number(2, 2);
    if (!hours || !colon || !minutes || !in.done() || *hours > 14 || *minutes > 59) {
        return std::nullopt;
    }
    const int offset = 60 * *hours + *minutes;
    return Zone(east ? offset : -offset, Summer::none);
}

std::optional<TimeS> Zone::to_utc(const LocalTime& local, bool later) const {
    const TimeS wall = 86'400 * ledger::day_from_civil(local.date) + 3'600 * local.hour +
                       60 * local.minute + local.second;
    const TimeS winter = wall - 60 * offset_minutes_;
    if (summer_ == Summer::none) {
        return winter;
    }
    const int year = local.date.year;
    if (summer_ == Summer::us && year < 2007) {  // the rules below began in 2007
        return std::nullopt;
    }
    if (summer_ == Summer::eu && year < 1996) {
        return std::nullopt;
    }
    // The instants at which the clock is put forward and back. In the United States both happen at
    // two o'clock by the clock in force, in Europe both at one o'clock UTC.
    const TimeS forward = summer_ == Summer::us
                              ? 86'400 * nth_sunday(year, 3, 2) + 7'200 - 60 * offset_minutes_
                              : 86'400 * last_sunday(year, 3) + 3'600;
    const TimeS back = summer_ == Summer::us
                           ? 86'400 * nth_sunday(year, 11, 1) + 3'600 - 60 * offset_minutes_
                           : 86'400 * last_sunday(year, 10) + 3'600;
    const TimeS summer = winter - 3'600;
    const bool may_be_summer = summer >= forward && summer < back;
    const bool may_be_winter = winter < forward || winter >= back;
    if (may_be_summer && may_be_winter) {
        return later ? winter : summer;
    }
    if (may_be_summer) {
        return summer;
    }
    return may_be_winter ? std::optional(winter) : std::nullopt;
}

std::optional<Span> to_span(const Zone& zone, const LocalTime& start, const LocalTime& end) {
    const auto begins = zone.to_utc(start);
    auto ends = zone.to_utc(end);
    if (begins && ends && *ends <= *begins) {
        ends = zone.to_utc(end, true);
    }
    if (!begins || !ends) {
        return std::nullopt;
    }
    return Span{*begins, *ends};
}

}  // namespace tanji::tools
