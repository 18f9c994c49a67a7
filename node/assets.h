#pragma once

#include <string_view>

// Documents of packs/, compiled in: what the demo publishes; and the shipped systemd unit.
namespace tanji::assets {

extern const std::string_view pack_factors;
extern const std::string_view pack_metro;
extern const std::string_view pack_bike;
extern const std::string_view pack_household;
// Bodies of programme.publish.
extern const std::string_view pack_green_points;
extern const std::string_view pack_ride_points;
extern const std::string_view systemd_unit;

}  // namespace tanji::assets
