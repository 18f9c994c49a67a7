#pragma once

#include "ledger/parties/execution.h"
#include "ledger/points/offer.h"
#include "ledger/points/programme.h"
#include "ledger/points/redemption.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <string>
#include <string_view>

// How much of an offer one account has had: limits per offer, day and month, and the cooldown.
namespace tanji::ledger {

struct OfferUse {
    std::uint64_t units = 0;  // ever, less what was given back
    Day day = 0;              // local day of the last reservation
    std::uint64_t units_day = 0;
    Month month = 0;
    std::uint64_t units_month = 0;
    TimeMs last = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(units, day, units_day, month, units_month, last);
    }
};

class OfferLimit {
public:
    // Local days and months are those of the programme. Keeps a reference to the execution.
    OfferLimit(
        Execution& execution,
        const Programme& programme,
        const Account& account,
        std::string_view offer
    );

    // offer_limit_reached, offer_cooldown.
    Status check(const OfferTerms& terms, std::uint64_t quantity) const;
    void use(std::uint64_t quantity);

private:
    std::uint64_t used(LimitWindow window) const;

    Execution& execution_;
    Bytes key_;
    OfferUse use_;
};

// What was released, expired or refunded whole counts no more, in the windows it counted to if they
// are still running. The cooldown goes on.
void give_back_limit(State& state, const Redemption& redemption);

}  // namespace tanji::ledger
