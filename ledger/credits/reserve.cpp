#include "ledger/credits/reserve.h"

#include "ledger/credits/book.h"
#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

const CreditPlace reserve_place = {.bucket = CreditBucket::reserved, .account = {}};
const CreditPlace reversed_place = {.bucket = CreditBucket::reversed, .account = {}};

Amount reserved_of(const Reader& reader, std::string_view credit_class) {
    return find_class(reader, credit_class).value_or(ClassSupply{}).reserved;
}

// What is owed is part of what the scheme has revoked, which fits.
void add_obligation(Execution& execution, const Correction& correction, Amount owed) {
    Obligation obligation =
        find_obligation(execution.state, correction.provider, correction.scheme);
    if (obligation.owed == 0) {
        obligation.since = execution.now;
    }
    obligation.owed += owed;
    save(execution.state, schema::obligation(correction.provider, correction.scheme), obligation);
    execution.effects.obligation = ObligationEffect{
        .member = correction.provider,
        .scheme = correction.scheme,
        .owed = obligation.owed,
    };
}

}  // namespace

bool SchemeTotals::conserved() const {
    return revoked >= 0 && reversed >= 0 && owed >= 0 && revoked == reversed + owed;
}

SchemeTotals find_scheme_totals(const Reader& reader, std::string_view scheme) {
    return load<SchemeTotals>(reader, schema::scheme_totals(scheme)).value_or(SchemeTotals{});
}

Obligation find_obligation(const Reader& reader, std::string_view member, std::string_view scheme) {
    return load<Obligation>(reader, schema::obligation(member, scheme)).value_or(Obligation{});
}

Result<Corrected> correct(Execution& execution, const Correction& correction) {
    State& state = execution.state;
    const std::string& credit_class = correction.credit_class;
    Corrected corrected;
    Amount wanted = correction.reserved;
    Amount short_of = 0;

    // The batch's own reserve. Corrections of other batches may have used it up by then.
    const Amount own = std::min(correction.reserved, reserved_of(state, credit_class));
    Amount from_reserve = own;
    short_of += correction.reserved - own;

    for (const TakeBack& take : correction.accounts) {
        const Amount held = find_holding(state, take.account, credit_class).held;
        const Amount taken = std::min(take.held, held);
        wanted += take.held;
        short_of += take.held - taken;
        if (taken == 0) {
            continue;
        }
        const CreditPlace from = {.bucket = CreditBucket::held, .account = take.account};
        if (auto posted = post_credits(execution, credit_class, from, reversed_place, taken);
            !posted) {
            return refusal(posted);
        }
        corrected.reversed += taken;
    }

    const Amount more = std::min(short_of, reserved_of(state, credit_class) - own);
    from_reserve += more;
    if (from_reserve > 0) {
        auto posted =
            post_credits(execution, credit_class, reserve_place, reversed_place, from_reserve);
        if (!posted) {
            return refusal(posted);
        }
        corrected.reversed += from_reserve;
    }

    // Sums over one class stay below its issued grams; a scheme has many classes.
    SchemeTotals totals = find_scheme_totals(state, correction.scheme);
    if (wanted > amount_max - totals.revoked) {
        return refuse(
            ErrorCode::amount_overflow, "{} would have revoked too many grams", correction.scheme
        );
    }
    corrected.owed = short_of - more;
    if (corrected.owed > 0) {
        add_obligation(execution, correction, corrected.owed);
    }
    totals.revoked += wanted;
    totals.reversed += corrected.reversed;
    totals.owed += corrected.owed;
    save(state, schema::scheme_totals(correction.scheme), totals);
    return corrected;
}

}  // namespace tanji::ledger
