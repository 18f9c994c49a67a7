#include "ledger/methodology/check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

// The proof that evaluation cannot overflow: every node gets the least and the greatest value that
// it can take, from the bounds of inputs and factors upwards.
namespace tanji::ledger {
namespace {

constexpr ErrorCode invalid = ErrorCode::methodology_invalid;

struct Bounds {
    Int128 low = 0;
    Int128 high = 0;
};

// Nothing when a bound leaves 128 bits.
using Provable = std::optional<Bounds>;

Provable sum(const Bounds& a, const Bounds& b) {
    Bounds added;
    if (__builtin_add_overflow(a.low, b.low, &added.low) ||
        __builtin_add_overflow(a.high, b.high, &added.high)) {
        return std::nullopt;
    }
    return added;
}

Provable difference(const Bounds& a, const Bounds& b) {
    Bounds subtracted;
    if (__builtin_sub_overflow(a.low, b.high, &subtracted.low) ||
        __builtin_sub_overflow(a.high, b.low, &subtracted.high)) {
        return std::nullopt;
    }
    return subtracted;
}

Provable product(const Bounds& a, const Bounds& b) {
    std::array<Int128, 4> corners{};
    if (__builtin_mul_overflow(a.low, b.low, &corners[0]) ||
        __builtin_mul_overflow(a.low, b.high, &corners[1]) ||
        __builtin_mul_overflow(a.high, b.low, &corners[2]) ||
        __builtin_mul_overflow(a.high, b.high, &corners[3])) {
        return std::nullopt;
    }
    return Bounds{.low = std::ranges::min(corners), .high = std::ranges::max(corners)};
}

// A quotient is monotonic in each of its two sides, so the corners bound it; one more for rounding
// up. REQUIRES: divisor.low ≥ 1.
Provable quotient(const Bounds& dividend, const Bounds& divisor) {
    const std::array corners = {
        floor_div(dividend.low, divisor.low),
        floor_div(dividend.low, divisor.high),
        floor_div(dividend.high, divisor.low),
        floor_div(dividend.high, divisor.high)
    };
    return sum(
        {.low = std::ranges::min(corners), .high = std::ranges::max(corners)}, {.low = 0, .high = 1}
    );
}

class BoundsProof {
public:
    explicit BoundsProof(const Methodology& methodology) : methodology_(methodology) {}

    Status prove() {
        for (const Node& node : methodology_.nodes) {
            if (node.kind == NodeKind::ratio && part(node, 2).low < 1) {
                return refuse_here(node, "the divisor may be less than 1");
            }
            const Provable bounds = bounds_of(node);
            if (!bounds) {
                return refuse_here(node, "its value may not fit 128 bits");
            }
            bounds_.push_back(*bounds);
        }
        return prove_reach();
    }

private:
    const Bounds& part(const Node& node, std::size_t i) const { return bounds_[node.parts[i]]; }

    Provable bounds_of(const Node& node) const {
        switch (node.kind) {
            case NodeKind::input: {
                const Input& input = methodology_.inputs[node.subject];
                return Bounds{.low = input.min, .high = input.max};
            }
            case NodeKind::factor:
                return Bounds{.low = 0, .high = methodology_.factors[node.subject].max};
            case NodeKind::parameter: {
                const Amount value = methodology_.parameters[node.subject].value;
                return Bounds{.low = value, .high = value};
            }
            case NodeKind::sum:
                return fold(node, sum);
            case NodeKind::product:
                return fold(node, product);
            case NodeKind::difference:
                return difference(part(node, 0), part(node, 1));
            case NodeKind::min:
                return each_end(node, [](Int128 a, Int128 b) { return std::min(a, b); });
            case NodeKind::max:
                return each_end(node, [](Int128 a, Int128 b) { return std::max(a, b); });
            case NodeKind::clamp:
                // The low limit wins where the two contradict each other.
                return Bounds{
                    .low = part(node, 1).low,
                    .high = std::max(part(node, 1).high, part(node, 2).high)
                };
            case NodeKind::choice:
                return Bounds{
                    .low = std::min(part(node, 1).low, part(node, 2).low),
                    .high = std::max(part(node, 1).high, part(node, 2).high)
                };
            case NodeKind::ratio: {
                const Provable dividend = product(part(node, 0), part(node, 1));
                return dividend ? quotient(*dividend, part(node, 2)) : std::nullopt;
            }
            case NodeKind::less:
            case NodeKind::at_least:
            case NodeKind::is:
            case NodeKind::all:
            case NodeKind::any:
            case NodeKind::negation:
                break;
        }
        return Bounds{.low = 0, .high = 1};
    }

    // Left to right, as evaluation goes: what is in between has to fit too.
    template <typename Step>
    Provable fold(const Node& node, Step step) const {
        Provable folded = part(node, 0);
        for (std::size_t i = 1; i < node.parts.size() && folded; ++i) {
            folded = step(*folded, part(node, i));
        }
        return folded;
    }

    template <typename Choose>
    Bounds each_end(const Node& node, Choose choose) const {
        Bounds chosen = part(node, 0);
        for (std::size_t i = 1; i < node.parts.size(); ++i) {
            chosen.low = choose(chosen.low, part(node, i).low);
            chosen.high = choose(chosen.high, part(node, i).high);
        }
        return chosen;
    }

    // |baseline| + |project| + |leakage| < 2^63
    Status prove_reach() const {
        constexpr Int128 limit = Int128{1} << 63;
        Int128 reach = 0;
        for (const auto index :
             {std::optional(methodology_.baseline), methodology_.project, methodology_.leakage}) {
            if (!index) {
                continue;
            }
            const Bounds& bounds = bounds_[*index];
            if (bounds.low <= -limit || bounds.high >= limit) {
                return refuse_here(methodology_.nodes[*index], "it may reach 2^63 ug");
            }
            reach += std::max({bounds.low, -bounds.low, bounds.high, -bounds.high});
        }
        if (reach >= limit) {
            return refuse_here(
                methodology_.nodes[methodology_.baseline],
                "together with project and leakage it may reach 2^63 ug"
            );
        }
        return {};
    }

    static std::unexpected<Error> refuse_here(const Node& node, std::string_view why) {
        return refuse_document(
            invalid, "may_overflow", node.place, "With inputs and factors at their bounds {}.", why
        );
    }

    const Methodology& methodology_;
    std::vector<Bounds> bounds_;
};

}  // namespace

Status check_bounds(const Methodology& methodology) {
    return BoundsProof(methodology).prove();
}

}  // namespace tanji::ledger
