#include "ledger/methodology/factor_set.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// A factor set. Every row of one that is accepted can be found by asking for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto set = read_factor_set(tanji::fuzz::bytes_of(data, size));
    if (!set) {
        require(set.error().code == ErrorCode::factor_set_invalid && !set.error().reason.empty());
        return 0;
    }
    require(set->rows().size() <= factor_rows_max);
    for (const FactorRow& row : set->rows()) {
        require(row.value <= factor_max && find_source(set->sources(), row.source) != nullptr);
        const Date day =
            row.valid_from.value_or(Date{.year = row.year.value_or(1970), .month = 12, .day = 31});
        const FactorQuery query{
            .quantity = row.quantity,
            .where = row.where,
            .unit = row.unit,
            .latest = row.year.has_value(),
        };
        const FactorRow* found = set->look_up(query, day);
        require(found == nullptr || (found->where == row.where && found->holds_on(day)));
    }
    return 0;
}
