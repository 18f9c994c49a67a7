#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace tanji::simulation {

// A generator of its own for each part of the world, split from the seed by name: one more draw in
// one part does not shift the others.
class Draw {
public:
    Draw(std::uint64_t seed, std::string_view part, std::uint64_t number = 0) : state_(seed) {
        for (const char letter : part) {
            state_ = mix(state_ ^ static_cast<std::uint8_t>(letter));
        }
        state_ = mix(state_ ^ number);
    }

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        return mix(state_);
    }
    // REQUIRES: count > 0.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }
    bool coin() { return (next() & 1U) != 0; }
    bool chance(std::uint64_t ppm) { return below(1'000'000) < ppm; }
    // Exponential with that mean, at most twenty times it.
    std::uint64_t about(std::uint64_t mean) {
        const double u = static_cast<double>(between(1, 1U << 20U)) / (1U << 20U);
        return static_cast<std::uint64_t>(-std::log(u) * static_cast<double>(mean));
    }

private:
    static std::uint64_t mix(std::uint64_t value) {
        value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
        value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
        return value ^ (value >> 31U);
    }

    std::uint64_t state_;
};

}  // namespace tanji::simulation
