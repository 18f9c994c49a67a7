#pragma once

#include "ledger/methodology/document.h"
#include "ledger/methodology/unit.h"
#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tanji::ledger {

inline constexpr Amount factor_max = 1'000'000'000'000;
inline constexpr std::size_t factor_rows_max = 500;
inline constexpr std::size_t factor_dims_max = 6;

// Where a factor holds: region, mode, material, … and the value of each. Exactly these count.
using FactorPlace = std::map<std::string, std::string>;

// One cited number.
struct FactorRow {
    std::string row;
    std::string quantity;
    FactorPlace where;
    std::optional<int> year;
    Unit unit;
    Amount value = 0;
    std::string rounded;    // exact, down or up
    std::string gas;        // CO2 or CO2e
    std::string published;  // the figure as its source prints it
    std::optional<Date> valid_from;
    std::optional<Date> valid_to;  // the first day on which it no longer holds
    std::string source;
    SourceStatus status = SourceStatus::verified;

    bool holds_on(const Date& date) const;
};

// Which number a methodology wants.
struct FactorQuery {
    std::string quantity;
    FactorPlace where;
    Unit unit;
    bool latest = false;  // the greatest year not after that of the record; else the yearless row
};

// An immutable table of cited factors. (quantity, where, year) is unique in it, every row names a
// source that is there, and no value is above factor_max.
class FactorSet {
public:
    const std::string& ref() const { return ref_; }
    const Title& title() const { return title_; }
    const std::vector<Citation>& sources() const { return sources_; }
    const std::vector<FactorRow>& rows() const { return rows_; }
    // SHA-256 of the document's bytes.
    const Hash& digest() const { return digest_; }

    // The one row that a query means for a record of that local day, or null. Lives as long as
    // the set.
    const FactorRow* look_up(const FactorQuery& query, const Date& date) const;

private:
    friend class FactorSetReading;

    std::string ref_;
    Title title_;
    std::vector<Citation> sources_;
    std::vector<FactorRow> rows_;
    std::map<std::pair<std::string, FactorPlace>, std::vector<std::size_t>> rows_by_place_;
    Hash digest_;
};

// Refuses with `factor_set_invalid` and, in this order, the reason document_malformed,
// source_missing, unit_mismatch, duplicate_row or factor_out_of_bounds, and the place.
Result<FactorSet> read_factor_set(ByteView document);

}  // namespace tanji::ledger
