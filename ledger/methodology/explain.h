#pragma once

#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/amount.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

struct Operand {
    std::string_view place;  // JSON pointer of the expression it comes from
    Int128 value = 0;
};

// One node of the methodology, computed.
struct EvaluationStep {
    std::string_view place;
    std::string_view operation;  // the word of the document: product, ratio, input, …
    std::string_view name;       // of the input, factor, parameter or key; else empty
    std::vector<Operand> operands;
    Int128 value = 0;                  // conditions: 1 or 0
    std::string unit;                  // empty for conditions
    std::string_view round;            // ratio: down or up
    const FactorRow* row = nullptr;    // the cited number, for a factor
    const Citation* source = nullptr;  // where it, or a parameter, comes from
};

// How the micrograms of one record came about. Refers into the methodology and the factor set.
struct Explanation {
    std::vector<EvaluationStep> steps;
    bool required = true;
    Int128 baseline = 0;
    Int128 project = 0;
    Int128 leakage = 0;
    std::uint32_t discount_ppm = 0;
    Amount micrograms = 0;  // what Evaluator gives for the same record
};

// `factor_missing`, as the Evaluator. REQUIRES: check_record_inputs passed.
Result<Explanation> explain(
    const Methodology& methodology, const FactorSet& factors, const RecordInputs& record
);

// The explanation as an object: what POST /v1/recompute, /v1/estimate and `tanji` show.
void write(JsonWriter& out, const Explanation& explanation);

}  // namespace tanji::ledger
