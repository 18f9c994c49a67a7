#include "ledger/methodology/evaluate.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr Int128 million = 1'000'000;

// A batch has at most as many; an evaluator that lives longer begins anew.
constexpr std::size_t seen_max = 10'000;

Int128 node_value(
    const Methodology& methodology,
    const Node& node,
    const RecordInputs& record,
    std::span<const Amount> factors,
    const NodeValues& values
) {
    const auto part = [&](std::size_t i) { return values[node.parts[i]]; };
    const auto fold = [&](auto step) {
        Int128 folded = part(0);
        for (std::size_t i = 1; i < node.parts.size(); ++i) {
            folded = step(folded, part(i));
        }
        return folded;
    };
    switch (node.kind) {
        case NodeKind::input:
            return record.inputs[node.subject];
        case NodeKind::factor:
            return factors[node.subject];
        case NodeKind::parameter:
            return methodology.parameters[node.subject].value;
        case NodeKind::sum:
            return fold([](Int128 a, Int128 b) { return a + b; });
        case NodeKind::difference:
            return part(0) - part(1);
        case NodeKind::product:
            return fold([](Int128 a, Int128 b) { return a * b; });
        case NodeKind::min:
        case NodeKind::all:
            return fold([](Int128 a, Int128 b) { return std::min(a, b); });
        case NodeKind::max:
        case NodeKind::any:
            return fold([](Int128 a, Int128 b) { return std::max(a, b); });
        case NodeKind::clamp:
            return std::max(part(1), std::min(part(0), part(2)));
        case NodeKind::choice:
            return part(0) != 0 ? part(1) : part(2);
        case NodeKind::ratio:
            return node.round_up ? ceil_div(part(0) * part(1), part(2))
                                 : floor_div(part(0) * part(1), part(2));
        case NodeKind::less:
            return part(0) < part(1) ? 1 : 0;
        case NodeKind::at_least:
            return part(0) >= part(1) ? 1 : 0;
        case NodeKind::is:
            return record.keys[node.subject] == node.key_value ? 1 : 0;
        case NodeKind::negation:
            return 1 - part(0);
    }
    return 0;
}

}  // namespace

Status check_record_inputs(const Methodology& methodology, const RecordInputs& record) {
    constexpr ErrorCode invalid = ErrorCode::record_invalid;
    if (record.inputs.size() != methodology.inputs.size()) {
        return refuse_because(
            invalid,
            "input_out_of_range",
            "There are {} inputs, the methodology has {}.",
            record.inputs.size(),
            methodology.inputs.size()
        );
    }
    for (std::size_t i = 0; i < record.inputs.size(); ++i) {
        const Input& input = methodology.inputs[i];
        if (record.inputs[i] < input.min || record.inputs[i] > input.max) {
            return refuse_because(
                invalid,
                "input_out_of_range",
                "{} is {}, not within {}..{}.",
                input.name,
                record.inputs[i],
                input.min,
                input.max
            );
        }
    }
    if (record.keys.size() != methodology.keys.size()) {
        return refuse_because(
            invalid,
            "key_value",
            "There are {} keys, the methodology has {}.",
            record.keys.size(),
            methodology.keys.size()
        );
    }
    for (std::size_t i = 0; i < record.keys.size(); ++i) {
        const Key& key = methodology.keys[i];
        if (record.keys[i] >= key.values.size()) {
            return refuse_because(
                invalid,
                "key_value",
                "{} has {} values, number {} is none of them.",
                key.name,
                key.values.size(),
                record.keys[i]
            );
        }
    }
    if (!methodology.discounts_ppm.contains(record.quality)) {
        return refuse_because(invalid, "quality", "The methodology knows no such quality.");
    }
    return {};
}

void evaluate_nodes(
    const Methodology& methodology,
    const RecordInputs& record,
    std::span<const Amount> factors,
    NodeValues& values
) {
    for (std::size_t i = 0; i < methodology.nodes.size(); ++i) {
        values[i] = node_value(methodology, methodology.nodes[i], record, factors, values);
    }
}

Evaluated conclude(const Methodology& methodology, char quality, const NodeValues& values) {
    if (methodology.require && values[*methodology.require] == 0) {
        return {.required = false, .micrograms = 0};
    }
    Int128 reduction = values[methodology.baseline];
    for (const auto& less : {methodology.project, methodology.leakage}) {
        reduction -= less ? values[*less] : 0;
    }
    if (reduction < 0 && !methodology.net) {
        reduction = 0;
    }
    if (reduction > 0) {
        const auto discount_ppm = methodology.discounts_ppm.at(quality);
        reduction = floor_div(reduction * (million - discount_ppm), million);
    }
    const auto micrograms = narrow(reduction);
    assert(micrograms);  // proved by check_bounds
    return {.required = true, .micrograms = *micrograms};
}

Result<std::vector<const FactorRow*>> find_factors(
    const Methodology& methodology, const FactorSet& factors, const RecordInputs& record
) {
    const Date date = civil_from_day(record.day);
    std::vector<const FactorRow*> rows;
    for (std::size_t i = 0; i < methodology.factors.size(); ++i) {
        const FactorBinding& binding = methodology.factors[i];
        const FactorRow* row = factors.look_up(methodology.query(i, record.keys), date);
        if (row == nullptr) {
            return refuse(
                ErrorCode::factor_missing,
                "{} has no row for {} ({}) on {}.",
                factors.ref(),
                binding.name,
                binding.quantity,
                to_text(date)
            );
        }
        if (row->value > binding.max) {
            return refuse(
                ErrorCode::factor_missing,
                "Row {} of {} is {}, {} may be {} at most.",
                row->row,
                factors.ref(),
                row->value,
                binding.name,
                binding.max
            );
        }
        rows.push_back(row);
    }
    return rows;
}

Evaluator::Evaluator(const Methodology& methodology, const FactorSet& factors)
    : methodology_(methodology),
      factors_(factors) {}

Result<Evaluated> Evaluator::evaluate(const RecordInputs& record) {
    const auto factors = factor_values(record);
    if (!factors) {
        return std::unexpected(factors.error());
    }
    NodeValues values;  // only those of the nodes there are get written, and read
    evaluate_nodes(methodology_, record, **factors, values);
    return conclude(methodology_, record.quality, values);
}

Result<const Evaluator::Values*> Evaluator::factor_values(const RecordInputs& record) {
    Seen wanted = {.day = record.day, .keys = {}};
    std::ranges::copy(record.keys, wanted.keys.begin());
    if (last_ != nullptr && last_->first == wanted) {
        return &last_->second;
    }
    auto found = seen_.find(wanted);
    if (found == seen_.end()) {
        const auto rows = find_factors(methodology_, factors_, record);
        if (!rows) {
            return std::unexpected(rows.error());
        }
        Values values;
        for (const FactorRow* row : *rows) {
            values.push_back(row->value);
        }
        if (seen_.size() >= seen_max) {
            seen_.clear();
        }
        found = seen_.emplace(wanted, std::move(values)).first;
    }
    last_ = &*found;
    return &last_->second;
}

}  // namespace tanji::ledger
