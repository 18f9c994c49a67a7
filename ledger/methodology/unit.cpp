#include "ledger/methodology/unit.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

// Sorted as bytes, which is the order in which a unit is written.
constexpr std::array<std::string_view, 7> symbols = {"Wh", "g", "m", "person", "piece", "s", "ug"};

using Powers = std::array<std::int32_t, symbols.size()>;

// Adds the symbols of one side of the stroke; false if one is unknown.
bool add_side(std::string_view side, std::int32_t sign, Powers& powers) {
    if (side == "1") {
        return true;
    }
    while (true) {
        const std::size_t dot = side.find('.');
        const auto found = std::ranges::find(symbols, side.substr(0, dot));
        if (found == symbols.end()) {
            return false;
        }
        powers.at(static_cast<std::size_t>(found - symbols.begin())) += sign;
        if (dot == std::string_view::npos) {
            return true;
        }
        side.remove_prefix(dot + 1);
    }
}

std::string side_text(const Powers& powers, std::int32_t sign) {
    std::string text;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        for (std::int32_t left = powers.at(i) * sign; left > 0; --left) {
            text.append(text.empty() ? "" : ".").append(symbols.at(i));
        }
    }
    return text;
}

}  // namespace

std::optional<Unit> Unit::parse(std::string_view text) {
    const std::size_t stroke = text.find('/');
    Unit unit;
    if (!add_side(text.substr(0, stroke), 1, unit.powers_)) {
        return std::nullopt;
    }
    if (stroke != std::string_view::npos && !add_side(text.substr(stroke + 1), -1, unit.powers_)) {
        return std::nullopt;
    }
    return unit.text() == text ? std::optional(unit) : std::nullopt;
}

Unit Unit::micrograms() {
    Unit unit;
    unit.powers_.back() = 1;
    return unit;
}

Unit Unit::times(const Unit& other) const {
    Unit product = *this;
    for (std::size_t i = 0; i < symbol_count; ++i) {
        product.powers_.at(i) += other.powers_.at(i);
    }
    return product;
}

Unit Unit::over(const Unit& other) const {
    Unit quotient = *this;
    for (std::size_t i = 0; i < symbol_count; ++i) {
        quotient.powers_.at(i) -= other.powers_.at(i);
    }
    return quotient;
}

std::string Unit::text() const {
    std::string above = side_text(powers_, 1);
    const std::string below = side_text(powers_, -1);
    if (above.empty()) {
        above = "1";
    }
    return below.empty() ? above : above + "/" + below;
}

}  // namespace tanji::ledger
