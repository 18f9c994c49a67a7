#pragma once

#include "ledger/parties/execution.h"
#include "ledger/points/points_book.h"
#include "ledger/points/programme.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <string>
#include <string_view>
#include <vector>

// 份额: the points of one account that expire together and that one sponsor owes for. The order of
// lots is the order in which they are spent: earliest expiry first, then sponsor bytewise.
namespace tanji::ledger {

struct LotId {
    Account account;
    std::string programme;
    TimeMs expires_at = 0;  // usable while ledger time is before it, swept or not
    std::string sponsor;

    auto operator<=>(const LotId&) const = default;
};

struct Maturing {
    TimeMs available_at = 0;
    Amount points = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(available_at, points);
    }
};

// What is left of a lot on the account; held parts are with their redemption.
struct Lot {
    Amount available = 0;
    std::vector<Maturing> pending;  // by available_at

    bool empty() const { return available == 0 && pending.empty(); }
    Amount pending_points() const;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(available, counted<std::uint16_t>(pending, 1'000));
    }
};

// A part of a lot that went into a redemption.
struct LotPart {
    TimeMs expires_at = 0;
    std::string sponsor;
    Amount points = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(expires_at, text(sponsor), points);
    }
};

// Lots of the account and programme in the order of spending, those past expiry included.
std::vector<std::pair<LotId, Lot>> lots_of(
    const Reader& reader, const Account& account, std::string_view programme
);
// Points that may be spent at `now`.
Amount usable_points(
    const Reader& reader, const Account& account, std::string_view programme, TimeMs now
);

// Awarded points, pending or available at once. REQUIRES: points > 0.
Status award(Execution& execution, const Programme& programme, const LotId& lot, Amount points);

// available → held: takes `points` from usable lots in the order of spending.
// REQUIRES: that many are usable.
std::vector<LotPart> hold_points(
    Execution& execution, const Account& account, std::string_view programme, Amount points
);
// held → available, or → expired for parts that are past expiry.
void return_held(
    Execution& execution,
    const Account& account,
    std::string_view programme,
    const std::vector<LotPart>& parts
);
// redeemed → available in the lot that `part` names, or in one that lives for the days of grace, or
// → expired.
void return_redeemed(
    Execution& execution, const Programme& programme, const Account& account, const LotPart& part
);

// Takes back what a revocation asks for, as far as the account has it in lots that have not
// expired: pending first, then available, each from the lot that would be spent last. Returns how
// much was there.
Amount take_back(
    Execution& execution, const Account& account, std::string_view programme, Amount points
);

// Sweeps: pending → available for what is due at or before now in that lot; everything of the lot →
// expired.
void mature(Execution& execution, const LotId& lot, TimeMs available_at);
void expire(Execution& execution, const LotId& lot);

// The lot that a key of what is due names.
LotId lot_of_key(ByteView key);

}  // namespace tanji::ledger
