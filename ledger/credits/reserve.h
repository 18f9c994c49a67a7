#pragma once

#include "ledger/parties/execution.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

// Grams a provider owes in a scheme after a revocation that nothing else could cover.
struct Obligation {
    Amount owed = 0;
    TimeMs since = 0;  // when it last rose from zero

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(owed, since);
    }
};

// Grams that corrections have taken back in a scheme, and where they came from: revoked = reversed
// + owed (docs/rules.md, invariant 4).
struct SchemeTotals {
    Amount revoked = 0;
    Amount reversed = 0;
    Amount owed = 0;

    bool conserved() const;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(revoked, reversed, owed);
    }
};

SchemeTotals find_scheme_totals(const Reader& reader, std::string_view scheme);

// Grams of one account that a revocation takes back.
struct TakeBack {
    Account account;
    Amount held = 0;  // what it should hold less
};

// Sections 2 to 4 of a correction: from the reserve of the revoked grams, from the accounts, from
// the class's reserve, and what is left becomes the provider's obligation. `reserved` is the
// batch's own reserve that falls away. Fills in effects.obligation if something is owed then.
struct Correction {
    std::string scheme;
    std::string credit_class;
    std::string provider;
    Amount reserved = 0;
    std::vector<TakeBack> accounts;  // bytewise
};
struct Corrected {
    Amount reversed = 0;
    Amount owed = 0;
};
Result<Corrected> correct(Execution& execution, const Correction& correction);

Obligation find_obligation(const Reader& reader, std::string_view member, std::string_view scheme);

}  // namespace tanji::ledger
