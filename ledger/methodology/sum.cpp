#include "ledger/methodology/sum.h"

#include <cassert>

namespace tanji::ledger {

AccountSum sum_up(Int128 micrograms, Int128 deficit) {
    assert(deficit <= 0);
    const Int128 total = micrograms + deficit;
    if (total < 0) {
        return {.grams = 0, .deficit = total};
    }
    // A batch has 10,000 records of less than 2^63 micrograms: the grams fit by far.
    const auto grams = narrow(total / micrograms_per_gram);
    assert(grams);
    return {.grams = *grams, .deficit = 0};
}

}  // namespace tanji::ledger
