#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::ledger {

// Wide enough for every intermediate of a methodology. (`using` takes no __extension__.)
// NOLINTNEXTLINE(modernize-use-using)
__extension__ typedef __int128 Int128;

// Grams, micrograms or points, as the name of the variable says. 0..999,999,999,999,999,999 from
// outside; counters stay below 2^63.
using Amount = std::int64_t;

inline constexpr Amount amount_max = 999'999'999'999'999'999;
inline constexpr Amount micrograms_per_gram = 1'000'000;

// `0` or `[1-9][0-9]{0,17}`, else nothing.
std::optional<Amount> parse_amount(std::string_view text);

// `0` or `-?[1-9][0-9]{0,37}`, else nothing; nothing also when it does not fit into 128 bits.
std::optional<Int128> parse_signed(std::string_view text);

std::string to_text(Int128 value);

// Division that rounds toward minus infinity, toward plus infinity. REQUIRES: divisor > 0.
Int128 floor_div(Int128 dividend, Int128 divisor);
Int128 ceil_div(Int128 dividend, Int128 divisor);

// Nothing when the result leaves 63 bits.
std::optional<Amount> checked_add(Amount a, Amount b);
std::optional<Amount> checked_sub(Amount a, Amount b);
// Nothing when the value leaves 63 bits.
std::optional<Amount> narrow(Int128 value);

}  // namespace tanji::ledger
