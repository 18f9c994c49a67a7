#pragma once

#include "ledger/parties/execution.h"
#include "ledger/points/programme.h"
#include "ledger/value/amount.h"
#include "ledger/value/result.h"

#include <string>
#include <string_view>

// What a batch's grams earn, and what a revocation takes back of it.
namespace tanji::ledger {

// Awards floor(grams × rate), lowered to the room under the caps of the local day and month. The
// points awarded. `amount_overflow` when a counter would leave the bounds of an amount.
Result<Amount> award_points(
    Execution& execution,
    const Programme& programme,
    std::string_view provider,
    const Account& account,
    Amount grams
);

struct TakenBack {
    Amount points = 0;    // what the batch still gives the account
    Amount unbacked = 0;  // spent before: the sponsor bears it
};
// The account was given `points` and now has only `grams` of the batch. `programme` is the version
// that awarded them.
TakenBack take_back_points(
    Execution& execution,
    const Programme& programme,
    std::string_view provider,
    const Account& account,
    Amount points,
    Amount grams
);

// Who owes for the points of a batch: the programme's sponsor, or the provider.
std::string sponsor_of(const Programme& programme, std::string_view provider);

}  // namespace tanji::ledger
