#pragma once

#include "tests/consensus/scenario_cluster.h"

#include <cstdint>

// What a seed decides before anything happens.
namespace tanji::consensus::scenario {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t below(std::uint64_t end) { return next() % end; }
    bool chance(std::uint64_t percent) { return below(100) < percent; }
    const auto& one_of(const auto& list) { return list[below(list.size())]; }

private:
    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
        return mixed ^ (mixed >> 31U);
    }

    std::uint64_t state_;
};

// Each seed has a climate of its own: each fault is absent in half of them.
struct Climate {
    explicit Climate(Dice& dice);

    std::uint64_t members;
    std::uint64_t loss;  // of 100 messages
    std::uint64_t repeats;
    std::uint64_t disorder;
    std::uint64_t crashes;  // of 1,000 events
    std::uint64_t cuts;
    bool slow_disks;
    bool changes;
    bool transfers;
    bool snapshots;
    bool damage;
};

Setup setup_of(std::uint64_t seed, const Climate& climate, Dice& dice);

}  // namespace tanji::consensus::scenario
