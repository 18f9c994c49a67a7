#include "ledger/methodology/check.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/crypto.h"
#include "tests/ledger/methodology_support.h"

namespace tanji::ledger::test {
namespace {

constexpr std::string_view malformed = "document_malformed";

const std::string rich(rich_methodology);

// The rich methodology with another baseline.
std::string with_baseline(std::string_view expression) {
    const std::size_t from = rich.find("\"baseline\":");
    const std::size_t to = rich.find("\"project\":");
    return rich.substr(0, from) + fmt::format("\"baseline\":{},", expression) + rich.substr(to);
}

void expect_refused(
    std::string_view document,
    std::string_view reason,
    std::string_view pointer,
    std::string_view what
) {
    const auto methodology = read_methodology(document);
    ASSERT_FALSE(methodology) << what;
    EXPECT_EQ(methodology.error().code, ErrorCode::methodology_invalid) << what;
    EXPECT_EQ(methodology.error().reason, reason) << what << ": " << methodology.error().detail;
    if (pointer != "*") {
        EXPECT_EQ(methodology.error().pointer, pointer) << what << methodology.error().detail;
    }
    EXPECT_FALSE(methodology.error().detail.empty()) << what;
}

template <std::size_t count>
void expect_refused(const Mutation (&mutations)[count]) {
    for (const Mutation& mutation : mutations) {
        expect_refused(
            changed(rich, mutation.from, mutation.to),
            mutation.reason,
            mutation.pointer,
            fmt::format("{} -> {}", mutation.from, mutation.to)
        );
    }
}

TEST(Methodology, ADocumentIsReadWithEverythingThatItSays) {
    const auto read = read_methodology(rich);
    ASSERT_TRUE(read) << read.error().reason << " " << read.error().pointer << read.error().detail;
    EXPECT_EQ(read->ref, "ride-test@1");
    EXPECT_EQ(read->digest, sha256(rich));
    EXPECT_EQ(read->title.en, "Rides");
    EXPECT_EQ(read->status, SourceStatus::secondary);
    EXPECT_EQ(name_of(read->status), "secondary");
    EXPECT_EQ(read->utc_offset_minutes, 480);
    EXPECT_EQ(read->kind, "ride");
    EXPECT_TRUE(read->by_interval);
    EXPECT_EQ(read->tolerance_s, 30);
    EXPECT_EQ(read->report_within_days, 31);
    EXPECT_EQ(read->settle_days, 2);
    EXPECT_EQ(read->attest_within_days, 60);
    EXPECT_EQ(read->inputs.at(1).max, 10);
    EXPECT_EQ(read->keys.at(0).values.at(1), "electric");
    EXPECT_TRUE(read->factors.at(0).latest);
    EXPECT_EQ(read->factors.at(0).where.at(1).key, 0U);
    EXPECT_EQ(read->parameters.at(0).value, 950'000);
    EXPECT_TRUE(read->net);
    EXPECT_EQ(read->discounts_ppm.at('B'), 100'000U);
    EXPECT_EQ(read->caps.at(0).per, CapPer::subject);
    EXPECT_EQ(name_of(read->caps.at(0).per), "subject");
    EXPECT_EQ(name_of(read->caps.at(1).per), "account");
    EXPECT_EQ(name_of(read->caps.at(0).window), "day");
    EXPECT_EQ(name_of(read->caps.at(1).window), "month");
    EXPECT_EQ(read->caps.at(1).micrograms, 300'000'000);
    EXPECT_EQ(read->nodes.at(read->baseline).place, "/baseline");
    EXPECT_EQ(read->nodes.at(0).place, "/require/all/0/not/less/0");
    EXPECT_FALSE(read->leakage);
}

TEST(Methodology, RegionsDaysAndReportersAreThoseThatItNames) {
    const auto read = read_methodology(rich).value();
    EXPECT_TRUE(read.covers("440300"));
    EXPECT_TRUE(read.covers("440305"));
    EXPECT_TRUE(read.covers("GB"));
    EXPECT_FALSE(read.covers("440400"));
    EXPECT_FALSE(read.is_valid_on(parse_date("2023-12-31").value()));
    EXPECT_TRUE(read.is_valid_on(parse_date("2024-01-01").value()));
    EXPECT_TRUE(read.is_valid_on(parse_date("2029-12-31").value()));
    EXPECT_FALSE(read.is_valid_on(parse_date("2030-01-01").value()));
    EXPECT_TRUE(read.has_reporter("app"));
    EXPECT_FALSE(read.has_reporter("payer"));
}

TEST(Methodology, AnOffsetWestOfGreenwichHasTheOneSignThatIsAllowed) {
    EXPECT_EQ(read_methodology(changed(rich, ":480", ":-300"))->utc_offset_minutes, -300);
    EXPECT_EQ(read_methodology(changed(rich, ":480", " :\n -720"))->utc_offset_minutes, -720);
    expect_refused(changed(rich, ":480", ":-721"), malformed, "/utc_offset_minutes", "-721");
    expect_refused(changed(rich, ":480", ":841"), malformed, "/utc_offset_minutes", "841");
    for (const std::string_view offset : {":-0", ":--1", ":- 1", ":-", ":+1", ":-1.5", ":\"-1\""}) {
        expect_refused(changed(rich, ":480", offset), malformed, "*", offset);
    }
    expect_refused(changed(rich, "\"tolerance_s\":30", "\"tolerance_s\":-1"), malformed, "*", "-1");
}

TEST(Methodology, AFaultOfFormIsFoundWhereItStands) {
    expect_refused({
        {"methodology/1", "methodology/2", malformed, "/tanji"},
        {"ride-test@1", "ride-test@0", malformed, "/methodology"},
        {"\"note\":\"for tests\",", "", malformed, "/note"},
        {"\"note\":\"for tests\"", "\"note\":1", malformed, "/note"},
        {"\"note\":\"for tests\"", "\"note\":\"\",\"note\":\"\"", malformed, "*"},
        {"\"note\":\"for tests\"", "\"note\":\"\",\"more\":null", malformed, "/more"},
        {"\"zh\":\"骑行\"", "\"zh\":\"骑行\",\"fr\":\"\"", malformed, "/title/fr"},
        {"\"status\":\"secondary\"", "\"status\":\"good\"", malformed, "/status"},
        {"[\"440300\",\"GB\"]", "[]", malformed, "/regions"},
        {"[\"440300\",\"GB\"]", "[\"Shenzhen\"]", malformed, "/regions"},
        {"[\"440300\",\"GB\"]", "[440300]", malformed, "/regions"},
        {"\"2024-01-01\"", "\"2024-1-1\"", malformed, "/valid_from"},
        {"\"event\":{\"kind\":\"ride\"", "\"event\":{\"kind\":\"Ride\"", malformed, "/event/kind"},
        {"\"interval\",\"tolerance_s\"", "\"both\",\"tolerance_s\"", malformed, "/event/by"},
        {"\"tolerance_s\":30", "\"tolerance_s\":121", malformed, "/event/tolerance_s"},
        {"[\"operator\",\"app\"]", "[\"app\",\"app\"]", malformed, "/event/reporters"},
        {"\"settle_days\":2", "\"settle_days\":\"2\"", malformed, "/handling/settle_days"},
        {"\"input\":\"orders\",\"unit\"",
         "\"input\":\"distance_m\",\"unit\"",
         malformed,
         "/inputs/1/input"},
        {"\"input\":\"orders\",\"unit\"",
         "\"input\":\"Orders\",\"unit\"",
         malformed,
         "/inputs/1/input"},
        {"\"input\":\"orders\",\"unit\"",
         "\"input\":\"_orders\",\"unit\"",
         malformed,
         "/inputs/1/input"},
        {"\"min\":\"1\"", "\"min\":\"11\"", malformed, "/inputs/1/max"},
        {"\"max\":\"10\"", "\"max\":\"9007199254740993\"", malformed, "/inputs/1/max"},
        {"\"max\":\"10\"", "\"max\":10", malformed, "/inputs/1/max"},
        {"\"max\":\"10\"", "\"max\":10.5", malformed, "*"},
        {"\"max\":\"10\"", "\"max\":\"10\",\"step\":\"1\"", malformed, "/inputs/1/step"},
        {"[\"petrol\",\"electric\"]", "[\"petrol\",\"petrol\"]", malformed, "/keys/0/values"},
        {"[\"petrol\",\"electric\"]", "[]", malformed, "/keys/0/values"},
        {"\"latest\"", "\"newest\"", malformed, "/factors/0/year"},
        {"{\"key\":\"fuel\"}", "{\"key\":\"colour\"}", malformed, "/factors/0/where"},
        {"{\"key\":\"fuel\"}", "{\"key\":\"fuel\",\"x\":\"y\"}", malformed, "/factors/0/where"},
        {"{\"region\":\"cn\",\"fuel\":{\"key\":\"fuel\"}}", "null", malformed, "/factors/0/where"},
        {"\"quantity\":\"emission.car\"", "\"quantity\":\"\"", malformed, "/factors/0/quantity"},
        {"\"max\":\"1000000\"}]", "\"max\":\"-1\"}]", malformed, "/factors/0/max"},
        {"\"negative\":\"net\"", "\"negative\":\"keep\"", malformed, "/negative"},
        {"{\"quality\":\"B\"", "{\"quality\":\"A\"", malformed, "/quality/1/quality"},
        {"{\"quality\":\"B\"", "{\"quality\":\"b\"", malformed, "/quality/1/quality"},
        {"100000}],", "1000001}],", malformed, "/quality/1/discount_ppm"},
        {"{\"quality\":\"A\",\"discount_ppm\":0},{\"quality\":\"B\",\"discount_ppm\":100000}",
         "",
         malformed,
         "/quality"},
        {"\"group\":\"ride-count\"", "\"group\":\"Ride\"", malformed, "/caps/0/group"},
        {"\"per\":\"subject\"", "\"per\":\"person\"", malformed, "/caps/0/per"},
        {"\"by\":\"interval\"", "\"by\":\"event\"", malformed, "/caps/0/per"},
        {"\"window\":\"month\"", "\"window\":\"week\"", malformed, "/caps/1/window"},
        {"\"records\":2,\"micrograms\":null",
         "\"records\":2,\"micrograms\":\"1\"",
         malformed,
         "/caps/0/records"},
        {"\"records\":2,\"micrograms\":null",
         "\"records\":null,\"micrograms\":null",
         malformed,
         "/caps/0/records"},
        {"\"records\":2,\"micrograms\":null", "\"records\":2", malformed, "/caps/0/micrograms"},
    });
}

TEST(Methodology, AnExpressionOfTheWrongFormIsMalformed) {
    constexpr std::string_view distance = "{\"input\":\"distance_m\"}";
    constexpr std::string_view ratio =
        "{{\"ratio\":{{\"of\":{0},\"times\":{0},\"over\":{0},{1}}}}}";
    const std::string documents[] = {
        "null",
        "1",
        "{}",
        "[]",
        "{\"input\":\"distance_m\",\"factor\":\"car\"}",
        "{\"input\":\"distance\"}",
        "{\"input\":1}",
        "{\"factor\":\"distance_m\"}",
        "{\"parameter\":\"car\"}",
        "{\"history\":{\"input\":\"distance_m\",\"days\":7,\"of\":\"mean\"}}",
        "{\"power\":[]}",
        "{\"sum\":{}}",
        "{\"is\":[\"fuel\",\"petrol\"]}",
        fmt::format("{{\"sum\":[{}]}}", distance),
        fmt::format("{{\"product\":[{0},{0},{0},{0},{0},{0},{0},{0},{0}]}}", distance),
        fmt::format("{{\"difference\":[{0},{0},{0}]}}", distance),
        fmt::format("{{\"clamp\":[{0},{0}]}}", distance),
        fmt::format(ratio, distance, "\"round\":\"near\""),
        fmt::format(ratio, distance, "\"round\":null"),
        fmt::format(ratio, distance, "\"round\":\"up\",\"by\":1"),
        fmt::format("{{\"ratio\":{{\"of\":{0},\"over\":{0},\"round\":\"up\"}}}}", distance),
        fmt::format("{{\"if\":{{\"when\":{0},\"then\":{0},\"else\":{0}}}}}", distance),
        fmt::format(
            "{{\"if\":{{\"when\":{{\"is\":[\"fuel\",\"petrol\"]}},\"then\":{0}}}}}", distance
        ),
        fmt::format(
            "{{\"if\":{{\"when\":{{\"less\":[{0}]}},\"then\":{0},\"else\":{0}}}}}", distance
        ),
    };
    for (const std::string& expression : documents) {
        expect_refused(with_baseline(expression), malformed, "*", expression);
    }
    const std::size_t from = rich.find("\"require\":");
    const std::size_t to = rich.find("\"baseline\":");
    for (const std::string_view condition :
         {"true",
          "{\"input\":\"distance_m\"}",
          "{\"is\":[\"fuel\",\"coal\"]}",
          "{\"is\":[\"colour\",\"red\"]}",
          "{\"is\":[\"fuel\"]}",
          "{\"is\":[\"fuel\",1]}",
          "{\"all\":[]}",
          "{\"any\":{}}",
          "{\"not\":[]}",
          "{\"xor\":[]}"}) {
        const std::string document =
            rich.substr(0, from) + fmt::format("\"require\":{},", condition) + rich.substr(to);
        expect_refused(document, malformed, "*", condition);
    }
}

TEST(Methodology, EveryNumberNamesASource) {
    expect_refused({
        {"{\"source\":\"s1\",\"title\":\"a source\",\"locator\":\"page "
         "1\",\"status\":\"verified\"}",
         "",
         "source_missing",
         "/sources"},
        {"\"value\":\"1000\",\"source\":\"s1\"",
         "\"value\":\"1000\",\"source\":\"s2\"",
         "source_missing",
         "/parameters/2/source"},
    });
}

TEST(Methodology, UnitsMustFit) {
    expect_refused({
        {"\"unit\":\"piece\"", "\"unit\":\"pieces\"", "unit_mismatch", "/inputs/1/unit"},
        {"\"unit\":\"ug/piece\"", "\"unit\":\"g/piece\"", "unit_mismatch", "/project"},
        {"\"parameter\":\"shortest\",\"unit\":\"m\"",
         "\"parameter\":\"shortest\",\"unit\":\"g\"",
         "unit_mismatch",
         "/require/all/0/not"},
    });
    const std::string_view mismatches[] = {
        R"({"sum":[{"input":"distance_m"},{"input":"orders"}]})",
        R"({"min":[{"input":"distance_m"},{"input":"orders"}]})",
        R"({"clamp":[{"input":"distance_m"},{"input":"distance_m"},{"input":"orders"}]})",
        R"({"product":[{"input":"distance_m"},{"factor":"car"},{"input":"orders"}]})",
        R"({"input":"distance_m"})",
        R"({"if":{"when":{"is":["fuel","petrol"]},"then":{"input":"orders"},"else":{"factor":"car"}}})",
    };
    for (const std::string_view mismatch : mismatches) {
        expect_refused(with_baseline(mismatch), "unit_mismatch", "*", mismatch);
    }
}

TEST(Methodology, OneThatIsTooLargeIsTooComplex) {
    std::string of_orders = "{\"product\":[{\"input\":\"orders\"},{\"parameter\":\"overhead\"}]}";
    std::string sum = of_orders;
    for (int i = 0; i < 15; ++i) {
        sum += "," + of_orders;
    }
    sum = "{\"sum\":[" + sum + "]}";  // 49 nodes, and 16 elsewhere
    expect_refused(with_baseline(sum), "too_complex", "/baseline", "65 nodes");

    const auto nested = [&](int depth) {
        std::string expression = "{\"factor\":\"car\"}";
        for (int i = 1; i < depth - 1; ++i) {
            expression = fmt::format("{{\"max\":[{0},{{\"factor\":\"car\"}}]}}", expression);
        }
        return fmt::format("{{\"product\":[{},{{\"input\":\"distance_m\"}}]}}", expression);
    };
    // What JSON cannot nest any more is too complex as well.
    EXPECT_NE(read_methodology(with_baseline(nested(8))).error().reason, "too_complex");
    expect_refused(with_baseline(nested(9)), "too_complex", "", "9 deep");

    std::string condition = R"({"is":["fuel","petrol"]})";
    for (int i = 0; i < 8; ++i) {
        condition = fmt::format("{{\"not\":{}}}", condition);
    }
    expect_refused(
        changed(
            rich,
            R"({"all":[{"not":{"less":[{"input":"distance_m"},{"parameter":"shortest"}]}},{"any":[{"is":["fuel","petrol"]},{"is":["fuel","electric"]}]}]})",
            condition
        ),
        "too_complex",
        "/require/not/not/not/not/not/not/not/not",
        "9 conditions deep"
    );

    std::string parameters;
    for (int i = 0; i < 13; ++i) {
        parameters +=
            fmt::format(R"({{"parameter":"p{}","unit":"1","value":"0","source":"s1"}},)", i);
    }
    expect_refused(
        changed(rich, "\"parameters\":[", "\"parameters\":[" + parameters),
        "too_complex",
        "/parameters",
        "17 parameters"
    );
    expect_refused(
        changed(
            rich,
            "{\"region\":\"cn\",\"fuel\"",
            R"({"a":"a","b":"b","c":"c","d":"d","e":"e","f":"f","fuel")"
        ),
        "too_complex",
        "/factors/0/where",
        "7 dimensions"
    );
}

TEST(Methodology, OneThatCouldOverflowIsNotPublished) {
    // (2^53 m) x (10^12 ug/m) is above 2^63.
    const std::string wide = changed(
        changed(rich, "\"max\":\"100000\"", "\"max\":\"9007199254740992\""),
        "\"unit\":\"ug/m\",\"max\":\"1000000\"",
        "\"unit\":\"ug/m\",\"max\":\"1000000000000\""
    );
    expect_refused(wide, "may_overflow", "/baseline", "a baseline above 2^63");

    const std::string_view product =
        R"({"product":[{"input":"distance_m"},{"factor":"car"},{"parameter":"million"},{"parameter":"million"}]})";
    const std::string over_128 = changed(
        wide,
        R"({"parameter":"million","unit":"1","value":"1000000")",
        R"({"parameter":"million","unit":"1","value":"100000000000")"
    );
    const std::size_t from = over_128.find("\"baseline\":");
    const std::size_t to = over_128.find("\"project\":");
    expect_refused(
        over_128.substr(0, from) + fmt::format("\"baseline\":{},", product) + over_128.substr(to),
        "may_overflow",
        "/baseline",
        "a product above 2^127"
    );
    expect_refused(
        changed(
            rich,
            R"({"parameter":"million","unit":"1","value":"1000000")",
            R"({"parameter":"million","unit":"1","value":"0")"
        ),
        "may_overflow",
        "/baseline",
        "a divisor of zero"
    );
    expect_refused(
        with_baseline(
            R"({"ratio":{"of":{"product":[{"input":"orders"},{"parameter":"overhead"}]},"times":{"input":"distance_m"},"over":{"input":"distance_m"},"round":"up"}})"
        ),
        "may_overflow",
        "/baseline",
        "a divisor that an input may make zero"
    );
}

TEST(Methodology, TermsThatReach2To63OnlyTogetherMayOverflow) {
    // 5 x 10^18 is allowed alone, 2^63 is about 9.22 x 10^18.
    const std::string alone = changed(
        changed(
            rich, "\"value\":\"1000\",\"source\"", "\"value\":\"500000000000000000\",\"source\""
        ),
        "\"leakage\":null",
        R"("leakage":{"product":[{"input":"orders"},{"parameter":"overhead"}]})"
    );
    expect_refused(alone, "may_overflow", "/baseline", "project and leakage together");
}

TEST(Methodology, AFactorCannotBeDeclaredOrStatedAboveItsBound) {
    // Read with a small input, since bounds come before.
    const std::string small = changed(rich, "\"max\":\"100000\"", "\"max\":\"1000\"");
    expect_refused(
        changed(
            small,
            "\"unit\":\"ug/m\",\"max\":\"1000000\"",
            "\"unit\":\"ug/m\",\"max\":\"1000000000001\""
        ),
        "factor_out_of_bounds",
        "/factors/0/max",
        "max above 10^12"
    );
    expect_refused(
        changed(rich, "\"factors\":{\"car\":\"200000\"}", "\"factors\":{\"car\":\"1000001\"}"),
        "factor_out_of_bounds",
        "/vectors/0/factors",
        "stated above max"
    );
    expect_refused(
        changed(rich, "\"car#1\":\"0\"", "\"car#1\":\"1000001\""),
        "factor_out_of_bounds",
        "/vectors/1/factors",
        "stated above max for one record"
    );
}

TEST(Methodology, WhatIsExactlyAtABoundIsStillAllowed) {
    const std::string small = changed(rich, "\"max\":\"100000\"", "\"max\":\"1000\"");
    EXPECT_TRUE(read_methodology(changed(
        small,
        "\"unit\":\"ug/m\",\"max\":\"1000000\"",
        "\"unit\":\"ug/m\",\"max\":\"1000000000000\""
    )));
    // 2^53 orders of 1,024 ug are 2^63 ug; one order less is not.
    const std::string orders = changed(
        changed(rich, "\"value\":\"1000\",\"source\"", "\"value\":\"1024\",\"source\""),
        "\"micrograms\":\"-10000\"",
        "\"micrograms\":\"-10240\""
    );
    const std::size_t from = orders.find("\"project\":");
    const std::size_t to = orders.find("\"leakage\":");
    const std::string product =
        orders.substr(0, from) +
        R"("project":{"if":{"when":{"is":["fuel","electric"]},"then":{"product":[{"input":"orders"},{"parameter":"overhead"}]},"else":{"product":[{"input":"orders"},{"parameter":"nothing"}]}}},)" +
        orders.substr(to);
    const std::string document = changed(
        product,
        "\"parameters\":[",
        R"("parameters":[{"parameter":"nothing","unit":"ug/piece","value":"0","source":"s1"},)"
    );
    // The baseline reaches 95 x 10^9 here, so the orders must leave it room.
    EXPECT_TRUE(read_methodology(changed(document, "\"max\":\"10\"", "\"max\":\"9007199100000000\"")
    ));
    expect_refused(
        changed(document, "\"max\":\"10\"", "\"max\":\"9007199254740991\""),
        "may_overflow",
        "/baseline",
        "2^63 - 1,024 and a baseline"
    );
    expect_refused(
        changed(document, "\"max\":\"10\"", "\"max\":\"9007199254740992\""),
        "may_overflow",
        "/project",
        "2^63"
    );
}

TEST(Methodology, AVectorMustSayWhatComesOut) {
    expect_refused({
        {"\"micrograms\":\"190000000\"",
         "\"micrograms\":\"190000001\"",
         "vector_failed",
         "/vectors/0/records/0"},
        {"\"outcome\":\"cut\"", "\"outcome\":\"counted\"", "vector_failed", "/vectors/0/records/1"},
        {"\"outcome\":\"zero\"", "\"outcome\":\"nothing\"", "vector_failed", "/vectors/2/records/0"
        },
        {"\"grams\":{\"a\":\"300\"}",
         "\"grams\":{\"a\":\"301\"}",
         "vector_failed",
         "/vectors/0/grams"},
        {"\"grams\":{\"a\":\"0\",\"b\":\"0\"}",
         "\"grams\":{\"a\":\"0\"}",
         "vector_failed",
         "/vectors/1/grams"},
        {"\"distance_m\":\"99\"",
         "\"distance_m\":\"100001\"",
         "vector_failed",
         "/vectors/1/records/0"},
        {"\"distance_m\":\"99\"",
         "\"distance_m\":\"99\",\"speed\":\"1\"",
         "vector_failed",
         "/vectors/1/records/0"},
        {"\"car#1\":\"0\"", "\"car#0\":\"0\"", malformed, "*"},
        {",\"car#1\":\"0\"", "", "vector_failed", "/vectors/1/records/1"},
        {"\"orders\":\"10\"},\"keys\":{\"fuel\":\"electric\"}",
         "\"orders\":\"10\"},\"keys\":{\"fuel\":\"coal\"}",
         "vector_failed",
         "/vectors/1/records/1"},
        {"\"orders\":\"10\"},\"keys\":{\"fuel\":\"electric\"}",
         "\"orders\":\"10\"},\"keys\":{}",
         "vector_failed",
         "/vectors/1/records/1"},
        {"\"quality\":\"B\",\"outcome\"",
         "\"quality\":\"C\",\"outcome\"",
         "vector_failed",
         "/vectors/0/records/1"},
        {"\"quality\":\"B\",\"outcome\"",
         "\"quality\":\"\",\"outcome\"",
         "vector_failed",
         "/vectors/0/records/1"},
    });
    const std::size_t third = rich.find(",\n {\"vector\":\"zero\"");
    expect_refused(rich.substr(0, third) + "]}", "vector_failed", "/vectors", "two vectors");
}

TEST(Methodology, AVectorOfTheWrongFormIsMalformed) {
    expect_refused({
        {"\"factors\":{\"car\":\"0\"}",
         "\"factors\":{\"bus\":\"0\",\"car\":\"0\"}",
         malformed,
         "/vectors/2/factors"},
        {"\"car#1\":\"0\"", "\"car#2\":\"0\"", malformed, "/vectors/1/factors"},
        {"\"car#1\":\"0\"", "\"car#01\":\"0\"", malformed, "/vectors/1/factors"},
        {"\"factors\":{\"car\":\"0\"}", "\"factors\":{\"car\":0}", malformed, "/vectors/2/factors"},
        {"\"factors\":{\"car\":\"0\"}",
         "\"factors\":{\"car\":\"-1\"}",
         malformed,
         "/vectors/2/factors"},
        {"\"factors\":{\"car\":\"0\"}", "\"factors\":[]", malformed, "/vectors/2/factors"},
        {"\"2026-03-04\"", "\"2026-02-30\"", malformed, "/vectors/2/records/0/day"},
        {"\"2026-03-04\"", "null", malformed, "/vectors/2/records/0/day"},
        {"{\"distance_m\":\"99\",\"orders\":\"1\"}",
         "{\"distance_m\":\"99\"}",
         malformed,
         "/vectors/1/records/0/inputs"},
        {"\"micrograms\":\"-10000\"", "\"micrograms\":-10000", malformed, "*"},
        {"\"micrograms\":\"-10000\"",
         "\"micrograms\":\"-010000\"",
         malformed,
         "/vectors/1/records/1/micrograms"},
        {"{\"vector\":\"zero\",", "{", malformed, "/vectors/2/vector"},
        {"\"grams\":{\"a\":\"300\"}", "\"grams\":null", malformed, "/vectors/0/grams"},
    });
}

TEST(Methodology, ReasonsAreTestedInTheirOrder) {
    std::string worse = changed(rich, "\"micrograms\":\"190000000\"", "\"micrograms\":\"1\"");
    expect_refused(worse, "vector_failed", "*", "vector");
    worse = changed(worse, "\"factors\":{\"car\":\"0\"}", "\"factors\":{\"car\":\"1000001\"}");
    expect_refused(worse, "factor_out_of_bounds", "*", "factor");
    worse = changed(
        worse, R"("million","unit":"1","value":"1000000")", R"("million","unit":"1","value":"0")"
    );
    expect_refused(worse, "may_overflow", "*", "bounds");
    worse = changed(
        worse,
        "\"keys\":[",
        R"("keys":[{"key":"k1","values":["a"],"meaning":""},{"key":"k2","values":["a"],"meaning":""},{"key":"k3","values":["a"],"meaning":""},{"key":"k4","values":["a"],"meaning":""},)"
    );
    expect_refused(worse, "too_complex", "*", "size");
    worse = changed(worse, "\"unit\":\"ug/piece\"", "\"unit\":\"g/piece\"");
    expect_refused(worse, "unit_mismatch", "*", "units");
    worse = changed(
        worse, "\"value\":\"1000\",\"source\":\"s1\"", "\"value\":\"1000\",\"source\":\"s2\""
    );
    expect_refused(worse, "source_missing", "*", "sources");
    worse = changed(worse, "\"note\":\"for tests\",", "");
    expect_refused(worse, malformed, "*", "form");
}

TEST(Methodology, AnythingThatIsNoDocumentIsMalformed) {
    for (const std::string_view text : {"", "{", "[]", "null", "1", "\"\"", "{}", "{\"tanji\":"}) {
        expect_refused(text, malformed, "*", text);
    }
    expect_refused(rich + std::string(32'768, ' '), malformed, "", "too long");
    expect_refused(rich + "{}", malformed, "", "something behind it");
    // Every prefix is refused, and none does anything worse.
    for (std::size_t size = 0; size < rich.size(); size += 7) {
        EXPECT_FALSE(read_methodology(rich.substr(0, size)));
    }
}

}  // namespace
}  // namespace tanji::ledger::test
