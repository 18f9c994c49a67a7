#include "tools/import/import.h"

#include "tests/tools/desk_fixture.h"
#include "tools/import/distance.h"
#include "tools/import/formats.h"
#include "tools/import/zone.h"
#include "tools/subcommands.h"

#include <sstream>

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::HasSubstr;

ledger::TimeS new_york(const std::string& text, bool later = false) {
    const auto local = parse_local_time(text);
    const auto utc = local ? Zone::parse("America/New_York")->to_utc(*local, later) : std::nullopt;
    return utc.value_or(-1);
}

TEST(Zone, NewYorkChangesItsClockOnTheDaysOfTheLaw) {
    EXPECT_EQ(new_york("2016-03-13 01:59:59"), 1'457'852'399);
    EXPECT_EQ(new_york("2016-03-13 02:00:00"), -1);
    EXPECT_EQ(new_york("2016-03-13 02:59:59"), -1);
    EXPECT_EQ(new_york("2016-03-13 03:00:00"), 1'457'852'400);
    EXPECT_EQ(new_york("2016-11-06 00:59:59"), 1'478'408'399);
    EXPECT_EQ(new_york("2016-11-06 01:00:00"), 1'478'408'400);
    EXPECT_EQ(new_york("2016-11-06 01:00:00", true), 1'478'412'000);
    EXPECT_EQ(new_york("2016-11-06 02:00:00"), 1'478'415'600);
    EXPECT_EQ(new_york("1/1/2016 0:02"), 1'451'624'520);
    EXPECT_EQ(new_york("7/4/2006 12:00"), -1) << "the rules were others before 2007";
}

TEST(Zone, ARideThroughThePutBackClockEndsAfterItBegan) {
    const auto span = to_span(
        *Zone::parse("America/New_York"),
        *parse_local_time("11/6/2016 1:45"),
        *parse_local_time("11/6/2016 1:35")
    );
    ASSERT_TRUE(span);
    EXPECT_EQ(span->end - span->start, 3'000);
}

TEST(Zone, OffsetsAndNamesAreReadAndNothingElse) {
    const auto noon = *parse_local_time("2026-06-01 12:00:00");
    EXPECT_EQ(Zone::parse("Asia/Shanghai")->to_utc(noon), Zone::parse("+08:00")->to_utc(noon));
    EXPECT_EQ(*Zone::parse("UTC")->to_utc(noon) + 18'000, *Zone::parse("-05:00")->to_utc(noon));
    EXPECT_EQ(
        *Zone::parse("Europe/London")->to_utc(noon) + 3'600, *Zone::parse("UTC")->to_utc(noon)
    );
    for (const auto* name : {"", "utc", "+8", "+15:00", "Mars/Base", "+08:60"}) {
        EXPECT_FALSE(Zone::parse(name)) << name;
    }
}

TEST(LocalTime, MalformedTimesAreNothing) {
    for (const auto* text :
         {"",
          "2016-02-30 10:00:00",
          "13/1/2016 0:00",
          "1/1/16 0:00",
          "2016-01-01",
          "1/1/2016 24:00",
          "1/1/2016 0:60",
          "1/1/2016 0:00:60",
          "1/1/2016 0:00x",
          "2016-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_local_time(text)) << text;
    }
    EXPECT_EQ(parse_local_time("2016-01-01 00:02:15.125")->second, 15);
}

TEST(Distance, DecimalsAreReadExactly) {
    EXPECT_EQ(parse_decimal("-74.0337589", 9), -74'033'758'900);
    EXPECT_EQ(parse_decimal("40.7272235", 9), 40'727'223'500);
    EXPECT_EQ(parse_decimal("0.1234567899999", 9), 123'456'789);
    EXPECT_EQ(parse_decimal("12", 3), 12'000);
    EXPECT_EQ(parse_decimal(".5", 1), 5);
    for (const auto* text : {"", "-", ".", "1e3", "+1", " 1", "1 ", "1.2.3", "99999999999"}) {
        EXPECT_FALSE(parse_decimal(text, 9)) << text;
    }
}

TEST(Distance, GreatCirclesAreThoseOfTheStatedSphere) {
    const auto metres = [](const char* a, const char* b, const char* c, const char* d) {
        return great_circle_metres(*parse_place(a, b), *parse_place(c, d));
    };
    EXPECT_EQ(metres("0", "1", "0", "1"), 0);
    EXPECT_EQ(metres("0", "1", "0", "2"), 111'195);        // a degree of 6,371,009 m × π / 180
    EXPECT_EQ(metres("90", "0", "-90", "0"), 20'015'115);  // half of the great circle
    EXPECT_EQ(metres("40.72759597", "-74.04424731", "40.7241765", "-74.0506564"), 660);
    EXPECT_FALSE(parse_place("0", "0")) << "that is how exports write unknown";
    EXPECT_FALSE(parse_place("91", "0"));
    EXPECT_FALSE(parse_place("", ""));
}

class ImportTest : public DeskTest {
protected:
    ImportOptions citibike() const {
        ImportOptions options;
        options.format = "citibike";
        options.files = {golden_file("citibike.csv")};
        options.methodology = golden_file("bike.json");
        options.factors = golden_file("factors.json");
        options.region = "US";
        options.account_salt = write("salt.hex", golden("salt.hex"));
        options.event_keys = {write("event.hex", golden("event.hex"))};
        options.out = path("out");
        options.dry_run = true;
        return options;
    }
    std::string records() const {
        return read(path("out/batch-0001.records.ndjson")) +
               read(path("out/batch-0002.records.ndjson"));
    }
};

TEST_F(ImportTest, TwentyRowsGiveTheRecordsAndRejectsOfTheGoldenFiles) {
    const auto imported = import_rides(tool, citibike());
    ASSERT_TRUE(imported) << imported.error().sentence;
    EXPECT_EQ(records(), golden("citibike.records.ndjson"));
    EXPECT_EQ(read(path("out/rejects.csv")), golden("citibike.rejects.csv"));
    EXPECT_THAT(err.str(), HasSubstr("7 records of 2016, 5 accounts, 1 repeated"));
}

TEST_F(ImportTest, TheSameFileGivesTheSameBytesAgain) {
    ASSERT_TRUE(import_rides(tool, citibike()));
    const std::string first = records();
    ASSERT_TRUE(import_rides(tool, citibike()));
    EXPECT_EQ(records(), first);
}

TEST_F(ImportTest, AnotherProviderHasOtherAccountsAndTheSameTags) {
    ASSERT_TRUE(import_rides(tool, citibike()));
    const std::string mine = records().substr(0, 300);
    ImportOptions other = citibike();
    other.account_salt = write("other.hex", std::string(64, '7'));
    ASSERT_TRUE(import_rides(tool, other));
    const std::string theirs = records().substr(0, 300);
    const std::string tag = "84da45e4cfc3627451bcf3d2242436465e57ba43047a372b95ef8d5490146623";
    EXPECT_THAT(mine, HasSubstr(tag));
    EXPECT_THAT(theirs, HasSubstr(tag));
    EXPECT_NE(mine.substr(0, 60), theirs.substr(0, 60));
}

TEST_F(ImportTest, ForeignRidesAreRefusedWithoutDemoAndShiftedWithIt) {
    ImportOptions options = citibike();
    options.shift_days = 7;
    const auto refused = import_rides(tool, options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().exit, Exit::usage);
    EXPECT_THAT(refused.error().sentence, HasSubstr("--demo"));
    options.demo = true;
    ASSERT_TRUE(import_rides(tool, options));
    EXPECT_THAT(records(), HasSubstr(fmt::format("\"start\":{}", 1'459'484'160 + 7 * 86'400)));
    EXPECT_THAT(err.str(), HasSubstr("DEMO"));
}

TEST_F(ImportTest, ASecretThatOthersMayReadIsRefused) {
    ImportOptions options = citibike();
    std::filesystem::permissions(
        options.account_salt,
        std::filesystem::perms::others_read,
        std::filesystem::perm_options::add
    );
    const auto refused = import_rides(tool, options);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence, HasSubstr("chmod 600"));
}

TEST_F(ImportTest, AnUnknownFormatSuggestsTheNearest) {
    ImportOptions options = citibike();
    options.format = "citybike";
    const auto refused = import_rides(tool, options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().exit, Exit::usage);
    EXPECT_THAT(refused.error().sentence, HasSubstr("did you mean citibike?"));
}

TEST(Shift, TheLastActEndsYesterday) {
    constexpr ledger::TimeS end_of_july = 1'469'937'600;  // 2016-07-31 04:00 UTC
    constexpr ledger::TimeS now = 1'795'219'200;          // 2026-11-21 00:00 UTC, 08:00 at +08:00
    const std::int64_t days = shift_to_yesterday(end_of_july, now, 480);
    const ledger::Day moved = ledger::local_day(end_of_july + days * 86'400, 480);
    EXPECT_EQ(moved, ledger::local_day(now, 480) - 1);
}

constexpr std::string_view ride_map = R"(
operator = "metro"
zone = "Asia/Shanghai"
separator = ";"
[columns]
account = "card"
order = ["gate", "out"]
start = "in"
end = "out"
[inputs.distance_m]
column = "km"
times = "1000"
)";

std::vector<ReadRow> read_map(const std::string& table, std::string_view map = ride_map) {
    std::istringstream in(table);
    auto reader = read_generic(in, map, {"distance_m"});
    std::vector<ReadRow> rows;
    if (!reader) {
        ADD_FAILURE() << reader.error().detail;
        return rows;
    }
    for (ReadRow row; (*reader)->next(row);) {
        rows.push_back(row);
    }
    return rows;
}

TEST(GenericImport, AMapTurnsColumnsIntoBaseUnits) {
    const auto rows = read_map(
        "card;gate;in;out;km\n"
        "c1;g7;2026-11-20 08:00:00;2026-11-20 08:20:00;8.5709\n"
        "c1;g7;2026-11-20 09:00:00;2026-11-20 08:20:00;1\n"
        "c1;g7;2026-11-20 08:00:00;2026-11-20 08:20:00;many\n"
        ";g7;2026-11-20 08:00:00;2026-11-20 08:20:00;1\n"
        "c1;g7\n"
    );
    ASSERT_EQ(rows.size(), 5U);
    const auto& ride = std::get<SourceRow>(rows[0]);
    EXPECT_EQ(ride.inputs, std::vector<ledger::Amount>{8'570});
    EXPECT_EQ(ride.event, "metro/g7/2026-11-20 08:20:00");
    EXPECT_EQ(ride.end - ride.start, 1'200);
    EXPECT_EQ(std::get<RejectedRow>(rows[1]).reason, "time_invalid");
    EXPECT_EQ(std::get<RejectedRow>(rows[2]).reason, "input_malformed");
    EXPECT_EQ(std::get<RejectedRow>(rows[3]).reason, "malformed");
    EXPECT_EQ(std::get<RejectedRow>(rows[4]).reason, "malformed");
}

TEST(GenericImport, AMapWithoutAColumnIsRefusedBeforeAnyRow) {
    std::istringstream in("card;gate;in;out\n");
    const auto reader = read_generic(in, ride_map, {"distance_m"});
    ASSERT_FALSE(reader);
    EXPECT_THAT(reader.error().detail, HasSubstr("no column km"));
    std::istringstream again("card;gate;in;out;km\n");
    EXPECT_FALSE(read_generic(again, "operator = ", {"distance_m"}));
    std::istringstream more("card;gate;in;out;km\n");
    EXPECT_FALSE(read_generic(more, ride_map, {"distance_m", "orders"}));
}

}  // namespace
}  // namespace tanji::tools
