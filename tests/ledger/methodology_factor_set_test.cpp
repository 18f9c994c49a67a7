#include "ledger/methodology/factor_set.h"
#include "ledger/value/crypto.h"
#include "tests/ledger/methodology_support.h"

namespace tanji::ledger::test {
namespace {

FactorQuery petrol(bool latest) {
    return {
        .quantity = "emission.car",
        .where = {{"region", "cn"}, {"fuel", "petrol"}},
        .unit = Unit::parse("ug/m").value(),
        .latest = latest,
    };
}

std::string row_on(const FactorSet& set, const FactorQuery& query, std::string_view date) {
    const FactorRow* row = set.look_up(query, parse_date(date).value());
    return row != nullptr ? row->row : "none";
}

TEST(FactorSet, ADocumentIsReadWithEverythingThatItSays) {
    const auto set = read_factor_set(rich_factors);
    ASSERT_TRUE(set) << set.error().detail;
    EXPECT_EQ(set->ref(), "test-factors@3");
    EXPECT_EQ(set->title().zh, "因子");
    EXPECT_EQ(set->sources().at(0).locator, "page 1");
    EXPECT_EQ(set->digest(), sha256(rich_factors));
    ASSERT_EQ(set->rows().size(), 4U);
    const FactorRow& row = set->rows()[1];
    EXPECT_EQ(row.published, "0.2000004 kg/km");
    EXPECT_EQ(row.rounded, "down");
    EXPECT_EQ(row.gas, "CO2");
    EXPECT_EQ(row.value, 200'000);
    EXPECT_EQ(row.year, 2025);
    EXPECT_EQ(set->rows()[2].status, SourceStatus::secondary);
}

TEST(FactorSet, LatestIsTheGreatestYearNotAfterTheRecord) {
    const auto set = read_factor_set(rich_factors).value();
    EXPECT_EQ(row_on(set, petrol(true), "2023-12-31"), "none");
    EXPECT_EQ(row_on(set, petrol(true), "2024-01-01"), "petrol-2024");
    EXPECT_EQ(row_on(set, petrol(true), "2025-01-01"), "petrol-2025");
    EXPECT_EQ(row_on(set, petrol(true), "2026-06-30"), "petrol-2025");
    EXPECT_EQ(row_on(set, petrol(true), "2026-07-01"), "petrol-2024");  // 2025 holds no more
}

TEST(FactorSet, NoneIsTheRowWithoutYearWhileItHolds) {
    const auto set = read_factor_set(rich_factors).value();
    EXPECT_EQ(row_on(set, petrol(false), "2019-12-31"), "none");
    EXPECT_EQ(row_on(set, petrol(false), "2020-01-01"), "petrol");
    EXPECT_EQ(row_on(set, petrol(false), "2026-12-31"), "petrol");
    EXPECT_EQ(row_on(set, petrol(false), "2027-01-01"), "none");
}

TEST(FactorSet, QuantityUnitAndExactlyTheDimensionsMustAgree) {
    const auto set = read_factor_set(rich_factors).value();
    FactorQuery query = petrol(true);
    query.quantity = "emission.bus";
    EXPECT_EQ(row_on(set, query, "2026-01-01"), "none");
    query = petrol(true);
    query.unit = Unit::micrograms();
    EXPECT_EQ(row_on(set, query, "2026-01-01"), "none");
    query = petrol(true);
    query.where.erase("region");
    EXPECT_EQ(row_on(set, query, "2026-01-01"), "none");
    query.where["region"] = "gb";
    EXPECT_EQ(row_on(set, query, "2026-01-01"), "none");
    query.where["region"] = "cn";
    query.where["size"] = "small";
    EXPECT_EQ(row_on(set, query, "2026-01-01"), "none");
}

TEST(FactorSet, AFaultyDocumentIsRefusedWithReasonAndPlace) {
    constexpr std::string_view malformed = "document_malformed";
    constexpr std::string_view source =
        R"({"source":"s1","title":"a source","locator":"page 1","status":"verified"})";
    constexpr std::string_view where = R"({"region":"cn","fuel":"electric"})";
    const std::string twice = fmt::format("{},{}", source, source);
    const Mutation mutations[] = {
        {"factors/1", "factors/2", malformed, "/tanji"},
        {"test-factors@3", "test-factors", malformed, "/set"},
        {R"("zh":"因子")", R"("fr":"f")", malformed, "/title/zh"},
        {R"("title":{"en":"Factors","zh":"因子"},)", "", malformed, "/title"},
        {"page 1", "page\\u0001", malformed, "/sources/0/locator"},
        {R"("status":"verified"}],)", R"("status":"true"}],)", malformed, "/sources/0/status"},
        {source, twice, malformed, "/sources/1/source"},
        {R"("rows":[)", R"("more":0,"rows":[)", malformed, "/more"},
        {R"("rows":[)", R"("rows":[],"x":[)", malformed, "/rows"},
        {R"("rows":[)", R"("rows":[[],)", malformed, "/rows/0"},
        {"electric-2025", "Electric", malformed, "/rows/3/row"},
        {R"("value":"210000")", R"("value":210000)", malformed, "/rows/0/value"},
        {R"("value":"210000")", R"("value":"0210000")", malformed, "/rows/0/value"},
        {R"("value":"210000")", R"("value":2.1)", malformed, "*"},
        {"\"year\":2024", "\"year\":1989", malformed, "/rows/0/year"},
        {R"("rounded":"down")", R"("rounded":"near")", malformed, "/rows/1/rounded"},
        {"CO2e", "CH4", malformed, "/rows/2/gas"},
        {"\"2026-07-01\"", "\"2026-02-29\"", malformed, "/rows/1/valid_to"},
        {"\"2027-01-01\"", "\"2020-01-01\"", malformed, "/rows/2/valid_to"},
        {where, "[]", malformed, "/rows/3/where"},
        {where, R"({"region":1})", malformed, "/rows/3/where"},
        {where, R"({"Region":"cn"})", malformed, "/rows/3/where"},
        {where,
         R"({"a":"a","b":"a","c":"a","d":"a","e":"a","f":"a","g":"a"})",
         malformed,
         "/rows/3/where"},
        {R"("where":{"region":"cn","fuel":"electric"},)", "", malformed, "/rows/3/where"},
        {source, "", "source_missing", "/sources"},
        {R"("sources":[{"source":"s1")",
         R"("sources":[{"source":"s2")",
         "source_missing",
         "/rows/0/source"},
        {R"("year":2024,"unit":"ug/m")",
         R"("year":2024,"unit":"kg/km")",
         "unit_mismatch",
         "/rows/0/unit"},
        {"electric-2025", "petrol", "duplicate_row", "/rows/3"},
        {"\"year\":2024", "\"year\":2025", "duplicate_row", "/rows/1"},
        {R"("value":"2000000")",
         R"("value":"1000000000001")",
         "factor_out_of_bounds",
         "/rows/3/value"},
    };
    for (const Mutation& mutation : mutations) {
        const auto set =
            read_factor_set(changed(std::string(rich_factors), mutation.from, mutation.to));
        ASSERT_FALSE(set) << mutation.from << " -> " << mutation.to;
        EXPECT_EQ(set.error().code, ErrorCode::factor_set_invalid);
        EXPECT_EQ(set.error().reason, mutation.reason) << mutation.to << ": " << set.error().detail;
        if (mutation.pointer != std::string_view("*")) {
            EXPECT_EQ(set.error().pointer, mutation.pointer) << set.error().detail;
        }
        EXPECT_FALSE(set.error().detail.empty());
    }
}

TEST(FactorSet, TheGreatestValueIsStillAllowed) {
    EXPECT_TRUE(read_factor_set(
        changed(std::string(rich_factors), R"("value":"2000000")", R"("value":"1000000000000")")
    ));
}

TEST(FactorSet, ADocumentOverItsSizeIsRefused) {
    const std::string padded = std::string(rich_factors) + std::string(32'768, ' ');
    EXPECT_EQ(read_factor_set(padded).error().reason, "document_malformed");
    EXPECT_TRUE(read_factor_set(padded.substr(0, 32'768)));
}

TEST(FactorSet, TooDeepADocumentIsMalformedSinceItsReasonsHaveNoOther) {
    const std::string deep = std::string(20, '[') + std::string(20, ']');
    EXPECT_EQ(read_factor_set(deep).error().reason, "document_malformed");
}

}  // namespace
}  // namespace tanji::ledger::test
