#include "tests/consensus/scenario_storm.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

// Any events in any order over real cores; C1–C5 after each of them. TANJI_SEEDS says how many
// seeds, TANJI_FROM the first of them, TANJI_SEED repeats one.
namespace tanji::consensus::scenario {
namespace {

// What an assertion of the core leaves behind is the line that repeats it.
char seed_line[64] = "";

extern "C" void say_seed(int /*signal*/) {
    std::size_t length = 0;
    while (seed_line[length] != '\0') {
        ++length;
    }
    if (write(STDERR_FILENO, seed_line, length) < 0) {
        return;
    }
}

void remember(std::uint64_t seed) {
    std::snprintf(
        seed_line, sizeof seed_line, "TANJI_SEED=%llu\n", static_cast<unsigned long long>(seed)
    );
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);  // before any thread is started
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(RandomCluster, KeepsEveryPromiseUnderFaultsAndAgreesAfterThem) {
    const auto before = std::signal(SIGABRT, say_seed);
    if (const std::uint64_t seed = number_from("TANJI_SEED", 0); seed != 0) {
        remember(seed);
        storm(seed, true);
        return;
    }
    const std::uint64_t seeds = number_from("TANJI_SEEDS", 200);
    const std::uint64_t from = number_from("TANJI_FROM", 1);
    std::printf(
        "TANJI_FROM=%llu TANJI_SEEDS=%llu\n",
        static_cast<unsigned long long>(from),
        static_cast<unsigned long long>(seeds)
    );
    Weather all;
    for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
        remember(seed);
        try {
            all += storm(seed, false);
        } catch (const Broken& broken) {
            ADD_FAILURE() << broken.what() << "\nTANJI_SEED=" << seed;
        }
    }
    std::printf("%s\n", text_of(all).c_str());
    std::signal(SIGABRT, before);
}

}  // namespace
}  // namespace tanji::consensus::scenario
