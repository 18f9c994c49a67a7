#include "ledger/methodology/evaluate.h"
#include "ledger/points/programme.h"
#include "tests/ledger/methodology_support.h"

#include <set>

// The documents that ship with the product (packs/README.md).
namespace tanji::ledger::test {
namespace {

const std::vector<std::string> shipped = {"bike-demo", "household-electricity", "metro-shenzhen"};
const std::vector<std::string> shipped_programmes = {"green-points", "ride-points"};

FactorSet shipped_factors() {
    auto set = read_factor_set(read_file(packs() / "factors.json"));
    EXPECT_TRUE(set) << set.error().detail << set.error().pointer;
    return set ? std::move(*set) : FactorSet{};
}

Methodology shipped_methodology(const std::string& name) {
    auto methodology = read_methodology(read_file(packs() / (name + ".json")));
    EXPECT_TRUE(methodology) << name << methodology.error().detail << methodology.error().pointer;
    return methodology ? std::move(*methodology) : Methodology{};
}

TEST(Packs, EveryShippedDocumentIsListedHere) {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(packs())) {
        if (entry.path().extension() == ".json") {
            found.insert(entry.path().stem());
        }
    }
    std::set<std::string> expected(shipped.begin(), shipped.end());
    expected.insert(shipped_programmes.begin(), shipped_programmes.end());
    expected.insert("factors");
    EXPECT_EQ(found, expected);
}

TEST(Packs, EveryMethodologyPassesItsOwnVectors) {
    for (const std::string& name : shipped) {
        const Methodology methodology = shipped_methodology(name);
        EXPECT_EQ(methodology.ref, name + "@1");
        EXPECT_EQ(methodology.report_within_days, 31);
        EXPECT_EQ(methodology.settle_days, 0);
        EXPECT_EQ(methodology.attest_within_days, 60);
        EXPECT_GE(methodology.vectors.size(), 3U);
    }
}

TEST(Packs, EveryProgrammeIsABodyThatCanBePublished) {
    for (const std::string& name : shipped_programmes) {
        const auto value = parse_json(read_file(packs() / (name + ".json")));
        ASSERT_TRUE(value) << name << value.error().detail;
        JsonFaults faults;
        JsonReader body(*value, "/body", faults);
        const Programme programme = ProgrammePublish::read(body).programme;
        body.finish();
        ASSERT_FALSE(faults.any()) << name << faults.refusal().error().pointer;
        EXPECT_EQ(programme.slug, name);
        EXPECT_EQ(programme.version, 1U);
        EXPECT_EQ(programme.utc_offset_minutes, 480);
    }
}

TEST(Packs, TheFactorsThatVectorsStateAreThoseOfTheShippedSet) {
    const FactorSet set = shipped_factors();
    EXPECT_EQ(set.ref(), "public-factors-core@1");
    for (const std::string& name : shipped) {
        const Methodology methodology = shipped_methodology(name);
        for (const Vector& vector : methodology.vectors) {
            for (std::size_t i = 0; i < vector.records.size(); ++i) {
                const RecordInputs record = {
                    .inputs = {}, .keys = {}, .day = day_from_civil(vector.records[i].day)
                };
                const auto rows = find_factors(methodology, set, record);
                ASSERT_TRUE(rows) << name << rows.error().detail;
                for (std::size_t f = 0; f < rows->size(); ++f) {
                    const std::string& factor = methodology.factors[f].name;
                    const auto all = vector.factors.find(factor);
                    const auto one = vector.factors.find(fmt::format("{}#{}", factor, i));
                    ASSERT_TRUE(all != vector.factors.end() || one != vector.factors.end());
                    EXPECT_EQ((all != vector.factors.end() ? all : one)->second, (*rows)[f]->value);
                }
            }
        }
    }
}

TEST(Packs, WhatIsMadeUpSaysSo) {
    const Methodology bike = shipped_methodology("bike-demo");
    EXPECT_EQ(bike.status, SourceStatus::platform_rule);
    EXPECT_NE(bike.title.en.find("DEMO"), std::string::npos);
    EXPECT_NE(bike.title.en.find("SYNTHETIC"), std::string::npos);
    EXPECT_NE(bike.note.find("SYNTHETIC"), std::string::npos);
    EXPECT_EQ(shipped_methodology("metro-shenzhen").status, SourceStatus::verified);
}

}  // namespace
}  // namespace tanji::ledger::test
