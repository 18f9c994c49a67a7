#pragma once

#include "ledger/reductions/open_batch.h"
#include "ledger/value/result.h"

namespace tanji::ledger {

// How an account's grams divide at issue: ceil(grams × reserve_ppm / 10^6) is withheld.
Amount reserve_of(Amount grams, std::int64_t reserve_ppm);

// Issues the live records of the batch: one sum and one floor per account, reserve, serials,
// allocations. Fills in effects.batch. `amount_overflow` when a counter would leave the bounds of
// an amount.
Status issue(Execution& execution, OpenBatch& batch, const CommandId& id);

}  // namespace tanji::ledger
