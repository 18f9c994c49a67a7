#include "ledger/replay_points.h"

#include "ledger/command/command.h"
#include "ledger/replay_leaf.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

using enum PointsBucket;

// Between which buckets a type of leaf moves points.
struct Way {
    std::string_view type;
    PointsBucket from;
    PointsBucket to;
};
constexpr std::array ways = {
    Way{"activity.attest", awarded, pending},
    Way{"activity.attest", awarded, available},
    Way{"activity.revoke", pending, revoked},
    Way{"activity.revoke", available, revoked},
    Way{"points.expire", pending, expired},
    Way{"points.expire", available, expired},
    Way{"points.mature", pending, available},
    Way{"redemption.confirm", held, redeemed},
    Way{"redemption.confirm", held, available},
    Way{"redemption.confirm", held, expired},
    Way{"redemption.expire", held, available},
    Way{"redemption.expire", held, expired},
    Way{"redemption.refund", redeemed, available},
    Way{"redemption.refund", redeemed, expired},
    Way{"redemption.release", held, available},
    Way{"redemption.release", held, expired},
    Way{"redemption.reserve", available, held},
};

const Way* way_of(const Leaf& leaf, const Move& move) {
    const auto found = std::ranges::find_if(ways, [&](const Way& way) {
        return way.type == leaf.type && name_of(way.from) == move.from &&
               name_of(way.to) == move.to;
    });
    return found != ways.end() ? &*found : nullptr;
}

// All points that the leaf moves out of a bucket, of that programme; of any other none may move.
Result<Amount> points_out(const Leaf& leaf, std::string_view programme, PointsBucket from) {
    Amount sum = 0;
    for (const Move& move : leaf.effects.points) {
        if (move.unit != programme) {
            return lie("it moves points of {}, not of {}", move.unit, programme);
        }
        sum += move.from == name_of(from) ? move.amount : 0;
    }
    return sum;
}

// The same, into a bucket.
Amount points_into(const Leaf& leaf, PointsBucket to) {
    Amount sum = 0;
    for (const Move& move : leaf.effects.points) {
        sum += move.to == name_of(to) ? move.amount : 0;
    }
    return sum;
}

std::uint64_t integer_in(const JsonValue& object, std::string_view name) {
    const JsonValue* found = object.find(name);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

Amount amount_in(const JsonValue& object, std::string_view name) {
    return parse_amount(text_in(object, name)).value_or(-1);
}

std::string merchant_in(std::string_view offer) {
    return std::string(offer.substr(0, offer.find('.')));
}

}  // namespace

Status PointsReplay::feed(const Leaf& leaf) {
    if (auto moves = feed_moves(leaf); !moves) {
        return moves;
    }
    if (!leaf.effects.clearing.empty() && leaf.type != "redemption.confirm" &&
        leaf.type != "redemption.refund") {
        return lie("{} makes nobody owe anything", leaf.type);
    }
    if (leaf.type == "programme.publish") {
        return feed_programme(leaf);
    }
    if (leaf.type.starts_with("offer.")) {
        return feed_offer(leaf);
    }
    if (leaf.type == "redemption.reserve") {
        return feed_reserve(leaf);
    }
    if (leaf.type == "redemption.expire") {
        return feed_expire(leaf);
    }
    if (leaf.type.starts_with("redemption.")) {
        return feed_redemption(leaf);
    }
    return {};
}

// What leaves a bucket was in it, and only a type that may moves it there.
Status PointsReplay::feed_moves(const Leaf& leaf) {
    const Move* before = nullptr;
    for (const Move& move : leaf.effects.points) {
        if (before != nullptr && !(*before < move)) {
            return lie("its moves are not in order");
        }
        before = &move;
        const Way* way = way_of(leaf, move);
        if (way == nullptr) {
            return lie("{} moves no points from {} to {}", leaf.type, move.from, move.to);
        }
        if (!programmes_.contains(move.unit)) {
            return lie("there is no programme {}", move.unit);
        }
        PointsSupply& supply = supply_[move.unit];
        if (way->from == awarded) {
            const auto grown = checked_add(supply.awarded, move.amount);
            if (!grown) {
                return lie("the points of {} leave 63 bits", move.unit);
            }
            supply.awarded = *grown;
        } else if (supply[way->from] < move.amount) {
            return lie(
                "{} points of {} leave {}, where {} are",
                move.amount,
                move.unit,
                move.from,
                supply[way->from]
            );
        } else {
            supply[way->from] -= move.amount;
        }
        supply[way->to] += move.amount;
        if (!supply.conserved()) {
            return lie("{} is not conserved", move.unit);
        }
    }
    return {};
}

Status PointsReplay::feed_award(const Leaf& leaf, std::string_view programme, Amount points) const {
    const auto out = points_out(leaf, programme, awarded);
    if (!out) {
        return std::unexpected(out.error());
    }
    return *out == points ? Status() : lie("it awards {} points and says {}", *out, points);
}

Status PointsReplay::feed_programme(const Leaf& leaf) {
    auto body = read_body<ProgrammePublish>(leaf);
    if (!body) {
        return refusal(body);
    }
    if (auto governed = require_governed(genesis_, leaf, "programme"); !governed) {
        return governed;
    }
    Programme& programme = body->programme;
    if (!signed_by(genesis_, leaf, programme.owner)) {
        return lie("no key of its owner {} signed it", programme.owner);
    }
    const auto newest = programmes_.find(programme.slug);
    const std::uint32_t next = newest != programmes_.end() ? newest->second.version + 1 : 1;
    const auto& effect = leaf.effects.programme;
    if (programme.version != next || !effect || effect->slug != programme.slug ||
        effect->version != next) {
        return lie("version {} of {} is next", next, programme.slug);
    }
    programmes_[programme.slug] = std::move(programme);
    return {};
}

Status PointsReplay::feed_offer(const Leaf& leaf) {
    auto command = read_command(leaf.payload);
    if (!command) {
        return refusal(command);
    }
    const std::string id = text_in(command->body, "offer");
    if (!signed_by(genesis_, leaf, merchant_in(id))) {
        return lie("no key of its merchant {} signed it", merchant_in(id));
    }
    const bool known = offers_.contains(id);
    if (known == (leaf.type == "offer.publish")) {
        return lie("there is {} offer {}", known ? "an" : "no", id);
    }
    JsonFaults faults;
    JsonReader body(command->body, "/body", faults);
    Offer& offer = offers_[id];
    if (leaf.type == "offer.publish") {
        const auto publish = OfferPublish::read(body);
        if (!programmes_.contains(publish.programme)) {
            return lie("there is no programme {}", publish.programme);
        }
        offer.merchant = merchant_in(id);
        offer.programme = publish.programme;
        offer.terms = publish.terms;
        offer.limited = publish.stock.has_value();
        offer.remaining = publish.stock.value_or(0);
    } else if (offer.closed) {
        return lie("offer {} was closed", id);
    } else if (leaf.type == "offer.revise") {
        offer.terms = OfferRevise::read(body).terms;
        ++offer.revision;
    } else if (leaf.type == "offer.restock") {
        const auto stocked = checked_add(offer.remaining, OfferRestock::read(body).units);
        if (!stocked || !offer.limited) {
            return lie("offer {} takes no such stock", id);
        }
        offer.remaining = *stocked;
    } else {
        offer.closed = true;
    }
    const auto& effect = leaf.effects.offer;
    if (faults.any() || !effect || effect->id != id || effect->revision != offer.revision ||
        effect->state != (offer.closed ? "closed" : "open")) {
        return lie("offer {} has another revision or state", id);
    }
    return {};
}

Status PointsReplay::feed_reserve(const Leaf& leaf) {
    Deal deal;
    deal.offer = text_in(leaf.public_part, "offer");
    deal.quantity = integer_in(leaf.public_part, "quantity");
    deal.points = amount_in(leaf.public_part, "points");
    deal.until = leaf.time + static_cast<TimeMs>(integer_in(leaf.public_part, "hold_s")) * 1'000;
    const auto found = offers_.find(deal.offer);
    if (found == offers_.end() || found->second.closed) {
        return lie("there is no open offer {}", deal.offer);
    }
    Offer& offer = found->second;
    deal.programme = offer.programme;
    if (leaf.time < offer.terms.opens_at || leaf.time >= offer.terms.closes_at) {
        return lie("{} was not open then", deal.offer);
    }
    if (Int128{offer.terms.price} * static_cast<Int128>(deal.quantity) != deal.points) {
        return lie("{} of {} do not cost {} points", deal.quantity, deal.offer, deal.points);
    }
    if (offer.limited && offer.remaining < static_cast<Amount>(deal.quantity)) {
        return lie("{} has {} units left", deal.offer, offer.remaining);
    }
    offer.remaining -= offer.limited ? static_cast<Amount>(deal.quantity) : 0;
    const auto out = points_out(leaf, deal.programme, available);
    if (!out) {
        return std::unexpected(out.error());
    }
    const auto& effect = leaf.effects.redemption;
    if (*out != deal.points || !effect || effect->id != leaf.id || effect->state != "reserved" ||
        effect->until != deal.until) {
        return lie("it holds {} points until another time than it says", *out);
    }
    redemptions_.emplace(leaf.id, std::move(deal));
    return {};
}

Status PointsReplay::feed_redemption(const Leaf& leaf) {
    const auto id = CommandId::from_hex(text_in(leaf.public_part, "redemption"));
    const auto found = id ? redemptions_.find(*id) : redemptions_.end();
    if (found == redemptions_.end()) {
        return lie("it is about a redemption that was never reserved");
    }
    Deal& deal = found->second;
    const bool release = leaf.type == "redemption.release";
    if (!release && !signed_by(genesis_, leaf, merchant_in(deal.offer))) {
        return lie("no key of its merchant {} signed it", merchant_in(deal.offer));
    }
    if (leaf.type == "redemption.refund") {
        return feed_refund(leaf, deal);
    }
    if (deal.state != RedemptionState::reserved || leaf.time >= deal.until) {
        return lie("redemption {} was not held any more", id->hex());
    }
    const auto out = points_out(leaf, deal.programme, held);
    if (!out || *out != deal.points) {
        return lie("redemption {} held {} points", id->hex(), deal.points);
    }
    if (!release) {
        return feed_confirm(leaf, deal);
    }
    deal.state = RedemptionState::released;
    return_stock(deal);
    return {};
}

Status PointsReplay::feed_confirm(const Leaf& leaf, Deal& deal) {
    deal.confirmed = amount_in(leaf.public_part, "points");
    deal.state = RedemptionState::confirmed;
    if (points_into(leaf, redeemed) != deal.confirmed) {
        return lie("it redeems other points than {}", deal.confirmed);
    }
    if (!vouchers_.insert(text_in(leaf.public_part, "voucher")).second) {
        return lie("its voucher commitment was used before");
    }
    return feed_clearing(leaf, deal, false);
}

Status PointsReplay::feed_refund(const Leaf& leaf, Deal& deal) {
    const Amount points = amount_in(leaf.public_part, "points");
    const auto out = points_out(leaf, deal.programme, redeemed);
    if (!out || *out != points || points > deal.confirmed - deal.refunded) {
        return lie("{} of {} redeemed points are refunded", points, deal.confirmed - deal.refunded);
    }
    deal.refunded += points;
    const bool whole = deal.refunded == deal.confirmed;
    deal.state = whole ? RedemptionState::refunded : RedemptionState::partly_refunded;
    if (whole && text_in(leaf.public_part, "stock") == "return") {
        return_stock(deal);
    }
    return feed_clearing(leaf, deal, true);
}

// A sponsor owes the merchant for its points; a refund takes that back and nothing besides.
Status PointsReplay::feed_clearing(const Leaf& leaf, const Deal& deal, bool refund) {
    const std::string merchant = merchant_in(deal.offer);
    Int128 points = 0;
    for (const ClearingEffect& each : leaf.effects.clearing) {
        const std::string& own = refund ? each.debtor : each.creditor;
        const std::string& sponsor = refund ? each.creditor : each.debtor;
        if (each.unit != deal.programme || own != merchant || sponsor == merchant) {
            return lie("{} owes {} for points of {}", each.debtor, each.creditor, each.unit);
        }
        points += each.points;
        Owed& owed = owed_[{deal.programme, sponsor, merchant}];
        owed.points += refund ? -each.points : each.points;
        owed.value += refund ? -each.value : each.value;
        if (owed.points < 0 || owed.value < 0) {
            return lie("{} gets back more than it owed {}", sponsor, merchant);
        }
        const Amount rate = programmes_.find(deal.programme)->second.micro_per_point;
        if (!refund && Int128{each.points} * rate != each.value) {
            return lie("{} points are not worth {}", each.points, each.value);
        }
    }
    const Amount all = refund ? points_into(leaf, available) + points_into(leaf, expired)
                              : points_into(leaf, redeemed);
    return points <= all ? Status() : lie("{} points are owed for {}", to_text(points), all);
}

Status PointsReplay::feed_expire(const Leaf& leaf) {
    const JsonValue* objects = leaf.public_part.find("objects");
    if (objects == nullptr || objects->array() == nullptr) {
        return lie("it names no redemptions");
    }
    Amount points = 0;
    for (const JsonValue& object : *objects->array()) {
        const auto id = object.string() != nullptr ? CommandId::from_hex(*object.string())
                                                   : std::optional<CommandId>();
        const auto found = id ? redemptions_.find(*id) : redemptions_.end();
        if (found == redemptions_.end() || found->second.state != RedemptionState::reserved ||
            leaf.time < found->second.until) {
            return lie("a hold ends that was not due");
        }
        found->second.state = RedemptionState::expired;
        points += found->second.points;
        return_stock(found->second);
    }
    const Amount moved = points_into(leaf, available) + points_into(leaf, expired);
    return moved == points ? Status() : lie("{} points were held, {} come back", points, moved);
}

void PointsReplay::return_stock(const Deal& deal) {
    Offer& offer = offers_.find(deal.offer)->second;
    offer.remaining += offer.limited ? static_cast<Amount>(deal.quantity) : 0;
}

}  // namespace tanji::ledger
