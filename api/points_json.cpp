#include "api/points_json.h"

#include "api/json.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace tanji::api {
namespace {

using ledger::JsonWriter;

std::uint64_t count(std::int64_t number) {
    return static_cast<std::uint64_t>(number);
}

void write_texts(JsonWriter& out, std::string_view name, const std::vector<std::string>& texts) {
    out.name(name).open_array();
    for (const std::string& text : texts) {
        out.string(text);
    }
    out.close_array();
}

// An empty list stands for any member.
void write_members(JsonWriter& out, std::string_view name, const std::vector<std::string>& names) {
    if (names.empty()) {
        out.member(name, "any");
    } else {
        write_texts(out, name, names);
    }
}

void write_cap(JsonWriter& out, std::string_view name, ledger::Amount cap) {
    if (cap == ledger::no_cap) {
        out.name(name).null();
    } else {
        out.amount_member(name, cap);
    }
}

// The members that were signed, in the order of the command's body; then where it stands.
void write_programme(JsonWriter& out, const ledger::Programme& programme) {
    out.member("ref", fmt::format("{}@{}", programme.slug, programme.version))
        .member("slug", programme.slug)
        .member("version", std::uint64_t{programme.version})
        .member("owner", programme.owner);
    write_bilingual(out, "title", programme.title_zh, programme.title_en);
    out.member("utc_offset_minutes", count(programme.utc_offset_minutes));
    write_texts(out, "schemes", programme.schemes);
    write_members(out, "earners", programme.earners);
    out.member("sponsor", programme.sponsor.empty() ? "provider" : programme.sponsor)
        .name("rate")
        .open_object()
        .amount_member("points", programme.rate_points)
        .amount_member("grams", programme.rate_grams)
        .close_object()
        .member("delay_days", count(programme.delay_days))
        .member("validity_days", count(programme.validity_days))
        .member("expiry", programme.expires_by_month ? "month" : "day");
    write_cap(out, "cap_day", programme.cap_day);
    write_cap(out, "cap_month", programme.cap_month);
    write_members(out, "merchants", programme.merchants);
    out.member("on_revoke", programme.take_back ? "take_back" : "keep")
        .member("refund_grace_days", count(programme.refund_grace_days))
        .name("clearing")
        .open_object()
        .member("currency", programme.currency)
        .amount_member("micro_per_point", programme.micro_per_point)
        .close_object()
        .member("leaf_index", programme.leaf);
    write_time(out, "time", programme.time);
}

void write_limit(JsonWriter& out, const ledger::OfferTerms& terms) {
    out.name("limit");
    if (terms.limit_window == ledger::LimitWindow::none) {
        out.null();
        return;
    }
    out.open_object()
        .member("units", std::uint64_t{terms.limit_units})
        .member("window", name_of(terms.limit_window))
        .close_object();
}

void write_stock(JsonWriter& out, const ledger::Offer& offer) {
    out.name("stock");
    if (!offer.limited) {
        out.null();
        return;
    }
    out.open_object()
        .amount_member("remaining", offer.remaining)
        .amount_member("supplied", offer.supplied)
        .amount_member("reserved", offer.reserved)
        .amount_member("returned", offer.returned)
        .close_object();
}

// A voucher may be handed over once the leaf that confirmed it is certified.
std::string_view release_of(const ledger::View& view, ledger::LeafIndex confirmed) {
    const auto certificate = view.certificate();
    return certificate && confirmed < certificate->size ? "released" : "waiting";
}

using Steps = std::vector<std::pair<ledger::LeafIndex, ledger::RedemptionStep>>;

// REQUIRES: it was confirmed.
ledger::LeafIndex confirming_leaf(const Steps& steps) {
    const auto confirmed = std::ranges::find_if(steps, [](const auto& step) {
        return step.second.type == "redemption.confirm";
    });
    assert(confirmed != steps.end());
    return confirmed->first;
}

void write_steps(JsonWriter& out, const Steps& steps) {
    out.name("steps").open_array();
    for (const auto& [leaf, step] : steps) {
        out.open_object();
        write_text_or_null(out, "command", step.command.is_zero() ? "" : step.command.hex());
        out.member("type", step.type).member("leaf_index", leaf);
        write_time(out, "time", step.time);
        out.close_object();
    }
    out.close_array();
}

void write_voucher(
    JsonWriter& out,
    const ledger::View& view,
    const ledger::Redemption& redemption,
    const Steps& steps
) {
    out.name("voucher");
    if (!redemption.voucher) {
        out.null();
        return;
    }
    out.open_object()
        .member("commitment", redemption.voucher->hex())
        .member("release", release_of(view, confirming_leaf(steps)))
        .close_object();
}

}  // namespace

std::string programme_json(const ledger::Programme& programme) {
    JsonWriter out;
    out.open_object();
    write_programme(out, programme);
    return out.close_object().take();
}

void write_supply(JsonWriter& out, const ledger::PointsSupply& supply) {
    out.amount_member("awarded", supply.awarded)
        .amount_member("pending", supply.pending)
        .amount_member("available", supply.available)
        .amount_member("held", supply.held)
        .amount_member("frozen", supply.frozen)
        .amount_member("redeemed", supply.redeemed)
        .amount_member("expired", supply.expired)
        .amount_member("revoked", supply.revoked)
        .member("conserved", supply.conserved());
}

std::string programme_with_supply_json(
    const ledger::View& view, const ledger::Programme& programme
) {
    JsonWriter out;
    out.open_object();
    write_programme(out, programme);
    out.name("supply").open_object();
    write_supply(out, view.points_supply(programme.slug).value_or(ledger::PointsSupply{}));
    out.close_object().name("unbacked").open_array();
    for (const auto& [sponsor, points] : view.unbacked(programme.slug)) {
        out.open_object().member("sponsor", sponsor).amount_member("points", points).close_object();
    }
    return out.close_array().close_object().take();
}

bool is_open(const ledger::Offer& offer, ledger::TimeMs now) {
    return !offer.closed && offer.terms.opens_at <= now && now < offer.terms.closes_at;
}

std::string offer_json(const ledger::View& view, std::string_view id, const ledger::Offer& offer) {
    const ledger::OfferTerms& terms = offer.terms;
    JsonWriter out;
    out.open_object()
        .member("offer", id)
        .member("merchant", offer.merchant)
        .member("programme", offer.programme)
        .member("revision", std::uint64_t{offer.revision})
        .member("state", offer.closed ? "closed" : "open")
        .member("open", is_open(offer, view.head().time));
    write_bilingual(out, "title", terms.title_zh, terms.title_en);
    out.amount_member("price", terms.price);
    write_time(out, "opens_at", terms.opens_at);
    write_time(out, "closes_at", terms.closes_at);
    write_limit(out, terms);
    out.member("cooldown_s", count(terms.cooldown_s))
        .member("quantity_max", std::uint64_t{terms.quantity_max})
        .member("hold_s_max", count(terms.hold_s_max))
        .member("refund_days", count(terms.refund_days))
        .member("terms", terms.terms.hex());
    write_stock(out, offer);
    out.member("leaf_index", offer.leaf);
    write_time(out, "time", offer.time);
    return out.close_object().take();
}

std::string redemption_json(
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::Redemption& redemption,
    bool named
) {
    const Steps steps = view.steps(id);
    JsonWriter out;
    out.open_object().member("id", id.hex()).member("state", name_of(redemption.state));
    write_text_or_null(out, "account", named ? redemption.account.text() : "");
    out.member("offer", redemption.offer)
        .member("merchant", merchant_of(redemption))
        .member("programme", redemption.programme)
        .member("revision", std::uint64_t{redemption.revision})
        .member("quantity", std::uint64_t{redemption.quantity})
        .amount_member("points", redemption.points)
        .amount_member("confirmed", redemption.confirmed)
        .amount_member("refunded", redemption.refunded);
    write_time(out, "reserved_at", redemption.reserved_at);
    write_time(out, "hold_until", redemption.hold_until);
    write_time_or_null(out, "confirmed_at", redemption.confirmed_at);
    out.name("refund_until");
    if (redemption.confirmed_at == 0) {
        out.null();
    } else {
        out.integer(count(redemption.confirmed_at + redemption.refund_days * ledger::ms_per_day));
    }
    write_voucher(out, view, redemption, steps);
    write_steps(out, steps);
    return out.close_object().take();
}

std::string hold_json(const ledger::CommandId& id, const ledger::Redemption& redemption) {
    JsonWriter out;
    out.open_object()
        .member("redemption", id.hex())
        .member("offer", redemption.offer)
        .member("programme", redemption.programme)
        .member("quantity", std::uint64_t{redemption.quantity})
        .amount_member("points", redemption.points);
    write_time(out, "hold_until", redemption.hold_until);
    return out.close_object().take();
}

std::string voucher_json(
    const ledger::View& view,
    const ledger::Hash& commitment,
    const ledger::CommandId& id,
    const ledger::Redemption& redemption
) {
    const ledger::LeafIndex leaf = confirming_leaf(view.steps(id));
    JsonWriter out;
    out.open_object()
        .member("commitment", commitment.hex())
        .member("offer", redemption.offer)
        .member("merchant", merchant_of(redemption))
        .amount_member("points", redemption.confirmed - redemption.refunded)
        .member("leaf_index", leaf)
        .member("release", release_of(view, leaf));
    return out.close_object().take();
}

std::string month_text(ledger::Month month) {
    return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1);
}

}  // namespace tanji::api
