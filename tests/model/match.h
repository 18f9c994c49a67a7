#pragma once

#include "tests/model/generator.h"
#include "tests/model/model.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Model and ledger, side by side, block after block.
namespace tanji::model {

struct Difference {
    std::uint64_t block = 0;
    std::string kind;  // the same for the same fault, as far as that can be said
    std::string text;
};

struct Report {
    std::optional<Difference> difference;
    std::uint64_t commands = 0;
    std::uint64_t blocks = 0;
    std::map<std::string, std::uint64_t> outcomes;  // "type code" → how often
};

// Generated acts, at least so many commands unless the two differ before. Each match has a process
// of its own: a ledger that finds itself wrong ends it.
Report play_seed(std::uint64_t seed, std::uint64_t commands, Mistake mistake = Mistake::nothing);
// These acts. What the ledger wrote before it stopped is not shown.
Report play(const std::vector<Act>& acts, Mistake mistake = Mistake::nothing);

// The acts that play_seed gives the two.
std::vector<Act> acts_of_seed(std::uint64_t seed, std::uint64_t commands, Mistake mistake);

// The same kind of difference from fewer acts: chunks are dropped as long as it remains.
std::vector<Act> shrunk(std::vector<Act> acts, const Difference& difference, Mistake mistake);

// Rows for a reader, each with what the model says of it.
std::string scenario_of(const std::vector<Act>& acts, Mistake mistake);

}  // namespace tanji::model
