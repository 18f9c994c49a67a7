#pragma once

#include "tests/simulation/alliance.h"
#include "tests/simulation/timeline.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tanji::simulation {

// What a client saw of one question.
struct Asked {
    enum class Kind : std::uint8_t { write, linearizable_read, local_read };
    enum class End : std::uint8_t { open, answered, turned_away, unknown };

    Kind kind = Kind::write;
    End end = End::open;
    std::uint64_t client = 0;
    consensus::NodeId node = 0;
    Micros began = 0;
    Micros ended = 0;
    Wish wish;                                         // of a write; of a read its account
    std::shared_ptr<const ledger::Prepared> decision;  // instead of a wish: governance's
    std::string code;                                  // of the outcome, or of the refusal
    std::uint64_t block = 0;  // write: of the first outcome; read: applied when it was answered
    std::uint64_t leaf = 0;
    bool certified = false;
    bool is_open = false;  // read: whether the account was
};
using History = std::vector<Asked>;

}  // namespace tanji::simulation
