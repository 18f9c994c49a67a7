#include "ledger/reductions/source_events.h"
#include "ledger/store/schema.h"
#include "ledger/supply.h"
#include "tests/ledger/script.h"

#include <gtest/gtest.h>

// A ledger that is wrong has to stop, and a recount has to see it.
namespace tanji::ledger::test {
namespace {

class Invariants : public ::testing::Test {
protected:
    Invariants() {
        script.line("use city.world");
        script.given("szmetro submit B1 ride G1 u1 8570 m, G2 u2 3210 m");
        script.line("later 2 days");
        script.given("verico attest B1 accept");
        script.given("u1 assign 100 metro to rideco");
        script.given("rideco retire 40 metro as R1");
        script.line("at 20:00:00");
        script.given(
            "mapapp submit W1 walk P u1 1000 m 08:00:00-08:30:00, P u1 1000 m 09:00:00-09:30:00"
        );
        metro = script.class_named("metro");
    }

    template <typename Row, typename Change>
    void plant(const Bytes& key, Change change) {
        Row row = *load<Row>(script.world().store(), key);
        change(row);
        script.world().store().write({{key, encode(row)}});
    }
    void expect_violations() { EXPECT_FALSE(recount(script.world().store()).empty()); }
    void expect_end(std::string_view row) {
        script.world().thorough = false;
        EXPECT_DEATH(script.row(row), "ssertion");
    }

    Script script;
    std::string metro;
};

using InvariantsDeathTest = Invariants;

TEST_F(InvariantsDeathTest, AHoldingOutOfNowhereEndsTheProcess) {
    plant<ClassSupply>(schema::credit_class(metro), [](ClassSupply& row) { row.held += 5; });
    expect_violations();
    expect_end("u1 retire 1 metro");
}

TEST_F(InvariantsDeathTest, AHoldingThatIsNotInTheClassEndsTheProcess) {
    plant<Holding>(schema::holding(script.account("u2").text(), metro), [](Holding& row) {
        row.held += 1'000;
    });
    expect_violations();
    expect_end("u2 retire 1000 metro");
}

TEST_F(InvariantsDeathTest, ATotalOfASchemeThatDoesNotAddUpEndsTheProcess) {
    script.given("szmetro revoke B1 other records=1");
    plant<SchemeTotals>(schema::scheme_totals("sz-ph"), [](SchemeTotals& row) { row.revoked = 9; });
    expect_violations();
    expect_end("szmetro revoke B1 other records=0");
}

TEST_F(InvariantsDeathTest, ABatchWhoseCountsDoNotFitEndsTheProcess) {
    plant<BatchRow>(schema::batch(id_named("B1")), [](BatchRow& row) { row.counts[0] = 1; });
    expect_violations();
    expect_end("szmetro revoke B1 other records=1");
}

TEST_F(InvariantsDeathTest, AnEventThatSomebodyElseHasEndsTheProcess) {
    const Bytes key = schema::event(*Tag::from(sha256("tag\n", "G1").view()));
    plant<TakenBy>(key, [](TakenBy& row) { row.index = 7; });
    expect_end("szmetro revoke B1 other free");
}

TEST_F(Invariants, ARecountSeesWhatWasPlanted) {
    const auto planted = [&](auto change) {
        World& world = script.world();
        const auto before = dump(world.store());
        change();
        expect_violations();
        Changes back;
        for (const auto& [key, value] : dump(world.store())) {
            back[key] = std::nullopt;
        }
        for (const auto& [key, value] : before) {
            back[key] = value;
        }
        world.store().write(back);
        EXPECT_TRUE(recount(world.store()).empty());
    };
    Store& store = script.world().store();
    const Bytes w1 = schema::results(id_named("W1"));
    planted([&] {
        plant<Retirement>(schema::retirement(id_named("R1")), [](auto& row) { ++row.amount; });
    });
    planted([&] {
        plant<Retirement>(schema::retirement(id_named("R1")), [](auto& row) { ++row.last; });
    });
    planted([&] { plant<BatchRow>(schema::batch(id_named("B1")), [](auto& row) { ++row.grams; }); }
    );
    planted([&] { plant<BatchRow>(schema::batch(id_named("B1")), [](auto& row) { --row.live; }); });
    planted([&] { plant<StoredResults>(w1, [](auto& row) { row.records.pop_back(); }); });
    planted([&] {
        plant<StoredResults>(w1, [](auto& row) {
            row.records[0].later = StoredResult::Later::freed;
        });
    });
    planted([&] { store.write({{w1, std::nullopt}}); });
    planted([&] { store.write({{schema::event(Tag{}), encode(TakenBy{})}}); });
    planted([&] {
        std::vector<std::pair<Bytes, TakenInterval>> rows;
        store.scan("i", "j", [&](ByteView key, ByteView value) {
            rows.emplace_back(key, decoded<TakenInterval>(value));
            return true;
        });
        rows.at(0).second.end += 86'400;
        store.write({{rows[0].first, encode(rows[0].second)}});
    });
    planted([&] { store.write({{schema::holding("acme", metro), encode(Holding{.held = -1})}}); });
}

}  // namespace
}  // namespace tanji::ledger::test
