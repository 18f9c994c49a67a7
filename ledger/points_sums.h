#pragma once

#include "ledger/points/points_book.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

// Invariants 5 to 8 of docs/rules.md: what purses, lots, redemptions and positions sum to is what
// the counters of their programme say. The same sums check one block (its rows after, less those
// rows before) and a whole store.
namespace tanji::ledger {

class PointsSums {
public:
    // The key spaces that it looks at.
    static constexpr ByteView letters = "QuqRWf";

    // Adds a row with its sign, 1 or −1.
    void add(ByteView key, ByteView value, int sign);
    // Sentences that say what does not hold, none if all does.
    std::vector<std::string> violations() const;

private:
    // A bucket as each of the books that know it has it.
    struct Programme {
        std::map<PointsBucket, Int128> supply;
        std::map<PointsBucket, Int128> purses;
        std::map<PointsBucket, Int128> lots;         // pending, available
        std::map<PointsBucket, Int128> redemptions;  // held, redeemed
    };
    struct Owed {
        Int128 points = 0;
        Int128 value = 0;

        bool operator==(const Owed&) const = default;
    };
    // By programme, sponsor and merchant.
    using Clearing = std::map<std::array<std::string, 3>, Owed>;
    struct Offer {
        Int128 reserved = 0;    // as its counter says
        Int128 quantities = 0;  // of all its redemptions
    };

    void add_supply(ByteView key, ByteView value, int sign);
    void add_purse(ByteView key, ByteView value, int sign);
    void add_lot(ByteView key, ByteView value, int sign);
    void add_redemption(ByteView value, int sign);
    void add_position(ByteView value, int sign);
    void add_offer(ByteView key, ByteView value, int sign);

    std::map<std::string, Programme> programmes_;
    Clearing owed_;    // what redemptions say
    Clearing booked_;  // what positions say, both directions set against each other
    std::map<std::string, Offer> offers_;
    std::vector<std::string> broken_;  // rows that are wrong by themselves
};

}  // namespace tanji::ledger
