#pragma once

#include <string>
#include <string_view>
#include <vector>

// Small methodologies for tests of the rules, and the one factor set they share.
namespace tanji::ledger::test {

struct TestMethod {
    std::string_view word;  // as scenarios call it
    std::string_view slug;
    std::string_view scheme;
    std::string_view kind;  // of event or interval
    bool interval = false;
    int tolerance_s = 0;
    int settle_days = 0;
    std::string_view unit;
    std::string_view factor;  // micrograms per unit
    bool net = false;         // two inputs: baseline and actual
    std::string_view require = "null";
    std::string_view caps = "[]";
};

const std::vector<TestMethod>& test_methods();
const TestMethod* find_test_method(std::string_view word_or_slug);

struct Variant {
    int version = 1;
    std::string status = "verified";
    bool wrong_vector = false;
    std::string factor_mode;  // a factor that the set has not
    std::string valid_to;     // date
};

std::string methodology_text(const TestMethod& method, const Variant& variant = {});
// Documents that are the same but for `version` and `note` have another digest.
std::string factors_text(int version = 1, std::string_view status = "verified");

}  // namespace tanji::ledger::test
