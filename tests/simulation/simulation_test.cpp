#include "tests/simulation/simulation.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

namespace tanji::simulation {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

constexpr std::uint64_t default_ticks = 20'000;

// The line that repeats what is going on, ready for a handler that may not allocate.
char repeat_line[256];

std::string repeat(const Plan& plan) {
    return fmt::format(
        "TANJI_SEED={:#x} TANJI_TICKS={} build/release/tests/simulation_tests",
        plan.seed,
        plan.ticks
    );
}

// An assertion of the core ends the process: it has to be said in which life.
void say_where(int signal) {
    const std::string_view line = repeat_line;
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

// Of the processor, not of the clock: a busy machine is no fault.
void allow_seconds(int seconds) {
    const itimerval timer = {.it_interval = {}, .it_value = {.tv_sec = seconds, .tv_usec = 0}};
    ASSERT_EQ(::setitimer(ITIMER_VIRTUAL, &timer, nullptr), 0);
}

Verdict run(const Plan& plan) {
    const std::string line = repeat(plan) + "   (assertion, or no end)\n";
    line.copy(repeat_line, sizeof repeat_line - 1);
    std::signal(SIGABRT, say_where);
    std::signal(SIGSEGV, say_where);
    std::signal(SIGVTALRM, say_where);
    allow_seconds(60);
    Verdict verdict = simulate(plan);
    allow_seconds(0);
    return verdict;
}

void expect_clean(const Plan& plan, std::map<std::string, std::uint64_t>* sums = nullptr) {
    const Verdict verdict = run(plan);
    EXPECT_EQ(verdict.fault, "") << repeat(plan) << "\n" << verdict.weather_text();
    if (!verdict.fault.empty()) {
        fmt::print("FAULT {} | {}\n", repeat(plan), verdict.fault);
        std::fflush(stdout);
    }
    if (sums != nullptr) {
        for (const auto& [name, count] : verdict.counts) {
            (*sums)[name] += count;
        }
    }
}

TEST(Simulation, ACalmClusterCommitsAndCertifiesEverything) {
    for (std::uint64_t seed = 1; seed <= 7; ++seed) {
        expect_clean({.seed = seed, .ticks = 1'000, .canary = false, .calm = true, .trace_file = {}}
        );
    }
}

TEST(Simulation, NodesComeAndGoInACalmCluster) {
    std::map<std::string, std::uint64_t> sums;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        expect_clean(
            {.seed = seed, .ticks = 3'000, .calm = true, .decides = true, .trace_file = {}}, &sums
        );
    }
    EXPECT_GT(sums["nodes that came"], 4u);
    EXPECT_GT(sums["memberships"], 16u);  // a decision makes two or four
    fmt::print("{} nodes came, {} memberships\n", sums["nodes that came"], sums["memberships"]);
}

// Seeds that found a fault once: the file says which.
TEST(Simulation, SeedsThatOnceFoundAFaultFindNothing) {
    std::ifstream file(TANJI_TEST_DATA "/simulation/seeds.txt");
    ASSERT_TRUE(file);
    std::size_t seeds = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("0x")) {
            Plan plan;
            std::size_t read = 0;
            plan.seed = std::stoull(line, &read, 0);
            if (line.substr(read).starts_with('@')) {
                plan.ticks = std::stoull(line.substr(read + 1));
            }
            expect_clean(plan);
            ++seeds;
        }
    }
    EXPECT_GT(seeds, 0u);
}

// A disk that says "written" before the sync: whoever does not see that sees nothing.
TEST(Simulation, ADiskThatLiesIsFoundWithinTwoHundredSeeds) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const Plan plan = {.seed = seed, .ticks = 4'000, .canary = true, .trace_file = {}};
        if (const Verdict verdict = run(plan); !verdict.fault.empty()) {
            fmt::print("seed {}: {}\n", seed, verdict.fault);
            return;
        }
    }
    FAIL() << "nothing lost in 200 lives";
}

// TANJI_SEED repeats one life; else TANJI_SEEDS of them from TANJI_FROM. Without either the same
// three hundred, so that a change is judged and not its luck; tools/simulate lives others. In
// parts, so that they can run side by side.
constexpr std::uint64_t ordinary_seed = 2'000'000;
class Seeds : public testing::TestWithParam<std::uint64_t> {};
constexpr std::uint64_t parts = 12;

TEST_P(Seeds, FindNothing) {
    Plan plan;
    plan.ticks = number_from("TANJI_TICKS", default_ticks);
    if (const char* file = std::getenv("TANJI_TRACE")) {
        plan.trace_file = file;
    }
    std::map<std::string, std::uint64_t> sums;
    if (std::getenv("TANJI_SEED") != nullptr) {
        plan.seed = number_from("TANJI_SEED", 1);
        if (plan.seed % parts == GetParam()) {
            expect_clean(plan, &sums);
        }
    } else {
        const std::uint64_t from = number_from("TANJI_FROM", ordinary_seed);
        const std::uint64_t seeds = number_from("TANJI_SEEDS", 300);
        std::cout << "TANJI_FROM=" << from << " TANJI_SEEDS=" << seeds << "\n";
        for (plan.seed = from; plan.seed < from + seeds; ++plan.seed) {
            if (plan.seed % parts == GetParam()) {
                expect_clean(plan, &sums);
            }
        }
    }
    for (const auto& [name, count] : sums) {
        fmt::print("{:>14} {}\n", count, name);
    }
}

INSTANTIATE_TEST_SUITE_P(Part, Seeds, testing::Range(std::uint64_t{0}, parts));

}  // namespace
}  // namespace tanji::simulation
