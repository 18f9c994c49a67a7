#pragma once

#include "tools/bench_measure.h"
#include "tools/bench_world.h"

#include <string>
#include <vector>

namespace tanji::tools {

// One request of a load: as many commands as the run wants in one.
struct Shot {
    std::string body;
    std::string signature;  // the Tanji-Signature field; empty for lines of envelopes
    std::uint32_t commands = 0;
};

// Requests that reserve, and those that confirm what the request before reserved.
struct PairOfShots {
    Shot reserve;
    Shot confirm;
};

// The body of a reservation of one unit for one point.
std::string reserve_body(const MixWorld& world, const Spender& spender);

// All that is sent, signed before the clock starts: `lines` pairs in each, one point a pair, from
// one account after the other.
// REQUIRES: the world has that many points.
Attempt<std::vector<PairOfShots>> sign_pairs(
    const MixWorld& world, std::uint64_t pairs, unsigned lines
);

// What a reply says about the commands of a shot.
struct Answers {
    std::uint64_t good = 0;  // applied, and certified if that was asked for
    Faults faults;           // all others, by code
};
Answers read_answers(const Attempt<Reply>& reply, std::uint32_t commands, bool certified);

}  // namespace tanji::tools
