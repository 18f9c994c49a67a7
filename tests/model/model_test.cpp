#include "tests/model/match.h"
#include "tests/model/target.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

// Any commands in any order, against a model that was written from the contract alone: every
// answer, every balance, every lot. TANJI_MODEL_SEED plays one seed again, TANJI_MODEL_COMMANDS
// goes on until so many commands were played (tests/model/run).
namespace tanji::model {
namespace {

constexpr std::uint64_t commands_of_a_seed = 1'500;
constexpr std::uint64_t commands_of_a_canary = 700;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

// The shortest scenario that still shows it.
std::string explained(std::uint64_t seed, const Difference& found, Mistake mistake) {
    const std::vector<Act> acts =
        shrunk(acts_of_seed(seed, commands_of_a_seed, mistake), found, mistake);
    const Report again = play(acts, mistake);
    return "TANJI_MODEL_SEED=" + std::to_string(seed) + "\n" + found.kind + "\n" +
           scenario_of(acts, mistake) + (again.difference ? again.difference->text : "not again");
}

void add(Report& all, const Report& one) {
    all.commands += one.commands;
    all.blocks += one.blocks;
    for (const auto& [what, count] : one.outcomes) {
        all.outcomes[what] += count;
    }
}

// Seeds from `seed` on, until so many commands were played.
Report play_seeds(std::uint64_t seed, std::uint64_t commands) {
    Report all;
    for (; all.commands < commands && !::testing::Test::HasFailure(); ++seed) {
        const Report one = play_seed(seed, commands_of_a_seed);
        add(all, one);
        if (one.difference) {
            ADD_FAILURE() << explained(seed, *one.difference, Mistake::nothing);
        }
    }
    return all;
}

class Seeds : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Seeds, ModelAndLedgerAgreeAboutEverything) {
    Target();  // the city is founded once, before processes are made
    play_seeds(1'000 * GetParam(), 6'000);
}
INSTANTIATE_TEST_SUITE_P(Part, Seeds, ::testing::Range<std::uint64_t>(1, 4));

TEST(FreshSeed, ModelAndLedgerAgreeAboutEverything) {
    Target();
    const std::uint64_t seed = from_environment("TANJI_MODEL_SEED", std::random_device()());
    const std::uint64_t commands = from_environment("TANJI_MODEL_COMMANDS", 2'000);
    std::printf("TANJI_MODEL_SEED=%llu\n", static_cast<unsigned long long>(seed));
    const auto begin = std::chrono::steady_clock::now();
    const Report all = play_seeds(seed, commands);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (std::getenv("TANJI_MODEL_COMMANDS") != nullptr) {
        for (const auto& [what, count] : all.outcomes) {
            std::printf("outcome %s %llu\n", what.c_str(), static_cast<unsigned long long>(count));
        }
        std::printf(
            "played %llu commands in %llu blocks, %.0f s\n",
            static_cast<unsigned long long>(all.commands),
            static_cast<unsigned long long>(all.blocks),
            took.count()
        );
    }
}

// The comparison can fail: a model with one rule deliberately wrong is found out, and what is shown
// then is short.
struct Canary {
    Mistake mistake;
    const char* name;
};

// Versions of a programme hang together: a story about its fifth needs the four before.
constexpr std::size_t short_story = 40;

class Canaries : public ::testing::TestWithParam<Canary> {};

TEST_P(Canaries, AWrongRuleIsFoundAndShownInAShortStory) {
    Target();
    const Mistake mistake = GetParam().mistake;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const Report report = play_seed(seed, commands_of_a_canary, mistake);
        if (report.difference) {
            const std::vector<Act> acts = shrunk(
                acts_of_seed(seed, commands_of_a_canary, mistake), *report.difference, mistake
            );
            EXPECT_TRUE(play(acts, mistake).difference);
            EXPECT_FALSE(play(acts).difference) << scenario_of(acts, Mistake::nothing);
            EXPECT_LE(acts.size(), short_story) << scenario_of(acts, mistake);
            return;
        }
    }
    FAIL() << "nobody noticed";
}

INSTANTIATE_TEST_SUITE_P(
    Rule,
    Canaries,
    ::testing::Values(
        Canary{Mistake::expiry_late, "ExpiryLate"},
        Canary{Mistake::award_rounded_up, "AwardRoundedUp"},
        Canary{Mistake::refund_forward, "RefundForward"},
        Canary{Mistake::cooldown_forgotten, "CooldownForgotten"},
        Canary{Mistake::unbacked_forgotten, "UnbackedForgotten"},
        Canary{Mistake::clearing_not_pinned, "ClearingNotPinned"},
        Canary{Mistake::month_is_a_day, "MonthIsADay"}
    ),
    [](const auto& each) { return std::string(each.param.name); }
);

}  // namespace
}  // namespace tanji::model
