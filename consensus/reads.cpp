#include "consensus/reads.h"

#include <utility>

namespace tanji::consensus {

void Reads::open_round(Index committed) {
    rounds_.push_back({
        .number = ++number_,
        .index = committed,
        .tickets = std::exchange(waiting_, {}),
    });
}

std::vector<Reads::Granted> Reads::take_confirmed(
    const std::function<bool(std::uint64_t)>& is_confirmed
) {
    std::vector<Granted> granted;
    while (!rounds_.empty() && is_confirmed(rounds_.front().number)) {
        for (const Ticket ticket : rounds_.front().tickets) {
            granted.push_back({.ticket = ticket, .index = rounds_.front().index});
        }
        rounds_.pop_front();
    }
    return granted;
}

std::vector<Ticket> Reads::take_all() {
    std::vector<Ticket> all;
    for (const Round& round : std::exchange(rounds_, {})) {
        all.insert(all.end(), round.tickets.begin(), round.tickets.end());
    }
    const std::vector<Ticket> waiting = std::exchange(waiting_, {});
    all.insert(all.end(), waiting.begin(), waiting.end());
    return all;
}

}  // namespace tanji::consensus
