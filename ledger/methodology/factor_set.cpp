#include "ledger/methodology/factor_set.h"

#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

namespace tanji::ledger {
namespace {

constexpr ErrorCode invalid = ErrorCode::factor_set_invalid;
constexpr std::array<std::string_view, 3> rounded_words = {"exact", "down", "up"};
constexpr std::array<std::string_view, 2> gas_words = {"CO2", "CO2e"};

std::string row_place(std::size_t row, std::string_view member) {
    return fmt::format("/rows/{}/{}", row, member);
}

}  // namespace

bool FactorRow::holds_on(const Date& date) const {
    return (!valid_from || *valid_from <= date) && (!valid_to || date < *valid_to);
}

const FactorRow* FactorSet::look_up(const FactorQuery& query, const Date& date) const {
    const auto found = rows_by_place_.find({query.quantity, query.where});
    if (found == rows_by_place_.end()) {
        return nullptr;
    }
    const FactorRow* best = nullptr;
    for (const std::size_t index : found->second) {
        const FactorRow& row = rows_.at(index);
        if (row.unit != query.unit || !row.holds_on(date) || row.year.has_value() != query.latest) {
            continue;
        }
        if (query.latest && *row.year > date.year) {
            continue;
        }
        if (best == nullptr || best->year < row.year) {  // never equal: (place, year) is unique
            best = &row;
        }
    }
    return best;
}

// Reads and checks one document, reason after reason.
class FactorSetReading {
public:
    Result<FactorSet> read(ByteView document) {
        auto value = parse_document(document, invalid);
        if (!value) {
            return refusal(value);
        }
        set_.digest_ = sha256(document);
        JsonFaults faults(invalid);
        read_form(*value, faults);
        if (faults.any()) {
            auto refused = faults.refusal();
            refused.error().reason = "document_malformed";
            return refused;
        }
        for (const auto check :
             {&FactorSetReading::check_row_sources,
              &FactorSetReading::check_units,
              &FactorSetReading::check_unique,
              &FactorSetReading::check_values}) {
            if (Status passed = (this->*check)(); !passed) {
                return refusal(passed);
            }
        }
        return std::move(set_);
    }

private:
    void read_form(const JsonValue& value, JsonFaults& faults) {
        static constexpr std::array<std::string_view, 1> forms = {"factors/1"};
        JsonReader in(value, "", faults);
        in.word("tanji", forms);
        set_.ref_ = in.ref("set");
        set_.title_ = read_title(in, "title");
        set_.sources_ = read_sources(in, "sources");
        for (const JsonValue& element : in.elements("rows", 1, factor_rows_max)) {
            JsonReader row(element, fmt::format("/rows/{}", set_.rows_.size()), faults);
            set_.rows_.push_back(read_row(row));
        }
        in.finish();
    }

    FactorRow read_row(JsonReader& in) {
        FactorRow row;
        row.row = read_name(in, "row");
        row.quantity = read_name(in, "quantity");
        row.where = read_where(in);
        if (!in.is_null("year")) {
            row.year = static_cast<int>(in.integer("year", 1990, 2200));
        }
        unit_texts_.push_back(in.text("unit", document_bytes_max));
        row.value = in.amount_or_zero("value");
        row.rounded = rounded_words.at(in.word("rounded", rounded_words));
        row.gas = gas_words.at(in.word("gas", gas_words));
        row.published = in.text("published", document_bytes_max);
        row.valid_from = read_date_or_null(in, "valid_from");
        row.valid_to = read_date_or_null(in, "valid_to");
        row.source = in.text("source", document_bytes_max);
        row.status = read_status(in, "status");
        if (row.valid_from && row.valid_to && *row.valid_from >= *row.valid_to) {
            in.fault("valid_to", "does not come after valid_from");
        }
        in.finish();
        return row;
    }

    FactorPlace read_where(JsonReader& in) {
        FactorPlace where;
        const JsonValue* value = in.member("where");
        const JsonValue::Object* dims = value != nullptr ? value->object() : nullptr;
        if (dims == nullptr || dims->size() > factor_dims_max) {
            in.fault("where", "is no object of at most 6 dimensions");
            return where;
        }
        for (const JsonMember& dim : *dims) {
            const std::string* named = dim.value.string();
            if (!is_name(dim.name) || named == nullptr || !is_name(*named)) {
                in.fault("where", "has a dimension or value that is no name");
                return where;
            }
            where.emplace(dim.name, *named);
        }
        return where;
    }

    Status check_row_sources() {
        if (Status passed = check_sources(set_.sources_, invalid); !passed) {
            return passed;
        }
        for (std::size_t i = 0; i < set_.rows_.size(); ++i) {
            if (find_source(set_.sources_, set_.rows_[i].source) == nullptr) {
                return refuse_document(
                    invalid,
                    "source_missing",
                    row_place(i, "source"),
                    "Row {} names the source {}, which the set does not list.",
                    set_.rows_[i].row,
                    set_.rows_[i].source
                );
            }
        }
        return {};
    }

    Status check_units() {
        for (std::size_t i = 0; i < set_.rows_.size(); ++i) {
            const auto unit = Unit::parse(unit_texts_.at(i));
            if (!unit) {
                return refuse_document(
                    invalid,
                    "unit_mismatch",
                    row_place(i, "unit"),
                    "{} is no unit in the one spelling that units have.",
                    unit_texts_.at(i)
                );
            }
            set_.rows_[i].unit = *unit;
        }
        return {};
    }

    Status check_unique() {
        std::set<std::string> names;
        std::set<std::tuple<std::string, FactorPlace, std::optional<int>>> places;
        for (std::size_t i = 0; i < set_.rows_.size(); ++i) {
            const FactorRow& row = set_.rows_[i];
            const bool name_is_new = names.insert(row.row).second;
            const bool place_is_new = places.emplace(row.quantity, row.where, row.year).second;
            if (!name_is_new || !place_is_new) {
                return refuse_document(
                    invalid,
                    "duplicate_row",
                    fmt::format("/rows/{}", i),
                    "Row {} repeats the {} of a row before it.",
                    row.row,
                    name_is_new ? "quantity, place and year" : "name"
                );
            }
            set_.rows_by_place_[{row.quantity, row.where}].push_back(i);
        }
        return {};
    }

    Status check_values() {
        for (std::size_t i = 0; i < set_.rows_.size(); ++i) {
            if (set_.rows_[i].value > factor_max) {
                return refuse_document(
                    invalid,
                    "factor_out_of_bounds",
                    row_place(i, "value"),
                    "Row {} has {}, above {}.",
                    set_.rows_[i].row,
                    set_.rows_[i].value,
                    factor_max
                );
            }
        }
        return {};
    }

    FactorSet set_;
    std::vector<std::string> unit_texts_;
};

Result<FactorSet> read_factor_set(ByteView document) {
    return FactorSetReading{}.read(document);
}

}  // namespace tanji::ledger
