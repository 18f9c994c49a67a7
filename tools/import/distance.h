#pragma once

#include "ledger/value/amount.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tanji::tools {

// A decimal number as digits × 10^-places, exactly: `-74.0337589` with 9 places is -74033758900.
// Digits beyond `places` are dropped. Nothing for exponents, blanks, or more than 18 digits.
std::optional<std::int64_t> parse_decimal(std::string_view text, int places);

// A place on the earth in units of 10^-9 degrees.
struct Place {
    std::int64_t latitude = 0;
    std::int64_t longitude = 0;
};

// Latitude and longitude as the source prints them. Nothing when they are no numbers, outside the
// earth, or both zero, which is how exports write "unknown".
std::optional<Place> parse_place(std::string_view latitude, std::string_view longitude);

// Metres along the great circle, floored: the haversine formula on a sphere of 6,371,009 m. The
// order of the floating-point operations is part of the promise, so that another program gets the
// same metres (docs/formats.md, "Importers").
ledger::Amount great_circle_metres(const Place& from, const Place& to);

}  // namespace tanji::tools
