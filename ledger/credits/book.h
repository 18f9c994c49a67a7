#pragma once

#include "ledger/parties/execution.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <string>

namespace tanji::ledger {

// The places a gram can be in, as lines and moves name them.
enum class CreditBucket : std::uint8_t {
    issued,  // the source
    held,
    locked,
    frozen,
    reserved,
    retired,
    cancelled,
    exported,
    reversed,
};
std::string_view name_of(CreditBucket bucket);

// Grams of one class that one account holds.
struct Holding {
    Amount held = 0;
    Amount locked = 0;
    Amount frozen = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(held, locked, frozen);
    }
};

// Every gram of a class, by where it is now. `issued` and `retired_serials` only grow and number
// the grams: issue takes issued+1…, a retirement takes retired+1….
struct ClassSupply {
    Amount issued = 0;
    Amount held = 0;  // Σ over accounts
    Amount locked = 0;
    Amount frozen = 0;
    Amount reserved = 0;
    Amount retired = 0;
    Amount cancelled = 0;
    Amount exported = 0;
    Amount reversed = 0;

    // issued = everything else, and nothing is negative (docs/rules.md, invariant 1).
    bool conserved() const;

    // What the bucket has. `issued` counts up as the source gives.
    Amount& operator[](CreditBucket bucket);

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(issued, held, locked, frozen, reserved, retired, cancelled, exported, reversed);
    }
};

// One side of a posting: a bucket, and whose if it is held, locked or frozen.
struct CreditPlace {
    CreditBucket bucket = CreditBucket::issued;
    std::optional<Account> account;
};

// Moves grams of a class and leaves the line in the execution. Double entry: what one place loses
// the other has. `amount_overflow` when a counter would leave the bounds of an amount.
// REQUIRES: amount > 0, and the place it comes from has that much (the rule has tested it).
Status post_credits(
    Execution& execution,
    std::string_view credit_class,
    const CreditPlace& from,
    const CreditPlace& to,
    Amount amount
);

Holding find_holding(const Reader& reader, const Account& account, std::string_view credit_class);
std::optional<ClassSupply> find_class(const Reader& reader, std::string_view credit_class);

}  // namespace tanji::ledger
