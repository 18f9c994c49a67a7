#pragma once

#include <cstdint>

namespace tanji::consensus {

// Time is ticks. Time-outs are drawn anew, uniform in [E, 2E), at each reset, from a generator made
// of the seed alone (splitmix64).
class Timing {
public:
    Timing(std::uint32_t election_ticks, std::uint64_t seed)
        : election_ticks_(election_ticks),
          state_(seed),
          since_leader_(election_ticks) {
        reset();
    }

    void tick() {
        ++elapsed_;
        ++since_leader_;
    }
    // The election time-out begins again.
    void reset() {
        elapsed_ = 0;
        timeout_ = election_ticks_ + static_cast<std::uint32_t>(next() % election_ticks_);
    }
    bool timed_out() const { return elapsed_ >= timeout_; }

    void heard_leader() { since_leader_ = 0; }
    void forget_leader() { since_leader_ = election_ticks_; }
    // Such a voter ignores those who want another leader.
    bool follows_a_leader() const { return since_leader_ < election_ticks_; }

private:
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    std::uint32_t election_ticks_;
    std::uint64_t state_;
    std::uint32_t elapsed_ = 0;
    std::uint32_t timeout_ = 0;
    std::uint32_t since_leader_;
};

}  // namespace tanji::consensus
