#include "tests/ledger/documents.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::ledger::test {
namespace {

std::string input_text(std::string_view name, std::string_view unit) {
    return fmt::format(
        R"({{"input":"{}","unit":"{}","min":"0","max":"800000000","meaning":"test"}})", name, unit
    );
}

std::string product_text(std::string_view input) {
    return fmt::format(R"({{"product":[{{"input":"{}"}},{{"factor":"rate"}}]}})", input);
}

// Three vectors, one record each: n × factor.
std::string vectors_text(const TestMethod& method, bool wrong) {
    const long long rate = std::stoll(std::string(method.factor));
    std::string vectors;
    for (const long long n : {1'000, 2'000, 3'000}) {
        const bool capped = method.caps.find("500000000") != std::string_view::npos;
        const long long full = n * rate;
        const long long given = capped ? std::min(full, 500'000'000LL) : full;
        const std::string inputs = method.net ? fmt::format(R"("before":"{}","now":"0")", n)
                                              : fmt::format(R"("much":"{}")", n);
        vectors += fmt::format(
            R"({}{{"vector":"n {}","factors":{{"rate":"{}"}},"records":[{{"account":"a","subject":"s","day":"2026-03-02","inputs":{{{}}},"keys":{{}},"quality":"A","outcome":"{}","micrograms":"{}"}}],"grams":{{"a":"{}"}}}})",
            vectors.empty() ? "" : ",",
            n,
            rate,
            inputs,
            given == full ? "counted" : "cut",
            given,
            given / 1'000'000 + (wrong ? 1 : 0)
        );
    }
    return vectors;
}

}  // namespace

const std::vector<TestMethod>& test_methods() {
    static const std::vector<TestMethod> methods = {
        {.word = "ride",
         .slug = "metro-shenzhen",
         .scheme = "sz-ph",
         .kind = "metro.exit",
         .settle_days = 2,
         .unit = "m",
         .factor = "46700"},
        {.word = "invoice",
         .slug = "e-invoice",
         .scheme = "ant",
         .kind = "invoice.number",
         .unit = "piece",
         .factor = "5000000",
         .caps =
             R"([{"group":"e-invoice","per":"account","window":"day","records":5,"micrograms":null}])"
        },
        {.word = "walk",
         .slug = "walking",
         .scheme = "sz-ph",
         .kind = "walk",
         .interval = true,
         .tolerance_s = 30,
         .unit = "m",
         .factor = "100000",
         .require = R"({"at_least":[{"input":"much"},{"parameter":"least"}]})",
         .caps =
             R"([{"group":"walk","per":"subject","window":"day","records":null,"micrograms":"500000000"}])"
        },
        {.word = "power",
         .slug = "household-electricity",
         .scheme = "sz-ph",
         .kind = "meter",
         .interval = true,
         .unit = "Wh",
         .factor = "530600",
         .net = true},
        {.word = "solar",
         .slug = "solar",
         .scheme = "sz-ph",
         .kind = "solar.meter",
         .interval = true,
         .unit = "Wh",
         .factor = "600000",
         .net = true,
         .caps =
             R"([{"group":"solar","per":"account","window":"day","records":2,"micrograms":null}])"},
        {.word = "giant",
         .slug = "giant",
         .scheme = "sz-ph",
         .kind = "giant.event",
         .unit = "g",
         .factor = "1000000"},
    };
    return methods;
}

const TestMethod* find_test_method(std::string_view name) {
    const auto& methods = test_methods();
    const auto found = std::ranges::find_if(methods, [&](const TestMethod& each) {
        return each.word == name || each.slug == name;
    });
    return found == methods.end() ? nullptr : &*found;
}

std::string methodology_text(const TestMethod& method, const Variant& variant) {
    const bool least = method.require != "null";
    const std::string mode(variant.factor_mode.empty() ? method.slug : variant.factor_mode);
    std::string text = R"({"tanji":"methodology/1",)";
    text += fmt::format(R"("methodology":"{}@{}",)", method.slug, variant.version);
    text += fmt::format(
        R"("title":{{"en":"{}","zh":"测试"}},"status":"{}","note":"SYNTHETIC","regions":["440300"],)",
        method.word,
        variant.status
    );
    text += fmt::format(
        R"("utc_offset_minutes":480,"valid_from":null,"valid_to":{},)",
        variant.valid_to.empty() ? "null" : "\"" + variant.valid_to + "\""
    );
    text += R"("sources":[{"source":"s","title":"test","locator":"here","status":"verified"}],)";
    text += fmt::format(
        R"("event":{{"kind":"{}","by":"{}","tolerance_s":{},"reporters":["operator","payer","app"]}},)",
        method.kind,
        method.interval ? "interval" : "event",
        method.tolerance_s
    );
    text += fmt::format(
        R"("handling":{{"report_within_days":31,"settle_days":{},"attest_within_days":60}},)",
        method.settle_days
    );
    text += fmt::format(
        R"("inputs":[{}],"keys":[],)",
        method.net ? input_text("before", method.unit) + "," + input_text("now", method.unit)
                   : input_text("much", method.unit)
    );
    text += fmt::format(
        R"("factors":[{{"factor":"rate","quantity":"test.rate","where":{{"mode":"{}"}},"year":"none","unit":"ug/{}","max":"1000000"}}],)",
        mode,
        method.unit
    );
    if (method.factor.size() > 6) {
        text.replace(text.find(R"("max":"1000000"})"), 16, R"("max":"10000000"})");
    }
    text += fmt::format(
        R"("parameters":[{}],"require":{},)",
        least ? R"({"parameter":"least","unit":"m","value":"100","source":"s"})" : "",
        method.require
    );
    text += fmt::format(
        R"("baseline":{},"project":{},"leakage":null,"negative":"{}",)",
        product_text(method.net ? "before" : "much"),
        method.net ? product_text("now") : "null",
        method.net ? "net" : "zero"
    );
    text += fmt::format(
        R"("quality":[{{"quality":"A","discount_ppm":0}}],"caps":{},"vectors":[{}]}})",
        method.caps,
        vectors_text(method, variant.wrong_vector)
    );
    return text;
}

std::string factors_text(int version, std::string_view status) {
    std::string rows;
    for (const TestMethod& method : test_methods()) {
        rows += fmt::format(
            R"({}{{"row":"{}","quantity":"test.rate","where":{{"mode":"{}"}},"year":null,"unit":"ug/{}","value":"{}","rounded":"exact","gas":"CO2","published":"test","valid_from":null,"valid_to":null,"source":"s","status":"{}"}})",
            rows.empty() ? "" : ",",
            method.slug,
            method.slug,
            method.unit,
            method.factor,
            status
        );
    }
    return fmt::format(
        R"({{"tanji":"factors/1","set":"test-factors@{}","title":{{"en":"SYNTHETIC","zh":"测试"}},"sources":[{{"source":"s","title":"test","locator":"here","status":"verified"}}],"rows":[{}]}})",
        version,
        rows
    );
}

}  // namespace tanji::ledger::test
