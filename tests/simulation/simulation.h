#pragma once

#include "tests/simulation/weather.h"

#include <cstdint>
#include <map>
#include <string>

namespace tanji::simulation {

struct Plan {
    std::uint64_t seed = 1;
    std::uint64_t ticks = 20'000;  // of 50 ms, of the safety phase
    bool canary = false;
    bool calm = false;     // no faults at all
    bool decides = false;  // though calm, the membership changes
    std::string trace_file;
};

struct Verdict {
    std::string fault;  // empty: none
    Weather weather;
    std::map<std::string, std::uint64_t> counts;  // faults injected, work done, by name

    std::string weather_text() const { return weather.text(); }
};

// One life of a cluster. Everything follows from the plan.
Verdict simulate(const Plan& plan);

}  // namespace tanji::simulation
