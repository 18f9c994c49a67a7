#pragma once

#include "ledger/value/time.h"

#include <optional>
#include <string_view>

namespace tanji::tools {

// What a source printed: a date and a time of day, without saying in which zone.
struct LocalTime {
    ledger::Date date;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

// `2016-01-01 00:02:15[.123]` (blank or T between), or `1/31/2016 0:02[:15]` with the month first,
// as the exports of Citi Bike print it. Nothing for anything else; fractions are dropped.
std::optional<LocalTime> parse_local_time(std::string_view text);

// A zone whose rules are written out here, so that an import gives the same records on machines
// with other time-zone data.
class Zone {
public:
    // `UTC`, `+08:00`, `-05:00`, or one of the names in zone.cpp.
    static std::optional<Zone> parse(std::string_view name);

    // Which second it was. An hour that a clock went through twice is taken as the first, or as the
    // second if `later`; a time that the clock skipped, and a year before the rules, is nothing.
    std::optional<ledger::TimeS> to_utc(const LocalTime& local, bool later = false) const;

private:
    enum class Summer { none, us, eu };

    Zone(int offset_minutes, Summer summer) : offset_minutes_(offset_minutes), summer_(summer) {}

    int offset_minutes_;
    Summer summer_;
};

// Start and end of one act. When the end comes out before the start, the clock was put back between
// them, and the end is its second reading. Nothing when a time does not exist.
struct Span {
    ledger::TimeS start = 0;
    ledger::TimeS end = 0;
};
std::optional<Span> to_span(const Zone& zone, const LocalTime& start, const LocalTime& end);

}  // namespace tanji::tools
