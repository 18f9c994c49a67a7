#pragma once

#include "consensus/types.h"

#include <deque>
#include <functional>
#include <vector>

namespace tanji::consensus {

// Reads that must see every write acknowledged before them. The leader gives a round of heartbeats
// a number that was never used before; a majority that answers it, or a later one, says that nobody
// else led when the round began. An answer to an older number confirms nothing.
class Reads {
public:
    void add(Ticket ticket) { waiting_.push_back(ticket); }
    bool waits() const { return !waiting_.empty(); }
    bool is_open() const { return !rounds_.empty(); }
    // The highest number given; 0 before the first.
    std::uint64_t number() const { return number_; }

    // All that wait join one round that begins now, at what is committed now.
    void open_round(Index committed);

    struct Granted {
        Ticket ticket = 0;
        Index index = 0;
    };
    // The reads of rounds whose number is confirmed.
    std::vector<Granted> take_confirmed(const std::function<bool(std::uint64_t)>& is_confirmed);
    // Everybody who waits: the node leads no more.
    std::vector<Ticket> take_all();

private:
    struct Round {
        std::uint64_t number = 0;
        Index index = 0;
        std::vector<Ticket> tickets;
    };
    std::vector<Ticket> waiting_;
    std::deque<Round> rounds_;
    std::uint64_t number_ = 0;
};

}  // namespace tanji::consensus
