#include "ledger/reductions/issue.h"

#include "ledger/reductions/source_events.h"
#include "ledger/store/schema.h"
#include "tests/ledger/script.h"

#include <gtest/gtest.h>

// Issue and correction in numbers.
namespace tanji::ledger::test {
namespace {

TEST(Reserve, IsRoundedUp) {
    struct Case {
        Amount grams;
        std::int64_t ppm;
        Amount reserved;
    };
    for (const Case& each : {
             Case{0, 200'000, 0},
             Case{1, 0, 0},
             Case{1, 1, 1},
             Case{1, 200'000, 1},
             Case{49, 20'000, 1},
             Case{50, 20'000, 1},
             Case{51, 20'000, 2},
             Case{1'000, 20'000, 20},
             Case{1'001, 20'000, 21},
             Case{amount_max, 200'000, 200'000'000'000'000'000},
         }) {
        EXPECT_EQ(reserve_of(each.grams, each.ppm), each.reserved) << each.grams;
    }
}

TEST(Interval, IsShortenedByTheToleranceOrTakesItsMiddle) {
    struct Case {
        TimeS start, end;
        std::int64_t tolerance;
        TimeS taken_start, taken_end;
    };
    for (const Case& each : {
             Case{100, 200, 0, 100, 200},
             Case{100, 200, 30, 130, 170},
             Case{100, 161, 30, 130, 131},
             Case{100, 160, 30, 130, 131},
             Case{100, 159, 30, 129, 130},
             Case{100, 101, 30, 100, 101},
             Case{0, 1, 120, 0, 1},
         }) {
        const Interval taken = interval_taken(each.start, each.end, each.tolerance);
        EXPECT_EQ(taken.start, each.taken_start);
        EXPECT_EQ(taken.end, each.taken_end);
    }
}

// One floor per account and batch, not per record: 400.219 + 149.907 + 46.9335 = 597.0595 g.
TEST(Issue, FloorsOncePerAccount) {
    Script script;
    script.line("use city.world");
    script.given("szmetro submit B1 ride G1 u1 8570 m, G2 u1 3210 m, G3 u1 1005 m, G4 u2 21 m");
    script.line("later 2 days");
    EXPECT_EQ(script.given("verico attest B1 accept").facts.at("grams"), "597");
    const auto given = script.world().view()->allocations_of(script.account("u2").text());
    ASSERT_EQ(given.size(), 1U);
    EXPECT_EQ(given[0].second.grams, 0);
    EXPECT_EQ(given[0].second.micrograms, 980'700);
}

TEST(Issue, AccountsAreAllocatedBytewiseWithSaltsOfTheirOwn) {
    Script script;
    script.line("use city.world");
    script.line("scheme sz-ph reserve_ppm 1000");
    script.given("szmetro submit B1 ride G1 u1 8570 m, G2 u2 3210 m, G3 p1 1005 m");
    script.line("later 2 days");
    const RowResult attested = script.given("verico attest B1 accept");
    const auto view = script.world().view();
    const auto allocations = view->allocations(attested.leaf);
    ASSERT_EQ(allocations.size(), 3U);
    std::string before;
    for (std::uint32_t i = 0; i < allocations.size(); ++i) {
        const auto allocation = read_allocation(allocations[i]);
        ASSERT_TRUE(allocation);
        EXPECT_EQ(allocation->index, i);
        EXPECT_LT(before, allocation->account.text());
        before = allocation->account.text();
        const Salt salt = view->account(before)->salt;
        EXPECT_EQ(allocation->salt, entry_salt("allocation", salt, attested.leaf, i));
        EXPECT_EQ(allocation->held + allocation->reserved, allocation->grams);
    }
    const auto lines = view->lines(attested.leaf);
    for (std::uint32_t i = 0; i < lines.size(); ++i) {
        const auto line = read_line(lines[i]);
        ASSERT_TRUE(line);
        const Salt salt = line->to_account ? view->account(line->to_account->text())->salt : Salt{};
        EXPECT_EQ(line->salt, entry_salt("line", salt, attested.leaf, i));
    }
}

// The worked table of the correction, step by step.
TEST(Correction, TakesFromReserveAccountsReserveAndThenTheProvider) {
    Script script;
    script.line("use city.world");
    script.line("scheme sz-ph reserve_ppm 20000");
    script.given("szmetro submit OTHER ride X1 p1 107067 m");
    script.given("szmetro submit B ride G1 u1 21414 m, G2 u2 12848 m, G3 u3 8566 m");
    script.line("later 2 days");
    script.given("verico attest OTHER accept");
    script.given("verico attest B accept");
    const auto expect =
        [&](Amount u1, Amount u2, Amount u3, Amount reserved, Amount reversed, Amount owed) {
            EXPECT_EQ(script.held("u1"), u1);
            EXPECT_EQ(script.held("u2"), u2);
            EXPECT_EQ(script.held("u3"), u3);
            EXPECT_EQ(script.supply().reserved, reserved);
            EXPECT_EQ(script.supply().reversed, reversed);
            EXPECT_EQ(find_obligation(script.world().store(), "szmetro", "sz-ph").owed, owed);
        };
    expect(980, 588, 392, 140, 0, 0);
    script.given("u1 retire 980 metro");
    script.given("u2 assign 300 metro to rideco");
    expect(0, 288, 392, 140, 0, 0);
    const RowResult revoked = script.given("verico revoke B false_data");
    expect(0, 0, 0, 0, 820, 1'180);
    const auto totals = find_scheme_totals(script.world().store(), "sz-ph");
    EXPECT_EQ(totals.revoked, 2'000);
    EXPECT_EQ(totals.reversed, 820);
    EXPECT_EQ(totals.owed, 1'180);
    std::map<std::string, Amount> lines;
    for (const std::string& text : script.world().view()->lines(revoked.leaf)) {
        lines[read_line(text)->from] += read_line(text)->amount;
    }
    EXPECT_EQ(lines, (std::map<std::string, Amount>{{"held", 680}, {"reserved", 140}}));
    EXPECT_EQ(script.held("rideco"), 300) << "later owners are left alone";
    script.given("p1 assign 1180 metro to acme");
    script.given("acme transfer 1180 metro to szmetro");
    script.given("szmetro cancel 1180 metro obligation");
    expect(0, 0, 0, 0, 2'000, 0);
    EXPECT_EQ(find_scheme_totals(script.world().store(), "sz-ph").owed, 0);
}

// Two batches, one reserve: the second correction finds less of it than it put in.
TEST(Correction, OfAnotherBatchMayHaveUsedTheReserve) {
    Script script;
    script.line("use city.world");
    script.line("scheme sz-ph reserve_ppm 100000");
    script.given("szmetro submit A ride G1 u1 21414 m");
    script.given("szmetro submit B ride G2 u2 21414 m");
    script.line("later 2 days");
    script.given("verico attest A accept");
    script.given("verico attest B accept");
    script.given("u1 retire 900 metro");
    EXPECT_EQ(script.given("verico revoke A false_data").facts.at("owed"), "800");
    EXPECT_EQ(script.supply().reserved, 0);
    const RowResult second = script.given("verico revoke B false_data");
    EXPECT_EQ(second.facts.at("reversed"), "900");
    EXPECT_EQ(second.facts.at("owed"), "900");
}

// A revoked loss gives nothing back, and a deficit stays where it was carried.
TEST(Correction, UnderNetNeverRaisesAnybody) {
    Script script;
    script.line("use city.world");
    script.line("at 2026-03-04 09:00");
    script.given("utility submit N power H u1 3000 0 2026-03-01, H u1 0 1000 2026-03-02");
    EXPECT_EQ(script.given("verico attest N accept").facts.at("grams"), "1061");
    EXPECT_EQ(script.given("utility revoke N other records=1").facts.at("reversed"), "0")
        << "without the loss there would be more, but nothing is issued anew";
    EXPECT_EQ(script.held("u1", "power"), 1'061);
    EXPECT_EQ(script.given("utility revoke N other").facts.at("reversed"), "1061");
}

TEST(Correction, ASchemeRevokesNoMoreThanAnAmount) {
    Script script;
    script.line("use city.world");
    script.given("szmetro submit A ride G1 u1 8570 m");
    script.line("later 2 days");
    script.given("verico attest A accept");
    const SchemeTotals totals = {.revoked = amount_max, .reversed = amount_max, .owed = 0};
    script.world().store().write({{schema::scheme_totals("sz-ph"), encode(totals)}});
    EXPECT_EQ(script.row("verico revoke A other").code, "amount_overflow");
    EXPECT_EQ(script.held("u1"), 400);
}

}  // namespace
}  // namespace tanji::ledger::test
