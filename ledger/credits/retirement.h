#pragma once

#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <string>

namespace tanji::ledger {

// The final use of grams, for a beneficiary and a purpose. What a certificate shows.
struct Retirement {
    std::string account;
    std::string credit_class;
    Amount amount = 0;
    Amount first = 0;  // serials of the class's retirements, both included
    Amount last = 0;
    std::string purpose;
    std::string beneficiary;  // public text, or empty
    Hash commitment;          // to a person's name, or zero: one of the two
    std::string statement;
    LeafIndex leaf = 0;
    TimeMs time = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(account), text(credit_class), amount, first, last, text(purpose));
        archive(text(beneficiary), commitment, text(statement), leaf, time);
    }
};

}  // namespace tanji::ledger
