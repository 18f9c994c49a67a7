#include "node/demo_records.h"

#include "ledger/command/batch.h"
#include "ledger/value/crypto.h"

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::Amount;

constexpr int offset_minutes = 480;

}  // namespace

ledger::Record DemoRecords::blank_record(Dice& dice, ledger::TimeS start, ledger::TimeS seconds)
    const {
    ledger::Record record;
    record.account = accounts_[dice.below(accounts_.size())];
    record.start = start;
    record.end = start + seconds;
    record.region = "440305";
    record.salt = dice.fixed<ledger::Salt>();
    return record;
}

std::vector<ledger::Record> DemoRecords::trips(
    std::string_view kind, std::string_view label, std::size_t count, std::uint64_t metres_max
) const {
    Dice dice(seed_, label);
    const ledger::TimeS day =
        ledger::start_of_day(ledger::local_day(now_ / 1'000, offset_minutes) - 1, offset_minutes);
    const int year = ledger::civil_from_day(ledger::local_day(day + 43'200, offset_minutes)).year;
    const ledger::Bytes& event_key = event_keys_.at(static_cast<std::uint64_t>(year));
    std::vector<ledger::Record> records;
    for (std::size_t i = 0; i < count; ++i) {
        const auto start = day + 6 * 3'600 + static_cast<ledger::TimeS>(dice.below(15 * 3'600));
        ledger::Record record =
            blank_record(dice, start, 300 + static_cast<ledger::TimeS>(dice.below(1'500)));
        record.source = ledger::Source::event;
        record.tag =
            ledger::event_tag(event_key, kind, fmt::format("SYNTHETIC/{}/{:06}", label, i));
        record.inputs = {static_cast<Amount>(500 + dice.below(metres_max))};
        records.push_back(std::move(record));
    }
    return records;
}

std::vector<ledger::Record> DemoRecords::meter_days(std::size_t count) const {
    Dice dice(seed_, "meters");
    const ledger::Day yesterday = ledger::local_day(now_ / 1'000, offset_minutes) - 1;
    const ledger::TimeS day = ledger::start_of_day(yesterday, offset_minutes);
    const int year = ledger::civil_from_day(yesterday).year;
    const ledger::Bytes& event_key = event_keys_.at(static_cast<std::uint64_t>(year));
    std::vector<ledger::Record> records;
    for (std::size_t i = 0; i < count; ++i) {
        ledger::Record record = blank_record(dice, day, 86'399);
        record.account = accounts_[i % accounts_.size()];
        record.source = ledger::Source::interval;
        record.tag = ledger::subject_tag(event_key, "meter", fmt::format("SYNTHETIC/{:06}", i));
        const auto mean = static_cast<Amount>(8'000 + dice.below(5'000));
        record.inputs = {mean, mean - static_cast<Amount>(dice.below(2'500)) + 500};
        records.push_back(std::move(record));
    }
    return records;
}

std::string demo_rides_csv(std::uint64_t seed, std::size_t rides, ledger::TimeMs now) {
    Dice dice(seed, "csv");
    const ledger::Day yesterday = ledger::local_day(now / 1'000, 0) - 1;
    const auto date = ledger::to_text(ledger::civil_from_day(yesterday));
    std::string csv =
        "ride_id,rideable_type,started_at,ended_at,start_station_name,start_station_id,"
        "end_station_name,end_station_id,start_lat,start_lng,end_lat,end_lng,member_casual\n";
    for (std::size_t i = 0; i < rides; ++i) {
        const std::uint64_t start = 6 * 3'600 + dice.below(12 * 3'600);
        const std::uint64_t end = start + 240 + dice.below(2'400);
        const auto clock = [&](std::uint64_t second) {
            return fmt::format(
                "{} {:02}:{:02}:{:02}", date, second / 3'600, second / 60 % 60, second % 60
            );
        };
        const std::uint64_t from = dice.below(40);
        const std::uint64_t to = dice.below(40);  // some rides end where they began: rejected
        csv += fmt::format(
            "SYNTHETIC{:07},classic_bike,{},{},Stop {},{},Stop {},{},22.{:04},114.{:04},22.{:04},"
            "114.{:04},member\n",
            i,
            clock(start),
            clock(end),
            from,
            from,
            to,
            to,
            5'300 + 7 * from,
            500 + 11 * from,
            5'300 + 7 * to,
            500 + 11 * to
        );
    }
    return csv;
}

}  // namespace tanji::node
