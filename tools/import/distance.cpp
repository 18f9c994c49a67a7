#include "tools/import/distance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tanji::tools {

namespace {

constexpr double earth_radius_m = 6'371'009.0;
constexpr std::int64_t nanodegrees = 1'000'000'000;

double radians(std::int64_t nano) {
    return static_cast<double>(nano) / 1e9 * (std::numbers::pi / 180.0);
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text, int places) {
    const bool negative = text.starts_with('-');
    if (negative) {
        text.remove_prefix(1);
    }
    std::int64_t value = 0;
    int digits = 0;
    int fraction = -1;  // digits after the point, -1 before it
    bool any = false;
    for (const char c : text) {
        if (c == '.' && fraction < 0) {
            fraction = 0;
            continue;
        }
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        any = true;
        if (fraction >= 0 && fraction++ >= places) {
            continue;
        }
        if (digits >= 18) {
            return std::nullopt;
        }
        value = 10 * value + (c - '0');
        digits += value != 0 ? 1 : 0;
    }
    if (!any) {
        return std::nullopt;
    }
    for (int place = std::min(std::max(fraction, 0), places); place < places; ++place) {
        if (digits >= 18) {
            return std::nullopt;
        }
        value *= 10;
        digits += value != 0 ? 1 : 0;
    }
    return negative ? -value : value;
}

std::optional<Place> parse_place(std::string_view latitude, std::string_view longitude) {
    const auto north = parse_decimal(latitude, 9);
    const auto east = parse_decimal(longitude, 9);
    if (!north || !east || std::abs(*north) > 90 * nanodegrees ||
        std::abs(*east) > 180 * nanodegrees || (*north == 0 && *east == 0)) {
        return std::nullopt;
    }
    return Place{*north, *east};
}

ledger::Amount great_circle_metres(const Place& from, const Place& to) {
    const double half_north = std::sin(radians(to.latitude - from.latitude) / 2.0);
    const double half_east = std::sin(radians(to.longitude - from.longitude) / 2.0);
    const double across =
        std::cos(radians(from.latitude)) * std::cos(radians(to.latitude)) * (half_east * half_east);
    const double square = half_north * half_north + across;
    const double metres = 2.0 * earth_radius_m * std::asin(std::sqrt(std::min(1.0, square)));
    return static_cast<ledger::Amount>(std::floor(metres));
}

}  // namespace tanji::tools
