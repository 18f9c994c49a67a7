#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::ledger {

// A product of base units over a product of base units: `ug/m`, `Wh/piece`, `1`. What stands on
// both sides is cancelled, so equal units compare equal however they came about.
class Unit {
public:
    // The unit of a plain number, written `1`.
    Unit() = default;

    // Nothing unless `text` is exactly what text() writes: known symbols (Wh, g, m, person, piece,
    // s, ug), sorted, nothing left to cancel.
    static std::optional<Unit> parse(std::string_view text);

    // What every reduction is counted in.
    static Unit micrograms();

    Unit times(const Unit& other) const;
    Unit over(const Unit& other) const;

    std::string text() const;

    auto operator<=>(const Unit&) const = default;

private:
    static constexpr std::size_t symbol_count = 7;

    // Positive above the stroke, negative below. A document of 32,768 bytes cannot reach 2^31.
    std::array<std::int32_t, symbol_count> powers_{};
};

}  // namespace tanji::ledger
