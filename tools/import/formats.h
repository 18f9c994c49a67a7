#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tanji::tools {

// One act of a source in base units, before it has an account, a tag or a region.
struct SourceRow {
    std::uint64_t line = 0;
    std::string subject;  // the source's own word for whose act it is; never sent anywhere
    std::string event;    // what goes into the event tag: operator / number of the order
    ledger::TimeS start = 0;
    ledger::TimeS end = 0;
    std::vector<ledger::Amount> inputs;  // in the order of the methodology
};

// A row that gives no record, and why: a word for programs, a sentence for people.
struct RejectedRow {
    std::uint64_t line = 0;
    std::string reason;
    std::string detail;
};

using ReadRow = std::variant<SourceRow, RejectedRow>;

// Reads one file of one format, a row at a time.
class RowReader {
public:
    RowReader() = default;
    RowReader(const RowReader&) = delete;
    RowReader& operator=(const RowReader&) = delete;
    virtual ~RowReader() = default;

    // False at the end of the file.
    virtual bool next(ReadRow& row) = 0;
};

// Rides of Citi Bike and its sisters, old and new columns (citibike.cpp). `zone` is empty for
// America/New_York. Refuses a file whose header is neither. Keeps a reference to the stream.
ledger::Result<std::unique_ptr<RowReader>> read_citibike(std::istream& in, std::string_view zone);

// Any table, by a map in TOML (generic.cpp says what the map may hold).
ledger::Result<std::unique_ptr<RowReader>> read_generic(
    std::istream& in, std::string_view map_text, const std::vector<std::string>& inputs
);

// Which word names the kind of region the source's data are from; `US` for Citi Bike.
inline constexpr std::string_view citibike_region = "US";

}  // namespace tanji::tools
