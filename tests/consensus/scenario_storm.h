#pragma once

#include "tests/consensus/scenario_cluster.h"

#include <cstdint>
#include <string>

namespace tanji::consensus::scenario {

// What a seed brought about, summed up: a run in which nothing happens proves nothing.
struct Weather {
    std::uint64_t events = 0;
    std::uint64_t elections = 0;
    std::uint64_t committed = 0;
    std::uint64_t crashes = 0;
    std::uint64_t lost = 0;
    std::uint64_t repeated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t cuts = 0;
    std::uint64_t changes = 0;
    std::uint64_t transfers = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t damaged = 0;
    std::uint64_t reads = 0;

    Weather& operator+=(const Weather& other);
};

std::string text_of(const Weather& weather);

// One seed: faults at random for a while, then all of them end, and a leader with equal logs must
// come. Returns what happened; throws Broken, with the states and the last messages if `traced`.
Weather storm(std::uint64_t seed, bool traced);

}  // namespace tanji::consensus::scenario
