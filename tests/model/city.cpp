#include "tests/model/city.h"

#include "tests/model/calendar.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::model {

const std::vector<CityMember>& city_members() {
    static const std::vector<CityMember> members = {
        {.name = "acme"},
        {.name = "evpower", .is_merchant = true},
        {.name = "fund", .verifies = {"ride", "coin", "swap"}},
        {.name = "mall", .programmes = {"city"}, .is_merchant = true},
        {.name = "registry", .is_registrar = true},
        {.name = "rideco",
         .provides = {"ride", "coin"},
         .programmes = {"city", "keep", "slow", "vast"},
         .is_operator = true,
         .is_merchant = true},
        {.name = "szmetro",
         .provides = {"ride", "swap", "coin"},
         .verifies = {"coin"},
         .is_operator = true,
         .is_merchant = true},
        {.name = "verico", .verifies = {"ride", "coin", "swap"}},
    };
    return members;
}

const CityMember* find_city_member(std::string_view name) {
    const auto found = std::ranges::find(city_members(), name, &CityMember::name);
    return found == city_members().end() ? nullptr : &*found;
}

std::size_t governors_needed() {
    return (2 * city_members().size() + 2) / 3;
}

const std::vector<CityScheme>& city_schemes() {
    static const std::vector<CityScheme> schemes = {
        {.name = "ant", .credits = false, .correction_days = 40, .obligation_days = 5},
        {.name = "sz-ph", .reserve_ppm = 55'555, .correction_days = 20, .obligation_days = 5},
    };
    return schemes;
}

const CityScheme& city_scheme(std::string_view name) {
    return *std::ranges::find(city_schemes(), name, &CityScheme::name);
}

const std::vector<CityMethod>& city_methods() {
    static const std::vector<CityMethod> methods = {
        {.word = "ride",
         .slug = "metro-shenzhen",
         .scheme = "sz-ph",
         .micrograms = 46'700,
         .settle_days = 1,
         .unit = "m",
         .factor_mode = "metro-shenzhen"},
        {.word = "coin",
         .slug = "coin",
         .scheme = "ant",
         .micrograms = 5'000'000,
         .unit = "piece",
         .factor_mode = "e-invoice"},
        {.word = "swap",
         .slug = "swap",
         .scheme = "sz-ph",
         .micrograms = 1'000'000,
         .unit = "g",
         .factor_mode = "giant"},
    };
    return methods;
}

const CityMethod& city_method(std::string_view word) {
    return *std::ranges::find(city_methods(), word, &CityMethod::word);
}

std::string class_of(const CityMethod& method, std::int64_t period_start) {
    const int year = month_of_day(day_at(period_start * 1'000, city_offset)).year;
    return fmt::format("{}:{}@1:440300:{}", method.scheme, method.slug, year);
}

}  // namespace tanji::model
