// Offers, and what has been reserved of them.
#include "tests/model/calendar.h"
#include "tests/model/city.h"
#include "tests/model/model.h"

#include <algorithm>

namespace tanji::model {
namespace {

constexpr std::ptrdiff_t open_offers_max = 1'000;  // of a merchant

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::ranges::find(list, word) != list.end();
}

std::string merchant_of(const std::string& offer) {
    return offer.substr(0, offer.find('.'));
}

}  // namespace

Amount Books::limit_used(const std::string& account, const std::string& offer) const {
    const OfferState& terms = offers.at(offer);
    const int offset = newest(terms.programme).offset_minutes;
    const std::int64_t today = day_at(now, offset);
    const auto month = [](std::int64_t day) {
        const YearMonth found = month_of_day(day);
        return found.year * 12 + found.month;
    };
    Amount used = 0;
    for (const auto& [name, each] : redemptions) {
        if (each.account != account || each.offer != offer || each.limit_given_back) {
            continue;
        }
        const std::int64_t day = day_at(each.reserved, offset);
        const bool counts = terms.terms.window == "offer" ||
                            (terms.terms.window == "day" && day == today) ||
                            (terms.terms.window == "month" && month(day) == month(today));
        used += counts ? each.quantity : 0;
    }
    return used;
}

Stock Books::stock(const std::string& offer) const {
    Stock stock;
    for (const auto& [name, redemption] : redemptions) {
        if (redemption.offer == offer) {
            stock.reserved += redemption.quantity;
            stock.returned += redemption.stock_given_back ? redemption.quantity : 0;
        }
    }
    stock.remaining =
        offers.at(offer).limited ? offers.at(offer).supplied + stock.returned - stock.reserved : 0;
    return stock;
}

bool Model::terms_valid(const OfferTerms& terms) const {
    return terms.price > 0 && terms.opens_at < terms.closes_at && terms.closes_at > books_.now;
}

std::string Model::publish_offer(const Signers& signers, const PublishOffer& act) {
    const std::string merchant = merchant_of(act.offer);
    if (!contains(signers, merchant)) {
        return "signatures_insufficient";
    }
    if (!find_city_member(merchant)->is_merchant) {
        return "role_missing";
    }
    if (books_.offers.contains(act.offer)) {
        return "offer_exists";
    }
    if (!books_.programmes.contains(act.programme)) {
        return "programme_unknown";
    }
    const ProgrammeTerms& programme = books_.newest(act.programme);
    if (!programme.merchants.empty() && !contains(programme.merchants, merchant)) {
        return "merchant_not_accepted";
    }
    if (!terms_valid(act.terms)) {
        return "offer_invalid";
    }
    const auto open = std::ranges::count_if(books_.offers, [&](const auto& offer) {
        return offer.second.merchant == merchant && !offer.second.closed;
    });
    if (open >= open_offers_max) {
        return "offer_limit";
    }
    books_.offers[act.offer] = {
        .merchant = merchant,
        .programme = act.programme,
        .terms = act.terms,
        .limited = act.stock != none,
        .supplied = std::max<Amount>(act.stock, 0),
    };
    return "ok";
}

// What every command about an offer that is there already has to pass.
std::string Model::check_offer(const Signers& signers, const std::string& offer) const {
    const auto found = books_.offers.find(offer);
    return found == books_.offers.end()                 ? "offer_unknown"
           : !contains(signers, found->second.merchant) ? "signatures_insufficient"
           : found->second.closed                       ? "offer_closed"
                                                        : "ok";
}

std::string Model::revise(const Signers& signers, const ReviseOffer& act) {
    std::string outcome = check_offer(signers, act.offer);
    if (outcome != "ok") {
        return outcome;
    }
    if (!terms_valid(act.terms)) {
        return "offer_invalid";
    }
    books_.offers[act.offer].terms = act.terms;
    ++books_.offers[act.offer].revision;
    return "ok";
}

std::string Model::restock(const Signers& signers, const Restock& act) {
    std::string outcome = check_offer(signers, act.offer);
    if (outcome != "ok") {
        return outcome;
    }
    OfferState& offer = books_.offers[act.offer];
    if (!offer.limited) {
        return "offer_invalid";
    }
    if (act.units > ledger::amount_max - offer.supplied) {
        return "amount_overflow";
    }
    offer.supplied += act.units;
    return "ok";
}

std::string Model::close(const Signers& signers, const CloseOffer& act) {
    std::string outcome = check_offer(signers, act.offer);
    if (outcome == "ok") {
        books_.offers[act.offer].closed = true;
    }
    return outcome;
}

std::string Model::reserve(const Act& act, const Reserve& body) {
    if (!exists(body.account)) {
        return "account_unknown";
    }
    if (!holder_signed(act.signers, body.account, body.instructed)) {
        return "signatures_insufficient";
    }
    const auto found = books_.offers.find(body.offer);
    if (found == books_.offers.end()) {
        return "offer_unknown";
    }
    const OfferState& offer = found->second;
    const OfferTerms& terms = offer.terms;
    const TimeMs now = books_.now;
    if (offer.closed || now < terms.opens_at || now >= terms.closes_at) {
        return "offer_not_open";
    }
    if (body.quantity < 1 || body.quantity > terms.quantity_max || body.hold_s < 60 ||
        body.hold_s > terms.hold_s_max) {
        return "amount_invalid";
    }
    if (ledger::Int128{terms.price} * body.quantity != body.points) {
        return "price_changed";
    }
    if (terms.limit != none &&
        books_.limit_used(body.account, body.offer) + body.quantity > terms.limit) {
        return "offer_limit_reached";
    }
    for (const auto& [name, each] : books_.redemptions) {
        const bool forgotten = mistake_ == Mistake::cooldown_forgotten && each.state == "released";
        if (each.account == body.account && each.offer == body.offer && !forgotten &&
            now < each.reserved + terms.cooldown_s * 1'000) {
            return "offer_cooldown";
        }
    }
    if (offer.limited && books_.stock(body.offer).remaining < body.quantity) {
        return "out_of_stock";
    }
    if (books_.usable(body.account, offer.programme) < body.points) {
        return "insufficient_points";
    }
    RedemptionState redemption;
    redemption.account = body.account;
    redemption.offer = body.offer;
    redemption.programme = offer.programme;
    redemption.revision = offer.revision;
    redemption.quantity = body.quantity;
    redemption.points = body.points;
    redemption.parts = take(body.account, offer.programme, body.points);
    redemption.reserved = now;
    redemption.hold_until = now + body.hold_s * 1'000;
    redemption.refund_days = terms.refund_days;
    books_.redemptions[act.name] = std::move(redemption);
    books_.holds.insert(act.name);
    books_.touched_redemptions.insert(act.name);
    return "ok";
}

}  // namespace tanji::model
