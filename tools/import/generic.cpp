// Any table, described by a map in TOML:
//
//     operator  = "metro"                  # first part of the event text
//     zone      = "Asia/Shanghai"          # of the printed times; "unix" for Unix seconds
//     separator = ","                      # optional
//     [columns]
//     account = "card_no"                  # whose act it is
//     order   = ["equ_no", "deal_date"]    # what numbers the act, joined by /
//     start   = "start_time"
//     end     = "end_time"
//     [inputs.distance_m]                  # one table per input of the methodology
//     column = "km"
//     times  = "1000"                      # one of the column's unit, in the input's unit

#include "tools/import/csv.h"
#include "tools/import/distance.h"
#include "tools/import/formats.h"
#include "tools/import/zone.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <toml++/toml.h>

namespace tanji::tools {

namespace {

using ledger::ErrorCode;
using ledger::Result;

constexpr int places = 9;  // digits of a decimal that are read; the rest is below any unit
constexpr ledger::Int128 billion = 1'000'000'000;

struct InputColumn {
    std::string name;
    std::size_t place = 0;
    ledger::Amount times = 1;
};

struct Map {
    std::string operator_name;
    std::optional<Zone> zone;  // nothing: the times are Unix seconds
    char separator = ',';
    std::string account;
    std::vector<std::string> order;
    std::string start;
    std::string end;
    std::vector<std::pair<std::string, ledger::Amount>> inputs;  // column, factor
};

std::unexpected<ledger::Error> map_fault(std::string_view sentence) {
    return ledger::refuse(ErrorCode::command_malformed, "the map {}", sentence);
}

std::string text_of(const toml::node_view<const toml::node>& node) {
    return node.value<std::string>().value_or("");
}

Result<Map> read_map(std::string_view text, const std::vector<std::string>& inputs) {
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& fault) {
        return ledger::refuse(
            ErrorCode::command_malformed,
            "the map, line {}: {}",
            fault.source().begin.line,
            fault.description()
        );
    }
    const toml::table& fields = table;
    Map map;
    map.operator_name = text_of(fields["operator"]);
    const std::string zone = text_of(fields["zone"]);
    map.zone = Zone::parse(zone);
    if (!map.zone && zone != "unix") {
        return map_fault("names no zone that is known here");
    }
    if (const std::string separator = text_of(fields["separator"]); !separator.empty()) {
        map.separator = separator[0];
    }
    const auto columns = fields["columns"];
    map.account = text_of(columns["account"]);
    map.start = text_of(columns["start"]);
    map.end = text_of(columns["end"]);
    if (const toml::array* parts = columns["order"].as_array()) {
        for (const toml::node& part : *parts) {
            map.order.push_back(part.value<std::string>().value_or(""));
        }
    } else {
        map.order.push_back(text_of(columns["order"]));
    }
    if (map.operator_name.empty() || map.account.empty() || map.start.empty() || map.end.empty() ||
        map.order.empty() || std::ranges::count(map.order, "") > 0) {
        return map_fault("must name operator, columns.account, .order, .start and .end");
    }
    for (const std::string& input : inputs) {
        const auto described = fields["inputs"][input];
        const std::string column = text_of(described["column"]);
        const auto times = parse_decimal(described["times"].value<std::string>().value_or("1"), 0);
        if (column.empty() || !times || *times < 1 || *times > 1'000'000'000) {
            return map_fault("must give each input of the methodology a column and whole times");
        }
        map.inputs.emplace_back(column, *times);
    }
    return map;
}

class GenericReader final : public RowReader {
public:
    GenericReader(std::istream& in, Map map) : csv_(in, map.separator), map_(std::move(map)) {}

    ledger::Status read_header() {
        CsvRow header;
        if (!csv_.next(header)) {
            return ledger::refuse(ErrorCode::command_malformed, "the file is empty");
        }
        count_ = header.fields.size();
        std::string missing;
        const auto at = [&](const std::string& name) {
            const auto found = std::ranges::find(header.fields, name);
            if (found == header.fields.end() && missing.empty()) {
                missing = name;
            }
            return static_cast<std::size_t>(found - header.fields.begin());
        };
        account_ = at(map_.account);
        start_ = at(map_.start);
        end_ = at(map_.end);
        for (const std::string& part : map_.order) {
            order_.push_back(at(part));
        }
        for (const auto& [column, times] : map_.inputs) {
            inputs_.push_back({column, at(column), times});
        }
        if (!missing.empty()) {
            return ledger::refuse(
                ErrorCode::command_malformed, "the first line has no column {}", missing
            );
        }
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
    std::optional<Span> read_span(const std::string& start, const std::string& end) const {
        if (!map_.zone) {
            const auto begins = parse_decimal(start, 0);
            const auto ends = parse_decimal(end, 0);
            return begins && ends && *begins >= 0 ? std::optional(Span{*begins, *ends})
                                                  : std::nullopt;
        }
        const auto begins = parse_local_time(start);
        const auto ends = parse_local_time(end);
        return begins && ends ? to_span(*map_.zone, *begins, *ends) : std::nullopt;
    }

    ReadRow read(const CsvRow& csv) const {
        const auto reject = [&](std::string reason, std::string detail) -> ReadRow {
            return RejectedRow{csv.line, std::move(reason), std::move(detail)};
        };
        if (!csv.fault.empty()) {
            return reject("malformed", csv.fault);
        }
        if (csv.fields.size() != count_) {
            return reject(
                "malformed", fmt::format("{} columns, expected {}", csv.fields.size(), count_)
            );
        }
        SourceRow row;
        row.line = csv.line;
        row.subject = csv.fields[account_];
        row.event = map_.operator_name;
        for (const std::size_t part : order_) {
            row.event += '/' + csv.fields[part];
        }
        const auto span = read_span(csv.fields[start_], csv.fields[end_]);
        if (row.subject.empty()) {
            return reject("malformed", "the row has no account");
        }
        if (!span || span->start >= span->end) {
            return reject("time_invalid", "a time is malformed, or the end is not after the start");
        }
        row.start = span->start;
        row.end = span->end;
        for (const InputColumn& input : inputs_) {
            const auto decimal = parse_decimal(csv.fields[input.place], places);
            if (!decimal || *decimal < 0) {
                return reject("input_malformed", fmt::format("{} is no decimal", input.name));
            }
            const auto whole = ledger::narrow(ledger::Int128{*decimal} * input.times / billion);
            if (!whole || *whole > ledger::amount_max) {
                return reject("input_out_of_range", fmt::format("{} is too large", input.name));
            }
            row.inputs.push_back(*whole);
        }
        return row;
    }

    CsvReader csv_;
    Map map_;
    std::size_t count_ = 0;
    std::size_t account_ = 0;
    std::size_t start_ = 0;
    std::size_t end_ = 0;
    std::vector<std::size_t> order_;
    std::vector<InputColumn> inputs_;
    CsvRow csv_row_;
};

}  // namespace

Result<std::unique_ptr<RowReader>> read_generic(
    std::istream& in, std::string_view map_text, const std::vector<std::string>& inputs
) {
    auto map = read_map(map_text, inputs);
    if (!map) {
        return ledger::refusal(map);
    }
    auto reader = std::make_unique<GenericReader>(in, std::move(*map));
    if (auto header = reader->read_header(); !header) {
        return ledger::refusal(header);
    }
    return reader;
}

}  // namespace tanji::tools
