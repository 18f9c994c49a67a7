#include "ledger/points/offer_use.h"

#include "ledger/store/schema.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr TimeMs ms_per_s = 1'000;

void lower(std::uint64_t& units, std::uint64_t by) {
    units -= std::min(units, by);
}

}  // namespace

OfferLimit::OfferLimit(
    Execution& execution, const Programme& programme, const Account& account, std::string_view offer
)
    : execution_(execution),
      key_(schema::offer_use(account.text(), offer)),
      use_(load<OfferUse>(execution.state, key_).value_or(OfferUse{})) {
    const Day today = day_of(programme, execution.now);
    if (use_.day != today) {
        use_.day = today;
        use_.units_day = 0;
    }
    const Month this_month = month_of(programme, execution.now);
    if (use_.month != this_month) {
        use_.month = this_month;
        use_.units_month = 0;
    }
}

std::uint64_t OfferLimit::used(LimitWindow window) const {
    switch (window) {
        case LimitWindow::none:
            break;
        case LimitWindow::offer:
            return use_.units;
        case LimitWindow::day:
            return use_.units_day;
        case LimitWindow::month:
            return use_.units_month;
    }
    return 0;
}

Status OfferLimit::check(const OfferTerms& terms, std::uint64_t quantity) const {
    const std::uint64_t before = used(terms.limit_window);
    if (terms.limit_window != LimitWindow::none && before + quantity > terms.limit_units) {
        return refuse(
            ErrorCode::offer_limit_reached,
            "{} units a {} for one account, {} were taken",
            terms.limit_units,
            name_of(terms.limit_window),
            before
        );
    }
    const TimeMs next = use_.last + terms.cooldown_s * ms_per_s;
    if (execution_.now < next) {
        return refuse(ErrorCode::offer_cooldown, "the next reservation is taken at {}", next);
    }
    return {};
}

void OfferLimit::use(std::uint64_t quantity) {
    use_.units += quantity;
    use_.units_day += quantity;
    use_.units_month += quantity;
    use_.last = execution_.now;
    save(execution_.state, key_, use_);
}

void give_back_limit(State& state, const Redemption& redemption) {
    const Bytes key = schema::offer_use(redemption.account.text(), redemption.offer);
    auto use = load<OfferUse>(state, key);
    assert(use.has_value());
    lower(use->units, redemption.quantity);
    if (use->day == redemption.day) {
        lower(use->units_day, redemption.quantity);
    }
    if (use->month == redemption.month) {
        lower(use->units_month, redemption.quantity);
    }
    save(state, key, *use);
}

}  // namespace tanji::ledger
