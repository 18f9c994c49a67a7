#include "ledger/methodology/methodology.h"

#include "ledger/value/ids.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 17> node_names = {
    "input",
    "factor",
    "parameter",
    "sum",
    "difference",
    "product",
    "min",
    "max",
    "clamp",
    "if",
    "ratio",
    "less",
    "at_least",
    "is",
    "all",
    "any",
    "not",
};

}  // namespace

std::string_view name_of(NodeKind kind) {
    return node_names.at(static_cast<std::size_t>(kind));
}

bool is_condition(NodeKind kind) {
    return kind >= NodeKind::less;
}

std::string_view name_of(CapPer per) {
    return per == CapPer::account ? "account" : "subject";
}

std::string_view name_of(CapWindow window) {
    return window == CapWindow::day ? "day" : "month";
}

bool Methodology::covers(std::string_view region) const {
    return std::ranges::any_of(regions, [&](const std::string& cover) {
        return region_covers(cover, region);
    });
}

bool Methodology::is_valid_on(const Date& date) const {
    return (!valid_from || *valid_from <= date) && (!valid_to || date < *valid_to);
}

bool Methodology::has_reporter(std::string_view rank) const {
    return std::ranges::find(reporters, rank) != reporters.end();
}

FactorQuery Methodology::query(std::size_t factor, std::span<const std::uint16_t> key_values)
    const {
    const FactorBinding& binding = factors.at(factor);
    FactorQuery query = {
        .quantity = binding.quantity, .where = {}, .unit = binding.unit, .latest = binding.latest
    };
    for (const BoundDim& bound : binding.where) {
        query.where[bound.dim] =
            bound.key ? keys.at(*bound.key).values.at(key_values[*bound.key]) : bound.value;
    }
    return query;
}

}  // namespace tanji::ledger
