#include "ledger/methodology/cap.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/explain.h"
#include "ledger/methodology/sum.h"
#include "tests/ledger/methodology_support.h"

#include <chrono>
#include <optional>
#include <vector>

namespace tanji::ledger::test {
namespace {

const Methodology& rides() {
    static const Methodology read = read_methodology(rich_methodology).value();
    return read;
}

const FactorSet& factors() {
    static const FactorSet read = read_factor_set(rich_factors).value();
    return read;
}

// One record with its values.
struct Ride {
    std::vector<Amount> inputs = {1'000, 1};
    std::vector<std::uint16_t> keys = {0};  // petrol
    char quality = 'A';
    std::string day = "2026-03-02";

    RecordInputs record() const {
        return {
            .inputs = inputs,
            .keys = keys,
            .quality = quality,
            .day = day_from_civil(parse_date(day).value()),
        };
    }
};

std::string reason_of(const Ride& ride) {
    const Status checked = check_record_inputs(rides(), ride.record());
    if (!checked) {
        EXPECT_EQ(checked.error().code, ErrorCode::record_invalid);
    }
    return checked ? "ok" : checked.error().reason;
}

TEST(RecordInputs, ReasonsAreTestedInTheirOrder) {
    EXPECT_EQ(reason_of({}), "ok");
    EXPECT_EQ(reason_of({.inputs = {0, 10}}), "ok");
    EXPECT_EQ(reason_of({.inputs = {100'000, 1}}), "ok");
    EXPECT_EQ(reason_of({.inputs = {100'001, 1}}), "input_out_of_range");
    EXPECT_EQ(reason_of({.inputs = {-1, 1}}), "input_out_of_range");
    EXPECT_EQ(reason_of({.inputs = {1, 0}}), "input_out_of_range");
    EXPECT_EQ(reason_of({.inputs = {1}}), "input_out_of_range");
    EXPECT_EQ(reason_of({.inputs = {1, 1, 1}}), "input_out_of_range");
    EXPECT_EQ(reason_of({.inputs = {1}, .keys = {}, .quality = 'Z'}), "input_out_of_range");
    EXPECT_EQ(reason_of({.keys = {2}}), "key_value");
    EXPECT_EQ(reason_of({.keys = {}}), "key_value");
    EXPECT_EQ(reason_of({.keys = {0, 0}, .quality = 'Z'}), "key_value");
    EXPECT_EQ(reason_of({.quality = 'C'}), "quality");
}

Result<Evaluated> evaluated(const Ride& ride) {
    Evaluator evaluator(rides(), factors());
    EXPECT_EQ(&evaluator.methodology(), &rides());
    EXPECT_EQ(&evaluator.factor_set(), &factors());
    return evaluator.evaluate(ride.record());
}

TEST(Evaluate, TheDiscountIsFlooredAfterTheDifference) {
    EXPECT_EQ(evaluated({})->micrograms, 190'000'000);
    EXPECT_EQ(evaluated({.quality = 'B'})->micrograms, 171'000'000);
    EXPECT_EQ(evaluated({.inputs = {101, 1}, .day = "2024-05-05"})->micrograms, 20'149'500);
    EXPECT_EQ(
        evaluated({.inputs = {101, 1}, .quality = 'B', .day = "2024-05-05"})->micrograms, 18'134'550
    );
}

TEST(Evaluate, ARecordThatIsNotRequiredGivesNothing) {
    EXPECT_EQ(
        evaluated({.inputs = {99, 1}}).value(), (Evaluated{.required = false, .micrograms = 0})
    );
    EXPECT_TRUE(evaluated({.inputs = {100, 1}})->required);
}

TEST(Evaluate, WithoutAFactorTheRecordIsRefused) {
    EXPECT_EQ(evaluated({.day = "2023-12-31"}).error().code, ErrorCode::factor_missing);
    // The row for electric cars is above the declared max.
    EXPECT_EQ(evaluated({.keys = {1}}).error().code, ErrorCode::factor_missing);
    // Factors come before `require`.
    EXPECT_EQ(evaluated({.inputs = {99, 1}, .keys = {1}}).error().code, ErrorCode::factor_missing);
}

TEST(Evaluate, FactorsAreThoseOfTheDayAndTheKeysHoweverRecordsAreMixed) {
    Evaluator evaluator(rides(), factors());
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(evaluator.evaluate(Ride{}.record())->micrograms, 190'000'000);
        EXPECT_EQ(evaluator.evaluate(Ride{.day = "2026-07-01"}.record())->micrograms, 199'500'000);
        EXPECT_FALSE(evaluator.evaluate(Ride{.keys = {1}}.record()));
    }
}

TEST(Evaluate, AnEvaluatorThatForgetsItsFactorsFindsThemAgain) {
    Evaluator evaluator(rides(), factors());
    const Ride ride;
    const RecordInputs record = ride.record();
    for (int round = 0; round < 2; ++round) {
        for (Day day = record.day; day < record.day + 10'100; ++day) {
            RecordInputs later = record;
            later.day = day;
            ASSERT_TRUE(evaluator.evaluate(later));
        }
    }
    EXPECT_EQ(evaluator.evaluate(record)->micrograms, 190'000'000);
}

// The value of an expression in which `a`, `b` and `c` are parameters of rich_methodology's kind.
std::optional<Int128> value_of(std::string_view expression, std::uint16_t key = 0) {
    std::string document(rich_methodology);
    document =
        changed(document, "\"unit\":\"piece\",\"min\":\"1\"", "\"unit\":\"ug\",\"min\":\"1\"");
    document = changed(document, "\"unit\":\"ug/piece\"", "\"unit\":\"1\"");
    document = changed(
        document,
        "\"parameters\":[",
        R"("parameters":[{"parameter":"a","unit":"ug","value":"1000003","source":"s1"},{"parameter":"b","unit":"ug","value":"1000010","source":"s1"},{"parameter":"two","unit":"1","value":"2","source":"s1"},{"parameter":"one","unit":"1","value":"1","source":"s1"},)"
    );
    const std::size_t from = document.find("\"baseline\":");
    const std::size_t to = document.find("\"leakage\":");
    document = document.substr(0, from) +
               fmt::format("\"baseline\":{},\"project\":null,", expression) + document.substr(to);
    // Its vectors no longer come out; three without records do.
    const std::size_t vectors = document.find("\"vectors\":");
    constexpr std::string_view none = R"({"vector":"none","factors":{},"records":[],"grams":{}})";
    document = document.substr(0, vectors) + fmt::format("\"vectors\":[{0},{0},{0}]}}", none);
    const auto methodology = read_methodology(document);
    if (!methodology) {
        ADD_FAILURE() << expression << methodology.error().detail << methodology.error().pointer;
        return std::nullopt;
    }
    const Ride ride = {.keys = {key}, .day = "2024-05-05"};
    NodeValues values{};
    evaluate_nodes(*methodology, ride.record(), std::vector<Amount>{200'000}, values);
    return values[methodology->baseline];
}

constexpr std::string_view a = R"({"parameter":"a"})";
constexpr std::string_view b = R"({"parameter":"b"})";
constexpr std::string_view minus_seven = R"({"difference":[{"parameter":"a"},{"parameter":"b"}]})";

std::string ratio(
    std::string_view of, std::string_view times, std::string_view over, std::string_view round
) {
    return fmt::format(
        R"({{"ratio":{{"of":{},"times":{{"parameter":"{}"}},"over":{{"parameter":"{}"}},"round":"{}"}}}})",
        of,
        times,
        over,
        round
    );
}

TEST(Evaluate, ARatioIsRoundedDownOrUpAlsoBelowZero) {
    EXPECT_EQ(value_of(ratio(a, "detour_ppm", "million", "down")), 950'002);
    EXPECT_EQ(value_of(ratio(a, "detour_ppm", "million", "up")), 950'003);
    EXPECT_EQ(value_of(ratio(minus_seven, "one", "two", "down")), -4);
    EXPECT_EQ(value_of(ratio(minus_seven, "one", "two", "up")), -3);
    EXPECT_EQ(value_of(ratio(minus_seven, "two", "one", "up")), -14);
}

TEST(Evaluate, EveryOperationGivesWhatItsNameSays) {
    EXPECT_EQ(value_of(fmt::format(R"({{"sum":[{0},{1},{0}]}})", a, b)), 3'000'016);
    EXPECT_EQ(value_of(minus_seven), -7);
    EXPECT_EQ(value_of(fmt::format(R"({{"product":[{},{{"parameter":"two"}}]}})", a)), 2'000'006);
    EXPECT_EQ(value_of(fmt::format(R"({{"min":[{},{}]}})", b, a)), 1'000'003);
    EXPECT_EQ(value_of(fmt::format(R"({{"max":[{},{}]}})", a, b)), 1'000'010);
    EXPECT_EQ(value_of(fmt::format(R"({{"clamp":[{},{},{}]}})", minus_seven, a, b)), 1'000'003);
    EXPECT_EQ(value_of(fmt::format(R"({{"clamp":[{},{},{}]}})", a, minus_seven, b)), 1'000'003);
    EXPECT_EQ(value_of(fmt::format(R"({{"clamp":[{},{},{}]}})", b, minus_seven, a)), 1'000'003);
    EXPECT_EQ(value_of(fmt::format(R"({{"clamp":[{0},{0},{1}]}})", b, a)), 1'000'010);  // low wins
}

TEST(Evaluate, AChoiceFollowsItsCondition) {
    const auto choice = [](std::string_view condition, std::uint16_t key = 0) {
        return value_of(
                   fmt::format(R"({{"if":{{"when":{},"then":{},"else":{}}}}})", condition, a, b),
                   key
               ) == 1'000'003;
    };
    const std::string less = fmt::format(R"({{"less":[{},{}]}})", a, b);
    const std::string equal = fmt::format(R"({{"less":[{0},{0}]}})", a);
    EXPECT_TRUE(choice(less));
    EXPECT_FALSE(choice(equal));
    EXPECT_TRUE(choice(fmt::format(R"({{"at_least":[{0},{0}]}})", a)));
    EXPECT_FALSE(choice(fmt::format(R"({{"at_least":[{},{}]}})", a, b)));
    EXPECT_FALSE(choice(fmt::format(R"({{"not":{}}})", less)));
    EXPECT_TRUE(choice(fmt::format(R"({{"all":[{0},{0}]}})", less)));
    EXPECT_FALSE(choice(fmt::format(R"({{"all":[{},{}]}})", less, equal)));
    EXPECT_TRUE(choice(fmt::format(R"({{"any":[{},{}]}})", equal, less)));
    EXPECT_FALSE(choice(fmt::format(R"({{"any":[{0},{0}]}})", equal)));
    EXPECT_TRUE(choice(R"({"is":["fuel","electric"]})", 1));
    EXPECT_FALSE(choice(R"({"is":["fuel","electric"]})", 0));
}

TEST(Evaluate, LossesAreZeroUnlessTheMethodologyKeepsThem) {
    Methodology methodology = rides();
    NodeValues values{};
    values[methodology.require.value()] = 1;
    values[methodology.project.value()] = 10'000;
    EXPECT_EQ(conclude(methodology, 'B', values).micrograms, -10'000);  // no discount on a loss
    methodology.net = false;
    EXPECT_EQ(conclude(methodology, 'B', values).micrograms, 0);
    values[methodology.baseline] = 10'009;
    EXPECT_EQ(conclude(methodology, 'B', values).micrograms, 8);
    methodology.leakage = methodology.project;
    EXPECT_EQ(conclude(methodology, 'A', values).micrograms, 0);
}

// --- Caps.
// ----------------------------------------------------------------------------------------

struct CapTest : testing::Test {
    Methodology methodology = rides();
    WindowMap windows;

    Charged charged(Amount micrograms, std::string_view account, std::string_view day) {
        return charge(
            methodology,
            micrograms,
            account,
            "subject-of-" + std::string(account),
            parse_date(day).value(),
            windows
        );
    }
};

constexpr Charged counted(Amount micrograms) {
    return {.outcome = Outcome::counted, .micrograms = micrograms};
}
constexpr Charged capped = {.outcome = Outcome::capped, .micrograms = 0};

TEST_F(CapTest, WhatGivesNothingOrALossUsesNoWindow) {
    EXPECT_EQ(charged(0, "u1", "2026-03-02").outcome, Outcome::zero);
    EXPECT_EQ(charged(-5, "u1", "2026-03-02"), counted(-5));
    EXPECT_EQ(charged(0, "u1", "2026-03-02").outcome, Outcome::zero);
    EXPECT_EQ(charged(1, "u1", "2026-03-02"), counted(1));
    EXPECT_EQ(charged(1, "u1", "2026-03-02"), counted(1));
    EXPECT_EQ(charged(1, "u1", "2026-03-02"), capped);
}

TEST_F(CapTest, ARecordThatNoRoomIsLeftForAddsNothing) {
    EXPECT_EQ(charged(299'999'999, "u1", "2026-03-02"), counted(299'999'999));
    EXPECT_EQ(charged(5, "u1", "2026-03-02"), (Charged{.outcome = Outcome::cut, .micrograms = 1}));
    EXPECT_EQ(charged(5, "u1", "2026-03-03"), capped);  // the month is full
    const auto keys =
        windows_of(methodology, "u1", "subject-of-u1", parse_date("2026-03-03").value());
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(windows.read(keys[0]), WindowUse{});  // and nothing was added to the day
    EXPECT_EQ(windows.read(keys[1]), (WindowUse{.records = 2, .micrograms = 300'000'000}));
    EXPECT_EQ(charged(5, "u1", "2026-04-01"), counted(5));
    EXPECT_EQ(charged(5, "u2", "2026-03-02"), counted(5));
}

TEST_F(CapTest, ExactlyTheRoomThatIsLeftIsCountedAndNotCut) {
    EXPECT_EQ(charged(300'000'000, "u1", "2026-03-02"), counted(300'000'000));
    EXPECT_EQ(charged(1, "u1", "2026-03-02"), capped);
}

TEST_F(CapTest, AWindowIsNamedByGroupWhoAndDate) {
    const auto keys = windows_of(methodology, "u1", "s1", parse_date("2026-12-31").value());
    EXPECT_EQ(keys.at(0).group, "ride-count");
    EXPECT_EQ(keys.at(0).who, "s1");
    EXPECT_EQ(keys.at(0).date, "2026-12-31");
    EXPECT_EQ(keys.at(1).who, "u1");
    EXPECT_EQ(keys.at(1).date, "2026-12");
}

TEST_F(CapTest, TwoCapsOnOneWindowAddOneRecord) {
    methodology.caps = {
        {.group = "g", .records = 2, .micrograms = std::nullopt},
        {.group = "g", .records = std::nullopt, .micrograms = 100},
    };
    EXPECT_EQ(charged(40, "u1", "2026-03-02"), counted(40));
    EXPECT_EQ(charged(40, "u1", "2026-03-02"), counted(40));
    EXPECT_EQ(charged(40, "u1", "2026-03-02"), capped);  // two records, not four
}

TEST_F(CapTest, MethodologiesShareTheWindowsOfAGroup) {
    Methodology other = rides();
    other.caps = {{.group = "ride-mass", .window = CapWindow::month, .records = 1, .micrograms = {}}
    };
    EXPECT_EQ(charged(7, "u1", "2026-03-02"), counted(7));
    EXPECT_EQ(charge(other, 7, "u1", "s", parse_date("2026-03-02").value(), windows), capped);
}

// --- Explanations.
// --------------------------------------------------------------------------------

TEST(Explain, EveryStepShowsItsOperandsAndEveryNumberItsSource) {
    const Ride ride = {.inputs = {1'000, 3}, .quality = 'B'};
    const auto explained = explain(rides(), factors(), ride.record());
    ASSERT_TRUE(explained);
    EXPECT_TRUE(explained->required);
    EXPECT_EQ(explained->baseline, 190'000'000);
    EXPECT_EQ(explained->project, 0);
    EXPECT_EQ(explained->leakage, 0);
    EXPECT_EQ(explained->discount_ppm, 100'000U);
    EXPECT_EQ(explained->micrograms, evaluated(ride)->micrograms);
    EXPECT_EQ(explained->steps.size(), rides().nodes.size());
    const auto step = [&](std::string_view place) {
        for (const EvaluationStep& candidate : explained->steps) {
            if (candidate.place == place) {
                return candidate;
            }
        }
        ADD_FAILURE() << "no step at " << place;
        return EvaluationStep{};
    };
    const EvaluationStep ratio_step = step("/baseline");
    EXPECT_EQ(ratio_step.operation, "ratio");
    EXPECT_EQ(ratio_step.round, "down");
    EXPECT_EQ(ratio_step.unit, "ug");
    ASSERT_EQ(ratio_step.operands.size(), 3U);
    EXPECT_EQ(ratio_step.operands[0].place, "/baseline/ratio/of");
    EXPECT_EQ(ratio_step.operands[0].value, 200'000'000);
    const EvaluationStep factor = step("/baseline/ratio/of/product/1");
    EXPECT_EQ(factor.name, "car");
    EXPECT_EQ(factor.value, 200'000);
    ASSERT_NE(factor.row, nullptr);
    EXPECT_EQ(factor.row->published, "0.2000004 kg/km");
    EXPECT_EQ(factor.source->locator, "page 1");
    const EvaluationStep parameter = step("/baseline/ratio/times");
    EXPECT_EQ(parameter.name, "detour_ppm");
    EXPECT_EQ(parameter.source->source, "s1");
    EXPECT_EQ(step("/require").unit, "");
    EXPECT_EQ(step("/require").value, 1);
    EXPECT_EQ(step("/require/all/1/any/1").name, "fuel");
    EXPECT_EQ(step("/require/all/1/any/1").value, 0);
}

TEST(Explain, TheWrittenExplanationIsJsonWithTheSameNumbers) {
    const Ride ride;
    JsonWriter out;
    write(out, explain(rides(), factors(), ride.record()).value());
    const auto value = parse_json(out.text());
    ASSERT_TRUE(value) << out.text();
    EXPECT_EQ(*value->find("micrograms")->string(), "190000000");
    EXPECT_TRUE(*value->find("required")->boolean());
    EXPECT_EQ(value->find("steps")->array()->size(), rides().nodes.size());
    EXPECT_NE(out.text().find(R"("published":"0.2000004 kg/km")"), std::string::npos);
    EXPECT_NE(out.text().find(R"("round":"down")"), std::string::npos);
}

TEST(Explain, WhatCannotBeEvaluatedCannotBeExplained) {
    EXPECT_EQ(
        explain(rides(), factors(), Ride{.day = "2023-12-31"}.record()).error().code,
        ErrorCode::factor_missing
    );
}

// A batch must not wait for its numbers: 10,000 records in well under a second, even unoptimised.
TEST(Evaluate, ABatchIsEvaluatedQuickly) {
    Evaluator evaluator(rides(), factors());
    Ride ride;
    const auto start = std::chrono::steady_clock::now();
    Int128 sum = 0;
    for (Amount i = 0; i < 10'000; ++i) {
        ride.inputs[0] = 100 + i;
        RecordInputs record = ride.record();
        record.day += i % 30;
        sum += evaluator.evaluate(record)->micrograms;
    }
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(sum, Int128{190'000} * (10'000 * 100 + 9'999 * 5'000));
    EXPECT_LT(took, std::chrono::seconds(2));
    RecordProperty("microseconds", static_cast<int>(took / std::chrono::microseconds(1)));
}

}  // namespace
}  // namespace tanji::ledger::test
