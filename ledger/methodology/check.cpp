#include "ledger/methodology/check.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::ledger {
namespace {

constexpr ErrorCode invalid = ErrorCode::methodology_invalid;

constexpr std::size_t inputs_max = 8;
constexpr std::size_t keys_max = 4;
constexpr std::size_t factors_max = 16;
constexpr std::size_t parameters_max = 16;
constexpr std::size_t caps_max = 8;

}  // namespace

Status check_sources(const Methodology& methodology) {
    if (Status passed = check_sources(methodology.sources, invalid); !passed) {
        return passed;
    }
    for (std::size_t i = 0; i < methodology.parameters.size(); ++i) {
        const Parameter& parameter = methodology.parameters[i];
        if (find_source(methodology.sources, parameter.source) == nullptr) {
            return refuse_document(
                invalid,
                "source_missing",
                fmt::format("/parameters/{}/source", i),
                "Parameter {} names the source {}, which is not listed.",
                parameter.name,
                parameter.source
            );
        }
    }
    return {};
}

// --- Units.
// ---------------------------------------------------------------------------------------

namespace {

// The unit of a number from the units of its parts, which stand before it; nothing on a mismatch.
std::optional<Unit> unit_of(const Methodology& methodology, const Node& node) {
    const auto part = [&](std::size_t i) { return methodology.nodes[node.parts[i]].unit; };
    const auto equal = [&](std::size_t from) {
        for (std::size_t i = from + 1; i < node.parts.size(); ++i) {
            if (part(i) != part(from)) {
                return false;
            }
        }
        return true;
    };
    switch (node.kind) {
        case NodeKind::input:
            return methodology.inputs[node.subject].unit;
        case NodeKind::factor:
            return methodology.factors[node.subject].unit;
        case NodeKind::parameter:
            return methodology.parameters[node.subject].unit;
        case NodeKind::product: {
            Unit product;
            for (const NodeIndex index : node.parts) {
                product = product.times(methodology.nodes[index].unit);
            }
            return product;
        }
        case NodeKind::ratio:
            return part(0).times(part(1)).over(part(2));
        case NodeKind::choice:
            return equal(1) ? std::optional(part(1)) : std::nullopt;
        case NodeKind::sum:
        case NodeKind::difference:
        case NodeKind::min:
        case NodeKind::max:
        case NodeKind::clamp:
            return equal(0) ? std::optional(part(0)) : std::nullopt;
        case NodeKind::less:
        case NodeKind::at_least:
            return equal(0) ? std::optional(Unit{}) : std::nullopt;
        case NodeKind::is:
        case NodeKind::all:
        case NodeKind::any:
        case NodeKind::negation:
            break;
    }
    return Unit{};
}

}  // namespace

Status check_units(Methodology& methodology) {
    for (Node& node : methodology.nodes) {
        const auto unit = unit_of(methodology, node);
        if (!unit) {
            return refuse_document(
                invalid,
                "unit_mismatch",
                node.place,
                "The parts of {} have different units.",
                name_of(node.kind)
            );
        }
        node.unit = *unit;
    }
    for (const auto index :
         {std::optional(methodology.baseline), methodology.project, methodology.leakage}) {
        if (index && methodology.nodes[*index].unit != Unit::micrograms()) {
            return refuse_document(
                invalid,
                "unit_mismatch",
                methodology.nodes[*index].place,
                "It is in {}, not in ug.",
                methodology.nodes[*index].unit.text()
            );
        }
    }
    return {};
}

// --- Size.
// ----------------------------------------------------------------------------------------

Status check_size(const Methodology& methodology) {
    struct Count {
        std::string_view place;
        std::size_t count;
        std::size_t least;
        std::size_t most;
    };
    const std::array counts = {
        Count{"/inputs", methodology.inputs.size(), 1, inputs_max},
        Count{"/keys", methodology.keys.size(), 0, keys_max},
        Count{"/factors", methodology.factors.size(), 0, factors_max},
        Count{"/parameters", methodology.parameters.size(), 0, parameters_max},
        Count{"/caps", methodology.caps.size(), 0, caps_max},
        Count{"/baseline", methodology.nodes.size(), 1, methodology_nodes_max},
    };
    for (const Count& count : counts) {
        if (count.count < count.least || count.count > count.most) {
            return refuse_document(
                invalid,
                "too_complex",
                std::string(count.place),
                "There are {}{}, not {}..{}.",
                count.count,
                count.place == "/baseline" ? " nodes in all expressions" : "",
                count.least,
                count.most
            );
        }
    }
    for (std::size_t i = 0; i < methodology.factors.size(); ++i) {
        if (methodology.factors[i].where.size() > factor_dims_max) {
            return refuse_document(
                invalid,
                "too_complex",
                fmt::format("/factors/{}/where", i),
                "A factor has at most {} dimensions.",
                factor_dims_max
            );
        }
    }
    for (const Node& node : methodology.nodes) {
        if (node.depth > methodology_depth_max) {
            return refuse_document(
                invalid,
                "too_complex",
                node.place,
                "It stands {} deep, at most {} are allowed.",
                node.depth,
                methodology_depth_max
            );
        }
    }
    return {};
}

// --- Factors and vectors.
// -------------------------------------------------------------------------

Status check_factors(const Methodology& methodology) {
    for (std::size_t i = 0; i < methodology.factors.size(); ++i) {
        const FactorBinding& factor = methodology.factors[i];
        if (factor.max > factor_max) {
            return refuse_document(
                invalid,
                "factor_out_of_bounds",
                fmt::format("/factors/{}/max", i),
                "Factor {} may be {}, above {}.",
                factor.name,
                factor.max,
                factor_max
            );
        }
        for (std::size_t j = 0; j < methodology.vectors.size(); ++j) {
            for (const auto& [name, value] : methodology.vectors[j].factors) {
                if (name.substr(0, name.find('#')) == factor.name && value > factor.max) {
                    return refuse_document(
                        invalid,
                        "factor_out_of_bounds",
                        fmt::format("/vectors/{}/factors", j),
                        "{} is {}, above the declared max {}.",
                        name,
                        value,
                        factor.max
                    );
                }
            }
        }
    }
    return {};
}

}  // namespace tanji::ledger
