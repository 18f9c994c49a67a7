#include "tools/import/csv.h"
#include "tools/import/distance.h"
#include "tools/import/formats.h"
#include "tools/import/zone.h"

#include <array>
#include <optional>

namespace tanji::tools {

namespace {

using ledger::ErrorCode;
using ledger::Result;

constexpr std::string_view operator_name = "CITIBIKE";
constexpr ledger::TimeS shortest_ride_s = 60;  // shorter ones are bicycles put back at once

// Where the columns that we read stand.
struct Columns {
    std::size_t start = 0;
    std::size_t end = 0;
    std::array<std::size_t, 2> stations{};
    std::array<std::size_t, 2> latitudes{};
    std::array<std::size_t, 2> longitudes{};
    std::size_t order = 0;    // ride id, or the bicycle in the older exports
    bool has_ride_id = true;  // since 2021
    std::size_t count = 0;
};

std::optional<Columns> find_columns(const std::vector<std::string>& header) {
    bool missing = false;
    const auto at = [&](std::string_view name) {
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (header[i] == name) {
                return i;
            }
        }
        missing = true;
        return std::size_t{0};
    };
    Columns columns;
    columns.count = header.size();
    columns.has_ride_id = !header.empty() && header[0] == "ride_id";
    if (columns.has_ride_id) {
        columns.order = at("ride_id");
        columns.start = at("started_at");
        columns.end = at("ended_at");
        columns.stations = {at("start_station_id"), at("end_station_id")};
        columns.latitudes = {at("start_lat"), at("end_lat")};
        columns.longitudes = {at("start_lng"), at("end_lng")};
    } else {
        columns.order = at("bikeid");
        columns.start = at("starttime");
        columns.end = at("stoptime");
        columns.stations = {at("start station id"), at("end station id")};
        columns.latitudes = {at("start station latitude"), at("end station latitude")};
        columns.longitudes = {at("start station longitude"), at("end station longitude")};
    }
    return missing ? std::nullopt : std::optional(columns);
}

class CitibikeReader final : public RowReader {
public:
    CitibikeReader(std::istream& in, Zone zone) : csv_(in), zone_(zone) {}

    ledger::Status read_header() {
        CsvRow header;
        if (!csv_.next(header)) {
            return ledger::refuse(ErrorCode::command_malformed, "the file is empty");
        }
        const auto columns = find_columns(header.fields);
        if (!columns) {
            return ledger::refuse(
                ErrorCode::command_malformed,
                "the first line has neither the columns of Citi Bike since 2021 nor the older ones"
            );
        }
        columns_ = *columns;
        return {};
    }

    bool next(ReadRow& row) override {
        if (!csv_.next(csv_row_)) {
            return false;
        }
        row = read(csv_row_);
        return true;
    }

private:
    ReadRow read(const CsvRow& csv) const {
        const auto reject = [&](std::string reason, std::string detail) -> ReadRow {
            return RejectedRow{csv.line, std::move(reason), std::move(detail)};
        };
        if (!csv.fault.empty()) {
            return reject("malformed", csv.fault);
        }
        if (csv.fields.size() != columns_.count) {
            return reject(
                "malformed",
                fmt::format("{} columns, expected {}", csv.fields.size(), columns_.count)
            );
        }
        const auto& fields = csv.fields;
        const std::string& order = fields[columns_.order];
        if (order.empty()) {
            return reject("malformed", "the ride has no number");
        }
        const auto starts = parse_local_time(fields[columns_.start]);
        const auto ends = parse_local_time(fields[columns_.end]);
        const auto span = starts && ends ? to_span(zone_, *starts, *ends) : std::nullopt;
        if (!span) {
            return reject("time_invalid", "a time is malformed, or the clock skipped it");
        }
        if (span->end < span->start) {
            return reject("time_invalid", "the ride ended before it began");
        }
        if (span->end - span->start < shortest_ride_s) {
            return reject("too_short", "the ride took less than 60 s");
        }
        const std::string& from = fields[columns_.stations[0]];
        const std::string& to = fields[columns_.stations[1]];
        if (!from.empty() && from == to) {
            return reject("same_station", "the ride ended where it began");
        }
        const auto start_place =
            parse_place(fields[columns_.latitudes[0]], fields[columns_.longitudes[0]]);
        const auto end_place =
            parse_place(fields[columns_.latitudes[1]], fields[columns_.longitudes[1]]);
        if (!start_place || !end_place) {
            return reject("coordinates_missing", "a station has no usable coordinates");
        }
        SourceRow ride;
        ride.line = csv.line;
        ride.start = span->start;
        ride.end = span->end;
        ride.inputs = {great_circle_metres(*start_place, *end_place)};
        // The older exports have no number of the ride and no user: one bicycle can only begin one
        // ride at a time, and it stands for the account.
        ride.subject = order;
        ride.event = columns_.has_ride_id
                         ? fmt::format("{}/{}", operator_name, order)
                         : fmt::format("{}/{}/{}", operator_name, order, fields[columns_.start]);
        return ride;
    }

    CsvReader csv_;
    Zone zone_;
    Columns columns_;
    CsvRow csv_row_;
};

}  // namespace

Result<std::unique_ptr<RowReader>> read_citibike(std::istream& in, std::string_view zone) {
    const auto parsed = Zone::parse(zone.empty() ? "America/New_York" : zone);
    if (!parsed) {
        return ledger::refuse(ErrorCode::command_malformed, "{} is no zone known here", zone);
    }
    auto reader = std::make_unique<CitibikeReader>(in, *parsed);
    if (auto header = reader->read_header(); !header) {
        return ledger::refusal(header);
    }
    return reader;
}

}  // namespace tanji::tools
