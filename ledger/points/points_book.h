#pragma once

#include "ledger/parties/execution.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The second book: points of a programme by bucket, in all and per account. Every change is a
// posting. Which lot a point belongs to is kept beside it (lot.h).
namespace tanji::ledger {

// The places a point can be in, as lines and moves name them.
enum class PointsBucket : std::uint8_t {
    awarded,  // the source
    pending,
    available,
    held,
    frozen,
    redeemed,
    expired,
    revoked,
};
std::string_view name_of(PointsBucket bucket);

// Points of one programme on one account.
struct Purse {
    Amount pending = 0;
    Amount available = 0;
    Amount held = 0;
    Amount frozen = 0;
    // Awarded in the local day and month of the last award.
    Day day = 0;
    Amount awarded_day = 0;
    std::int64_t month = 0;
    Amount awarded_month = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(pending, available, held, frozen, day, awarded_day, month, awarded_month);
    }
};

// Every point of a programme, by where it is now.
struct PointsSupply {
    Amount awarded = 0;
    Amount pending = 0;  // Σ over accounts
    Amount available = 0;
    Amount held = 0;
    Amount frozen = 0;
    Amount redeemed = 0;
    Amount expired = 0;
    Amount revoked = 0;

    // awarded = everything else, and nothing is negative (docs/rules.md, invariant 5).
    bool conserved() const;
    Amount& operator[](PointsBucket bucket);

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(awarded, pending, available, held, frozen, redeemed, expired, revoked);
    }
};

// Moves points between two buckets of one account's purse, or between a bucket of it and one of
// those that belong to nobody, and leaves the line in the execution. There is no way to name two
// accounts: points are not transferable. `amount_overflow` when a counter would leave the bounds of
// an amount.
// REQUIRES: amount > 0, and the bucket it comes from has that much (the rule has tested it).
Status post_points(
    Execution& execution,
    std::string_view programme,
    const Account& account,
    PointsBucket from,
    PointsBucket to,
    Amount amount
);

Purse find_purse(const Reader& reader, const Account& account, std::string_view programme);
std::optional<PointsSupply> find_points(const Reader& reader, std::string_view programme);

// Points taken back by revocations that were spent before: what the sponsor has to bear.
Amount find_unbacked(const Reader& reader, std::string_view programme, std::string_view sponsor);
void add_unbacked(
    State& state, std::string_view programme, std::string_view sponsor, Amount points
);

}  // namespace tanji::ledger
