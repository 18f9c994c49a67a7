#pragma once

#include "tests/simulation/history.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tanji::simulation {

// One thing that has to have happened at one moment between `began` and `ended`.
struct Step {
    enum class Kind : std::uint8_t {
        command,  // takes effect, with that code
        reuse,    // other bytes of its id took effect before
        read      // its account is open, or not
    };

    Kind kind = Kind::command;
    std::uint64_t id = 0;     // of a command
    std::uint64_t bytes = 0;  // which of those that came under that id
    std::uint64_t account = 0;
    bool by_operator = true;
    bool is_open = false;    // of a read
    bool is_certain = true;  // else nobody knows the outcome, or whether there is one
    std::string code = {};   // of a certain command; empty: it opened the account
    Micros began = 0;
    Micros ended = 0;  // of what is certain
};

enum class Linearizable : std::uint8_t { yes, no, given_up };

// Whether all that is certain can have happened one after another, by the rules of AccountModel,
// with some of what is not (Wing and Gong 1993): found by trying, with no help of block or leaf
// numbers. Given up after `tries` partial orders.
Linearizable is_linearizable(const std::vector<Step>& steps, std::size_t tries);

// All asks for the same bytes are one command: from the first question to the first answer.
// Decisions are left out.
std::vector<Step> steps_of(const History& history);

}  // namespace tanji::simulation
