#include "ledger/points/offer.h"

#include "ledger/parties/permission.h"
#include "ledger/points/programme.h"
#include "ledger/store/schema.h"

#include <array>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 4> window_names = {"none", "offer", "day", "month"};

std::string merchant_of(std::string_view offer) {
    return std::string(offer.substr(0, offer.find('.')));
}

std::string read_offer_id(JsonReader& body) {
    std::string offer = body.text("offer", 65);
    if (!is_offer_id(offer)) {
        body.fault("offer", "is not merchant.slug");
    }
    return offer;
}

void read_limit(JsonReader& body, OfferTerms& terms) {
    static constexpr std::array<std::string_view, 3> windows = {"offer", "day", "month"};
    if (body.is_null("limit")) {
        return;
    }
    const JsonValue* limit = body.member("limit");
    if (limit == nullptr) {
        return;
    }
    JsonReader in(*limit, body.pointer("limit"), body.faults());
    terms.limit_units = static_cast<std::uint32_t>(in.integer("units", 1, 1'000'000));
    terms.limit_window = static_cast<LimitWindow>(1 + in.word("window", windows));
    in.finish();
}

TimeMs read_time(JsonReader& body, std::string_view name) {
    return static_cast<TimeMs>(body.integer(name, 0, static_cast<std::uint64_t>(time_ms_max)));
}

OfferTerms read_terms(JsonReader& body) {
    OfferTerms terms;
    if (const JsonValue* title = body.member("title")) {
        JsonReader in(*title, body.pointer("title"), body.faults());
        terms.title_zh = in.text("zh", 128);
        terms.title_en = in.text("en", 128);
        in.finish();
    }
    terms.price = body.amount_or_zero("price");
    terms.opens_at = read_time(body, "opens_at");
    terms.closes_at = read_time(body, "closes_at");
    read_limit(body, terms);
    terms.cooldown_s = static_cast<std::int64_t>(body.integer("cooldown_s", 0, 31'536'000));
    terms.quantity_max = static_cast<std::uint32_t>(body.integer("quantity_max", 1, 100));
    terms.hold_s_max = static_cast<std::int64_t>(body.integer("hold_s_max", 60, 86'400));
    terms.refund_days = static_cast<std::int64_t>(body.integer("refund_days", 0, 3'650));
    terms.terms = body.digest("terms");
    return terms;
}

Status check_terms(const OfferTerms& terms, TimeMs now) {
    if (terms.price == 0) {
        return refuse_at(ErrorCode::offer_invalid, "/body/price", "an offer costs points");
    }
    if (terms.opens_at >= terms.closes_at || terms.closes_at <= now) {
        return refuse_at(
            ErrorCode::offer_invalid, "/body/closes_at", "the offer would never be open"
        );
    }
    return {};
}

// The merchant's open offer: offer_unknown, signatures_insufficient, offer_closed.
Result<Offer> open_offer(const Execution& execution, const std::string& id) {
    auto offer = find_offer(execution.state, id);
    if (!offer) {
        return refuse(ErrorCode::offer_unknown, "no offer {}", id);
    }
    if (!signed_by_member(execution, offer->merchant)) {
        return refuse(ErrorCode::signatures_insufficient, "{} did not sign", offer->merchant);
    }
    if (offer->closed) {
        return refuse(ErrorCode::offer_closed, "{} is closed", id);
    }
    return *offer;
}

std::uint64_t count_open(const Reader& reader, std::string_view merchant) {
    return load<std::uint64_t>(reader, schema::open_offers(merchant)).value_or(0);
}

void save_changed(Execution& execution, const std::string& id, Offer& offer) {
    offer.leaf = execution.leaf;
    offer.time = execution.now;
    save(execution.state, schema::offer(id), offer);
    execution.effects.offer = OfferEffect{
        .id = id,
        .revision = offer.revision,
        .state = offer.closed ? "closed" : "open",
    };
}

}  // namespace

std::string_view name_of(LimitWindow window) {
    return window_names.at(static_cast<std::size_t>(window));
}

bool Offer::balanced() const {
    const bool counted =
        supplied >= 0 && reserved >= 0 && returned >= 0 && remaining >= 0 && returned <= reserved;
    return limited ? counted && Int128{supplied} + returned == Int128{remaining} + reserved
                   : counted && remaining == 0 && supplied == 0;
}

bool is_offer_id(std::string_view text) {
    const auto dot = text.find('.');
    return dot != std::string_view::npos && is_member_slug(text.substr(0, dot)) &&
           is_slug(text.substr(dot + 1));
}

std::optional<Offer> find_offer(const Reader& reader, std::string_view offer) {
    return load<Offer>(reader, schema::offer(offer));
}

OfferPublish OfferPublish::read(JsonReader& body) {
    OfferPublish publish;
    publish.offer = read_offer_id(body);
    publish.programme = body.slug("programme");
    publish.terms = read_terms(body);
    if (!body.is_null("stock")) {
        publish.stock = body.amount_or_zero("stock");
    }
    return publish;
}

Status OfferPublish::apply(Execution& execution) const {
    const std::string merchant = merchant_of(offer);
    if (auto own = require_role(execution, merchant, Role::merchant, {}); !own) {
        return own;
    }
    if (find_offer(execution.state, offer)) {
        return refuse(ErrorCode::offer_exists, "there is an offer {}", offer);
    }
    const auto of_programme = find_programme(execution.state, programme);
    if (!of_programme) {
        return refuse(ErrorCode::programme_unknown, "no programme {}", programme);
    }
    if (!accepts_merchant(*of_programme, merchant)) {
        return refuse(
            ErrorCode::merchant_not_accepted, "{} is not spent with {}", programme, merchant
        );
    }
    if (auto valid = check_terms(terms, execution.now); !valid) {
        return valid;
    }
    const std::uint64_t open = count_open(execution.state, merchant);
    if (open >= open_offers_max) {
        return refuse(ErrorCode::offer_limit, "{} has {} open offers", merchant, open);
    }
    save(execution.state, schema::open_offers(merchant), open + 1);
    Offer made;
    made.merchant = merchant;
    made.programme = programme;
    made.terms = terms;
    made.limited = stock.has_value();
    made.supplied = stock.value_or(0);
    made.remaining = made.supplied;
    save_changed(execution, offer, made);
    return {};
}

OfferRevise OfferRevise::read(JsonReader& body) {
    return {.offer = read_offer_id(body), .terms = read_terms(body)};
}

Status OfferRevise::apply(Execution& execution) const {
    auto found = open_offer(execution, offer);
    if (!found) {
        return refusal(found);
    }
    if (auto valid = check_terms(terms, execution.now); !valid) {
        return valid;
    }
    found->terms = terms;
    ++found->revision;
    save_changed(execution, offer, *found);
    return {};
}

OfferRestock OfferRestock::read(JsonReader& body) {
    return {.offer = read_offer_id(body), .units = body.amount("units")};
}

Status OfferRestock::apply(Execution& execution) const {
    auto found = open_offer(execution, offer);
    if (!found) {
        return refusal(found);
    }
    if (!found->limited) {
        return refuse_at(ErrorCode::offer_invalid, "/body/units", "its stock is not limited");
    }
    // What remains is at most what was supplied: nothing comes back that was not reserved.
    if (units > amount_max - found->supplied) {
        return refuse(ErrorCode::amount_overflow, "a counter would leave the bounds of an amount");
    }
    found->supplied += units;
    found->remaining += units;
    save_changed(execution, offer, *found);
    return {};
}

OfferClose OfferClose::read(JsonReader& body) {
    return {.offer = read_offer_id(body)};
}

Status OfferClose::apply(Execution& execution) const {
    auto found = open_offer(execution, offer);
    if (!found) {
        return refusal(found);
    }
    found->closed = true;
    const std::uint64_t open = count_open(execution.state, found->merchant);
    assert(open > 0);
    save(execution.state, schema::open_offers(found->merchant), open - 1);
    save_changed(execution, offer, *found);
    return {};
}

}  // namespace tanji::ledger
