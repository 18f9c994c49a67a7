#pragma once

#include "tests/model/act.h"

#include <string>
#include <string_view>
#include <vector>

// Who and what there is from the start, for model and ledger alike: members with their roles,
// schemes, methodologies of one event each.
namespace tanji::model {

struct CityMember {
    std::string name;
    std::vector<std::string> provides = {};    // words of methods
    std::vector<std::string> verifies = {};    // likewise
    std::vector<std::string> programmes = {};  // that it may own
    bool is_operator = false;
    bool is_merchant = false;
    bool is_registrar = false;
};
const std::vector<CityMember>& city_members();  // ascending
const CityMember* find_city_member(std::string_view name);
// Signatures that governors(…) needs: two thirds, rounded up.
std::size_t governors_needed();

struct CityScheme {
    std::string name;
    bool credits = true;
    std::int64_t reserve_ppm = 0;
    std::int64_t correction_days = 0;
    std::int64_t obligation_days = 0;
};
const std::vector<CityScheme>& city_schemes();  // ascending
const CityScheme& city_scheme(std::string_view name);

struct CityMethod {
    std::string word;
    std::string slug;
    std::string scheme;
    Amount micrograms = 0;  // per unit
    std::int64_t settle_days = 0;
    std::string unit;
    std::string factor_mode;  // of the row that has its factor
};
const std::vector<CityMethod>& city_methods();
const CityMethod& city_method(std::string_view word);

inline constexpr int city_offset = 480;  // minutes, of every methodology
inline constexpr std::int64_t report_within_days = 31;
inline constexpr std::int64_t attest_within_days = 60;
inline constexpr TimeMs city_founded = 1'795'226'400'000;  // 2026-11-21 10:00:00 +08:00

inline constexpr std::uint64_t city_leaves = 5;  // genesis, a factor set, three methodologies

std::string class_of(const CityMethod& method, std::int64_t period_start);

}  // namespace tanji::model
