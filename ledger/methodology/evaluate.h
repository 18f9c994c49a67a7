#pragma once

#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/amount.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace tanji::ledger {

// What a methodology looks at in a record.
struct RecordInputs {
    std::span<const Amount> inputs;       // in the order of the methodology's
    std::span<const std::uint16_t> keys;  // places in the keys' lists of values
    char quality = 'A';
    Day day = 0;  // local day of the record's end
};

// What one record gives before anything else is known: no event, no cap.
struct Evaluated {
    bool required = true;   // `require` holds; if not, the record is ineligible
    Amount micrograms = 0;  // after `negative` and the discount; 0 when not required

    bool operator==(const Evaluated&) const = default;
};

// `record_invalid` with reason input_out_of_range (also a wrong number of inputs), key_value (also
// of keys) or quality, tested in this order. What passes may be evaluated.
Status check_record_inputs(const Methodology& methodology, const RecordInputs& record);

// The values of all nodes of one record, in their order; conditions are 1 or 0.
using NodeValues = std::array<Int128, methodology_nodes_max>;

// Computes every node. REQUIRES: check_record_inputs passed, one factor value per binding, none
// above its declared max.
void evaluate_nodes(
    const Methodology& methodology,
    const RecordInputs& record,
    std::span<const Amount> factors,
    NodeValues& values
);

// `require`, `negative` and the discount over the values of the nodes.
Evaluated conclude(const Methodology& methodology, char quality, const NodeValues& values);

// The rows that the bindings of the methodology mean for a record, in the order of the bindings.
// `factor_missing` when there is none, or it is above the declared max.
// REQUIRES: check_record_inputs passed.
Result<std::vector<const FactorRow*>> find_factors(
    const Methodology& methodology, const FactorSet& factors, const RecordInputs& record
);

// A methodology with a pinned factor set. Remembers the factors of the days and keys it has met, so
// that a batch looks them up once. Keeps references to both; not for several threads at once.
class Evaluator {
public:
    Evaluator(const Methodology& methodology, const FactorSet& factors);
    Evaluator(const Evaluator&) = delete;
    Evaluator& operator=(const Evaluator&) = delete;

    const Methodology& methodology() const { return methodology_; }
    const FactorSet& factor_set() const { return factors_; }

    // The pure part of a record, or `factor_missing`. REQUIRES: check_record_inputs passed.
    Result<Evaluated> evaluate(const RecordInputs& record);

private:
    struct Seen {
        Day day = 0;
        std::array<std::uint16_t, 4> keys{};

        auto operator<=>(const Seen&) const = default;
    };
    using Values = std::vector<Amount>;

    Result<const Values*> factor_values(const RecordInputs& record);

    const Methodology& methodology_;
    const FactorSet& factors_;
    std::map<Seen, Values> seen_;
    const std::pair<const Seen, Values>* last_ = nullptr;  // records of a batch come in runs
};

}  // namespace tanji::ledger
