#pragma once

#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

// Documents for the tests of methodologies.
namespace tanji::ledger::test {

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The data that the project shares with its neighbours; it may be absent.
inline std::filesystem::path shared_data() {
    if (const char* shared = std::getenv("TANJI_SHARED")) {
        return std::filesystem::path(shared) / "data";
    }
#ifdef TANJI_SHARED_DATA
    return TANJI_SHARED_DATA;
#else
    return std::filesystem::path(TANJI_TEST_DATA) / "../../shared/data";
#endif
}

inline std::filesystem::path packs() {
    return std::filesystem::path(TANJI_TEST_DATA) / "../packs";
}

// `text` with one place changed. The place must be there, and only once.
inline std::string changed(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << "not in the document: " << from;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << "twice in the document: " << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// A methodology that uses most of the language.
inline constexpr std::string_view rich_methodology = R"({
"tanji":"methodology/1",
"methodology":"ride-test@1",
"title":{"en":"Rides","zh":"骑行"},
"status":"secondary",
"note":"for tests",
"regions":["440300","GB"],
"utc_offset_minutes":480,
"valid_from":"2024-01-01",
"valid_to":"2030-01-01",
"sources":[{"source":"s1","title":"a source","locator":"page 1","status":"verified"}],
"event":{"kind":"ride","by":"interval","tolerance_s":30,"reporters":["operator","app"]},
"handling":{"report_within_days":31,"settle_days":2,"attest_within_days":60},
"inputs":[
 {"input":"distance_m","unit":"m","min":"0","max":"100000","meaning":"how far"},
 {"input":"orders","unit":"piece","min":"1","max":"10","meaning":"how many"}],
"keys":[{"key":"fuel","values":["petrol","electric"],"meaning":"what the car burns"}],
"factors":[{"factor":"car","quantity":"emission.car","where":{"region":"cn","fuel":{"key":"fuel"}},"year":"latest","unit":"ug/m","max":"1000000"}],
"parameters":[
 {"parameter":"detour_ppm","unit":"1","value":"950000","source":"s1"},
 {"parameter":"million","unit":"1","value":"1000000","source":"s1"},
 {"parameter":"overhead","unit":"ug/piece","value":"1000","source":"s1"},
 {"parameter":"shortest","unit":"m","value":"100","source":"s1"}],
"require":{"all":[{"not":{"less":[{"input":"distance_m"},{"parameter":"shortest"}]}},{"any":[{"is":["fuel","petrol"]},{"is":["fuel","electric"]}]}]},
"baseline":{"ratio":{"of":{"product":[{"input":"distance_m"},{"factor":"car"}]},"times":{"parameter":"detour_ppm"},"over":{"parameter":"million"},"round":"down"}},
"project":{"if":{"when":{"is":["fuel","electric"]},"then":{"product":[{"input":"orders"},{"parameter":"overhead"}]},"else":{"difference":[{"product":[{"input":"orders"},{"parameter":"overhead"}]},{"product":[{"input":"orders"},{"parameter":"overhead"}]}]}}},
"leakage":null,
"negative":"net",
"quality":[{"quality":"A","discount_ppm":0},{"quality":"B","discount_ppm":100000}],
"caps":[
 {"group":"ride-count","per":"subject","window":"day","records":2,"micrograms":null},
 {"group":"ride-mass","per":"account","window":"month","records":null,"micrograms":"300000000"}],
"vectors":[
 {"vector":"counted, cut, capped","factors":{"car":"200000"},"records":[
  {"account":"a","subject":"s","day":"2026-03-02","inputs":{"distance_m":"1000","orders":"1"},"keys":{"fuel":"petrol"},"quality":"A","outcome":"counted","micrograms":"190000000"},
  {"account":"a","subject":"s","day":"2026-03-02","inputs":{"distance_m":"1000","orders":"1"},"keys":{"fuel":"petrol"},"quality":"B","outcome":"cut","micrograms":"110000000"},
  {"account":"a","subject":"s","day":"2026-03-02","inputs":{"distance_m":"1000","orders":"2"},"keys":{"fuel":"petrol"},"quality":"A","outcome":"capped","micrograms":"0"}],"grams":{"a":"300"}},
 {"vector":"ineligible, net","factors":{"car#0":"200000","car#1":"0"},"records":[
  {"account":"a","subject":"s","day":"2026-03-03","inputs":{"distance_m":"99","orders":"1"},"keys":{"fuel":"petrol"},"quality":"A","outcome":"ineligible","micrograms":"0"},
  {"account":"b","subject":"s","day":"2026-03-03","inputs":{"distance_m":"100","orders":"10"},"keys":{"fuel":"electric"},"quality":"A","outcome":"counted","micrograms":"-10000"}],"grams":{"a":"0","b":"0"}},
 {"vector":"zero","factors":{"car":"0"},"records":[
  {"account":"a","subject":null,"day":"2026-03-04","inputs":{"distance_m":"100","orders":"1"},"keys":{"fuel":"petrol"},"quality":"A","outcome":"zero","micrograms":"0"}],"grams":{"a":"0"}}]
})";

// Its factors.
inline constexpr std::string_view rich_factors = R"({
"tanji":"factors/1",
"set":"test-factors@3",
"title":{"en":"Factors","zh":"因子"},
"sources":[{"source":"s1","title":"a source","locator":"page 1","status":"verified"}],
"rows":[
 {"row":"petrol-2024","quantity":"emission.car","where":{"region":"cn","fuel":"petrol"},"year":2024,"unit":"ug/m","value":"210000","rounded":"exact","gas":"CO2","published":"0.21 kg/km","valid_from":null,"valid_to":null,"source":"s1","status":"verified"},
 {"row":"petrol-2025","quantity":"emission.car","where":{"region":"cn","fuel":"petrol"},"year":2025,"unit":"ug/m","value":"200000","rounded":"down","gas":"CO2","published":"0.2000004 kg/km","valid_from":null,"valid_to":"2026-07-01","source":"s1","status":"verified"},
 {"row":"petrol","quantity":"emission.car","where":{"region":"cn","fuel":"petrol"},"year":null,"unit":"ug/m","value":"190000","rounded":"up","gas":"CO2e","published":"0.19 kg/km","valid_from":"2020-01-01","valid_to":"2027-01-01","source":"s1","status":"secondary"},
 {"row":"electric-2025","quantity":"emission.car","where":{"region":"cn","fuel":"electric"},"year":2025,"unit":"ug/m","value":"2000000","rounded":"exact","gas":"CO2","published":"2 kg/km","valid_from":null,"valid_to":null,"source":"s1","status":"verified"}
]
})";

struct Mutation {
    std::string_view from;
    std::string_view to;
    std::string_view reason;
    std::string_view pointer;  // "*" where it does not matter
};

}  // namespace tanji::ledger::test
