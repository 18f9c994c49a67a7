// Reserving, confirming, releasing and refunding: every test in the order of the contract, then the
// changes, which nothing refuses any more but a counter that would overflow.
#include "ledger/parties/account.h"
#include "ledger/parties/permission.h"
#include "ledger/points/clearing.h"
#include "ledger/points/offer.h"
#include "ledger/points/offer_use.h"
#include "ledger/points/redemption.h"
#include "ledger/store/schema.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr std::uint64_t hold_s_least = 60;
constexpr TimeMs ms_per_s = 1'000;

Programme programme_of(const Reader& reader, std::string_view slug) {
    auto programme = find_programme(reader, slug);
    assert(programme.has_value());
    return std::move(*programme);
}

void save_step(
    Execution& execution, const CommandId& id, const Redemption& redemption, std::string_view type
) {
    save(execution.state, schema::redemption(id), redemption);
    save(
        execution.state,
        schema::redemption_step(id, execution.leaf),
        RedemptionStep{
            .type = std::string(type),
            .command = execution.id,
            .time = execution.now,
        }
    );
    execution.effects.redemption = RedemptionEffect{
        .id = id,
        .state = std::string(name_of(redemption.state)),
        .until = redemption.is_held() ? std::optional(redemption.hold_until) : std::nullopt,
    };
}

// The hold has ended: it is among neither the account's holds nor what falls due.
void forget_hold(State& state, const CommandId& id, const Redemption& redemption) {
    state.erase(schema::due(schema::Due::hold, redemption.hold_until, id.view()));
    state.erase(schema::hold(redemption.account.text(), redemption.hold_until, id));
}

void return_stock(State& state, const Redemption& redemption) {
    auto offer = find_offer(state, redemption.offer);
    assert(offer.has_value());
    offer->returned += redemption.quantity;
    offer->remaining += offer->limited ? redemption.quantity : 0;
    save(state, schema::offer(redemption.offer), *offer);
}

// Everything a reservation took goes back.
void undo_reservation(Execution& execution, const CommandId& id, const Redemption& redemption) {
    forget_hold(execution.state, id, redemption);
    return_held(execution, redemption.account, redemption.programme, redemption.parts);
    return_stock(execution.state, redemption);
    give_back_limit(execution.state, redemption);
}

// reservation_expired, then redemption_state.
Status require_held_now(const Execution& execution, const Redemption& redemption) {
    const bool ended = redemption.is_held() && execution.now >= redemption.hold_until;
    if (ended || redemption.state == RedemptionState::expired) {
        return refuse(
            ErrorCode::reservation_expired, "the hold ended at {}", redemption.hold_until
        );
    }
    if (!redemption.is_held()) {
        return refuse(
            ErrorCode::redemption_state, "the redemption is {}", name_of(redemption.state)
        );
    }
    return {};
}

Result<Redemption> redemption_for_merchant(const Execution& execution, const CommandId& id) {
    auto found = find_redemption(execution.state, id);
    if (!found) {
        return refuse(ErrorCode::redemption_unknown, "no redemption {}", id.hex());
    }
    if (!signed_by_member(execution, merchant_of(*found))) {
        return refuse(ErrorCode::signatures_insufficient, "{} did not sign", merchant_of(*found));
    }
    return std::move(*found);
}

// The first `points` of the parts, and what is left behind them.
std::pair<std::vector<LotPart>, std::vector<LotPart>> split(
    const std::vector<LotPart>& parts, Amount points
) {
    std::vector<LotPart> first;
    std::vector<LotPart> rest;
    for (const LotPart& part : parts) {
        const Amount taken = std::min(points, part.points);
        points -= taken;
        if (taken > 0) {
            first.push_back({part.expires_at, part.sponsor, taken});
        }
        if (taken < part.points) {
            rest.push_back({part.expires_at, part.sponsor, part.points - taken});
        }
    }
    assert(points == 0);
    return {std::move(first), std::move(rest)};
}

Status check_offer(const RedemptionReserve& reserve, const Offer& offer, TimeMs now) {
    const OfferTerms& terms = offer.terms;
    if (offer.closed || now < terms.opens_at || now >= terms.closes_at) {
        return refuse(ErrorCode::offer_not_open, "{} is not open now", reserve.offer);
    }
    if (reserve.quantity < 1 || reserve.quantity > terms.quantity_max) {
        return refuse_at(
            ErrorCode::amount_invalid,
            "/body/quantity",
            "1 to {} units are reserved at once, not {}",
            terms.quantity_max,
            reserve.quantity
        );
    }
    if (reserve.hold_s < hold_s_least ||
        reserve.hold_s > static_cast<std::uint64_t>(terms.hold_s_max)) {
        return refuse_at(
            ErrorCode::amount_invalid,
            "/body/hold_s",
            "a hold lasts {} to {} seconds, not {}",
            hold_s_least,
            terms.hold_s_max,
            reserve.hold_s
        );
    }
    const Int128 price = Int128{terms.price} * static_cast<Int128>(reserve.quantity);
    if (price != reserve.points) {
        return refuse_at(
            ErrorCode::price_changed,
            "/body/points",
            "{} units cost {} points, not {}",
            reserve.quantity,
            to_text(price),
            reserve.points
        );
    }
    return {};
}

Status check_supply(
    const Execution& execution, const RedemptionReserve& reserve, const Offer& offer
) {
    if (offer.limited && static_cast<Amount>(reserve.quantity) > offer.remaining) {
        return refuse(
            ErrorCode::out_of_stock, "{} left, {} wanted", offer.remaining, reserve.quantity
        );
    }
    const Amount usable =
        usable_points(execution.state, reserve.account, offer.programme, execution.now);
    if (usable < reserve.points) {
        return refuse(
            ErrorCode::insufficient_points,
            "usable {}, needed {}, programme {}",
            usable,
            reserve.points,
            offer.programme
        );
    }
    return {};
}

}  // namespace

Status RedemptionReserve::apply(Execution& execution) const {
    if (!account_exists(execution.state, account)) {
        return refuse(ErrorCode::account_unknown, "no account {}", account.text());
    }
    if (auto own = require_holder(execution, account, instructed); !own) {
        return own;
    }
    auto found = find_offer(execution.state, offer);
    if (!found) {
        return refuse(ErrorCode::offer_unknown, "no offer {}", offer);
    }
    if (auto open = check_offer(*this, *found, execution.now); !open) {
        return open;
    }
    const Programme programme = programme_of(execution.state, found->programme);
    OfferLimit limit(execution, programme, account, offer);
    if (auto within = limit.check(found->terms, quantity); !within) {
        return within;
    }
    if (auto enough = check_supply(execution, *this, *found); !enough) {
        return enough;
    }
    limit.use(quantity);
    found->reserved += static_cast<Amount>(quantity);
    found->remaining -= found->limited ? static_cast<Amount>(quantity) : 0;
    save(execution.state, schema::offer(offer), *found);
    Redemption made;
    made.account = account;
    made.offer = offer;
    made.programme = found->programme;
    made.revision = found->revision;
    made.quantity = static_cast<std::uint32_t>(quantity);
    made.points = points;
    made.parts = hold_points(execution, account, found->programme, points);
    made.reserved_at = execution.now;
    made.day = day_of(programme, execution.now);
    made.month = month_of(programme, execution.now);
    made.hold_until = execution.now + static_cast<TimeMs>(hold_s) * ms_per_s;
    made.refund_days = found->terms.refund_days;
    const CommandId& id = execution.id;
    State& state = execution.state;
    state.put(schema::due(schema::Due::hold, made.hold_until, id.view()), {});
    state.put(schema::hold(account.text(), made.hold_until, id), {});
    state.put(schema::account_redemption(account.text(), id), {});
    state.put(schema::merchant_redemption(found->merchant, id), {});
    save_step(execution, id, made, "redemption.reserve");
    return {};
}

Status RedemptionConfirm::apply(Execution& execution) const {
    auto found = redemption_for_merchant(execution, redemption);
    if (!found) {
        return refusal(found);
    }
    if (auto held = require_held_now(execution, *found); !held) {
        return held;
    }
    if (points > found->points) {
        return refuse_at(
            ErrorCode::exceeds_reserved,
            "/body/points",
            "{} points are reserved, not {}",
            found->points,
            points
        );
    }
    const Bytes voucher_key = schema::voucher(voucher);
    if (execution.state.get(voucher_key)) {
        return refuse_at(
            ErrorCode::voucher_reused, "/body/voucher", "the commitment was used before"
        );
    }
    auto [redeemed, rest] = split(found->parts, points);
    const Programme programme = programme_of(execution.state, found->programme);
    const std::string merchant = merchant_of(*found);
    for (const LotPart& part : redeemed) {
        if (auto owed = owe(
                execution, programme, part.sponsor, merchant, part.points, programme.micro_per_point
            );
            !owed) {
            return owed;
        }
    }
    if (auto posted = post_points(
            execution,
            found->programme,
            found->account,
            PointsBucket::held,
            PointsBucket::redeemed,
            points
        );
        !posted) {
        return posted;
    }
    return_held(execution, found->account, found->programme, rest);
    forget_hold(execution.state, redemption, *found);
    execution.state.put(voucher_key, Bytes(redemption.view()));
    found->state = RedemptionState::confirmed;
    found->parts = std::move(redeemed);
    found->confirmed = points;
    found->confirmed_at = execution.now;
    found->micro_per_point = programme.micro_per_point;
    found->voucher = voucher;
    save_step(execution, redemption, *found, "redemption.confirm");
    return {};
}

Status RedemptionRelease::apply(Execution& execution) const {
    auto found = find_redemption(execution.state, redemption);
    if (!found) {
        return refuse(ErrorCode::redemption_unknown, "no redemption {}", redemption.hex());
    }
    if (!signed_by_member(execution, merchant_of(*found))) {
        if (auto own = require_holder(execution, found->account, instructed); !own) {
            return own;
        }
    }
    if (auto held = require_held_now(execution, *found); !held) {
        return held;
    }
    undo_reservation(execution, redemption, *found);
    found->state = RedemptionState::released;
    found->parts.clear();
    save_step(execution, redemption, *found, "redemption.release");
    return {};
}

Status RedemptionRefund::apply(Execution& execution) const {
    auto found = redemption_for_merchant(execution, redemption);
    if (!found) {
        return refusal(found);
    }
    if (!found->is_redeemed()) {
        return refuse(ErrorCode::redemption_state, "the redemption is {}", name_of(found->state));
    }
    if (execution.now > found->confirmed_at + found->refund_days * ms_per_day) {
        return refuse(
            ErrorCode::refund_closed, "refunds are taken for {} days", found->refund_days
        );
    }
    const Amount left = found->confirmed - found->refunded;
    if (points > left) {
        return refuse_at(
            ErrorCode::refund_exceeds, "/body/points", "{} points are left, not {}", left, points
        );
    }
    auto [kept, returned] = split(found->parts, left - points);
    const Programme programme = programme_of(execution.state, found->programme);
    const std::string merchant = merchant_of(*found);
    for (const LotPart& part : returned) {
        if (auto owed = owe(
                execution, programme, merchant, part.sponsor, part.points, found->micro_per_point
            );
            !owed) {
            return owed;
        }
        return_redeemed(execution, programme, found->account, part);
    }
    found->parts = std::move(kept);
    found->refunded += points;
    const bool whole = found->refunded == found->confirmed;
    found->state = whole ? RedemptionState::refunded : RedemptionState::partly_refunded;
    if (whole) {
        give_back_limit(execution.state, *found);
        if (returns_stock) {
            return_stock(execution.state, *found);
        }
    }
    save_step(execution, redemption, *found, "redemption.refund");
    return {};
}

void expire_hold(Execution& execution, const CommandId& id) {
    auto found = find_redemption(execution.state, id);
    assert(found && found->is_held());
    undo_reservation(execution, id, *found);
    found->state = RedemptionState::expired;
    found->parts.clear();
    save_step(execution, id, *found, "redemption.expire");
}

}  // namespace tanji::ledger
