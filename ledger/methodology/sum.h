#pragma once

#include "ledger/value/amount.h"

namespace tanji::ledger {

// What the accepted records of one account and batch come to at issue.
struct AccountSum {
    Amount grams = 0;    // floored once; the remainder is dropped
    Int128 deficit = 0;  // ≤ 0: what is carried to the next batch, only under `net`

    bool operator==(const AccountSum&) const = default;
};

// `micrograms` is the sum over the records, `deficit` (≤ 0) what was carried before.
AccountSum sum_up(Int128 micrograms, Int128 deficit = 0);

}  // namespace tanji::ledger
