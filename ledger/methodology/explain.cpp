#include "ledger/methodology/explain.h"

namespace tanji::ledger {
namespace {

std::string_view name_in(const Methodology& methodology, const Node& node) {
    if (node.kind == NodeKind::input) {
        return methodology.inputs[node.subject].name;
    }
    if (node.kind == NodeKind::factor) {
        return methodology.factors[node.subject].name;
    }
    if (node.kind == NodeKind::parameter) {
        return methodology.parameters[node.subject].name;
    }
    return node.kind == NodeKind::is ? std::string_view(methodology.keys[node.subject].name)
                                     : std::string_view{};
}

void write_citation(JsonWriter& out, const EvaluationStep& step) {
    if (step.row != nullptr) {
        out.name("row").open_object();
        out.member("row", step.row->row).member("published", step.row->published);
        out.member("rounded", step.row->rounded).member("gas", step.row->gas);
        out.close_object();
    }
    if (step.source != nullptr) {
        out.name("source").open_object();
        out.member("source", step.source->source).member("title", step.source->title);
        out.member("locator", step.source->locator);
        out.member("status", name_of(step.source->status));
        out.close_object();
    }
}

void write_step(JsonWriter& out, const EvaluationStep& step) {
    out.open_object();
    out.member("place", step.place).member("operation", step.operation);
    if (!step.name.empty()) {
        out.member("name", step.name);
    }
    out.name("operands").open_array();
    for (const Operand& operand : step.operands) {
        out.open_object().member("place", operand.place).amount_member("value", operand.value);
        out.close_object();
    }
    out.close_array();
    if (!step.round.empty()) {
        out.member("round", step.round);
    }
    out.amount_member("value", step.value);
    if (!step.unit.empty()) {
        out.member("unit", step.unit);
    }
    write_citation(out, step);
    out.close_object();
}

}  // namespace

Result<Explanation> explain(
    const Methodology& methodology, const FactorSet& factors, const RecordInputs& record
) {
    const auto rows = find_factors(methodology, factors, record);
    if (!rows) {
        return std::unexpected(rows.error());
    }
    std::vector<Amount> factor_values;
    for (const FactorRow* row : *rows) {
        factor_values.push_back(row->value);
    }
    NodeValues values{};
    evaluate_nodes(methodology, record, factor_values, values);

    Explanation explanation;
    for (std::size_t i = 0; i < methodology.nodes.size(); ++i) {
        const Node& node = methodology.nodes[i];
        EvaluationStep step;
        step.place = node.place;
        step.operation = name_of(node.kind);
        step.name = name_in(methodology, node);
        for (const NodeIndex part : node.parts) {
            step.operands.push_back({.place = methodology.nodes[part].place, .value = values[part]}
            );
        }
        step.value = values[i];
        step.unit = is_condition(node.kind) ? std::string{} : node.unit.text();
        if (node.kind == NodeKind::ratio) {
            step.round = node.round_up ? "up" : "down";
        } else if (node.kind == NodeKind::factor) {
            step.row = (*rows)[node.subject];
            step.source = find_source(factors.sources(), step.row->source);
        } else if (node.kind == NodeKind::parameter) {
            step.source =
                find_source(methodology.sources, methodology.parameters[node.subject].source);
        }
        explanation.steps.push_back(std::move(step));
    }
    const Evaluated evaluated = conclude(methodology, record.quality, values);
    explanation.required = evaluated.required;
    explanation.baseline = values[methodology.baseline];
    explanation.project = methodology.project ? values[*methodology.project] : 0;
    explanation.leakage = methodology.leakage ? values[*methodology.leakage] : 0;
    explanation.discount_ppm = methodology.discounts_ppm.at(record.quality);
    explanation.micrograms = evaluated.micrograms;
    return explanation;
}

void write(JsonWriter& out, const Explanation& explanation) {
    out.open_object();
    out.member("required", explanation.required);
    out.amount_member("baseline", explanation.baseline);
    out.amount_member("project", explanation.project);
    out.amount_member("leakage", explanation.leakage);
    out.member("discount_ppm", std::uint64_t{explanation.discount_ppm});
    out.amount_member("micrograms", explanation.micrograms);
    out.name("steps").open_array();
    for (const EvaluationStep& step : explanation.steps) {
        write_step(out, step);
    }
    out.close_array();
    out.close_object();
}

}  // namespace tanji::ledger
