#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tanji::ledger {

// What became of one record of a batch. Only `counted` and `cut` give micrograms.
enum class Outcome : std::uint8_t {
    counted,     // all of it
    cut,         // a cap left room for a part
    capped,      // a cap left no room
    zero,        // nothing was saved
    ineligible,  // the methodology's `require` does not hold
    conflict,    // its event or interval was taken before
};

// Their names, in their order.
inline constexpr std::array<std::string_view, 6> outcome_names = {
    "counted",
    "cut",
    "capped",
    "zero",
    "ineligible",
    "conflict",
};

// The word that stands in results, vectors and leaves: equal to the enumerator.
std::string_view name_of(Outcome outcome);

// The outcome of that name, or nothing.
std::optional<Outcome> outcome_of(std::string_view name);

}  // namespace tanji::ledger
