#include "api/result_json.h"

#include "api/json.h"

namespace tanji::api {
namespace {

using ledger::JsonWriter;

constexpr std::size_t inline_conflicts_max = 100;

ledger::Int128 moved(
    const std::vector<ledger::Move>& moves, std::string_view from, std::string_view to
) {
    ledger::Int128 sum = 0;
    for (const ledger::Move& move : moves) {
        const bool wanted = (from.empty() || move.from == from) && move.to == to;
        sum += wanted ? ledger::Int128{move.amount} : 0;
    }
    return sum;
}

void write_batch(JsonWriter& out, const ledger::BatchEffect& batch) {
    out.member("state", batch.state);
    if (const auto& issue = batch.issue) {
        out.amount_member("grams", issue->grams)
            .amount_member("reserved", issue->reserved)
            .amount_member("points", issue->points)
            .amount_member("first", issue->first)
            .amount_member("last", issue->last);
    }
}

void write_counts(JsonWriter& out, const ledger::CountsEffect& counts) {
    out.name("counts")
        .open_object()
        .member("counted", counts.counted)
        .member("cut", counts.cut)
        .member("capped", counts.capped)
        .member("zero", counts.zero)
        .member("ineligible", counts.ineligible)
        .member("conflict", counts.conflict)
        .close_object();
}

// What the members of the public part say, in the order asked for.
void write_public(
    JsonWriter& out, const ledger::Leaf& leaf, std::initializer_list<std::string_view> names
) {
    for (const std::string_view name : names) {
        write_value(out, name, leaf.public_part.find(name));
    }
}

void write_clearing(JsonWriter& out, const std::vector<ledger::ClearingEffect>& clearing) {
    out.name("clearing").open_array();
    for (const ledger::ClearingEffect& owed : clearing) {
        out.open_object()
            .member("programme", owed.unit)
            .member("debtor", owed.debtor)
            .member("creditor", owed.creditor)
            .amount_member("points", owed.points)
            .amount_member("value", owed.value)
            .close_object();
    }
    out.close_array();
}

// What a step did to the points: how many, and where those went that are not the merchant's.
void write_points(JsonWriter& out, const ledger::Leaf& leaf, std::string_view from) {
    const std::vector<ledger::Move>& moves = leaf.effects.points;
    out.member("programme", moves.empty() ? std::string() : moves.front().unit);
    if (leaf.type != "redemption.release") {
        write_public(out, leaf, {"points"});
    }
    out.amount_member("returned", moved(moves, from, "available"))
        .amount_member("expired", moved(moves, from, "expired"));
}

void write_redemption(JsonWriter& out, const ledger::Leaf& leaf) {
    const ledger::RedemptionEffect& effect = *leaf.effects.redemption;
    out.member("id", effect.id.hex()).member("state", effect.state);
    if (leaf.type == "redemption.reserve") {
        write_public(out, leaf, {"offer"});
        const auto& moves = leaf.effects.points;
        out.member("programme", moves.empty() ? std::string() : moves.front().unit);
        write_public(out, leaf, {"quantity", "points"});
        write_time(out, "hold_until", effect.until.value_or(0));
        return;
    }
    write_points(out, leaf, leaf.type == "redemption.refund" ? "redeemed" : "held");
    if (leaf.type == "redemption.confirm") {
        write_public(out, leaf, {"voucher"});
    }
    if (leaf.type != "redemption.release") {
        write_clearing(out, leaf.effects.clearing);
    }
}

}  // namespace

std::string result_json(
    const ledger::Leaf& leaf, const ledger::JsonValue* body, const Recorded* recorded
) {
    const ledger::Effects& effects = leaf.effects;
    JsonWriter out;
    out.open_object();
    if (effects.redemption) {
        write_redemption(out, leaf);
        return out.close_object().take();
    }
    out.member("id", leaf.id.hex());
    if (effects.batch) {
        write_batch(out, *effects.batch);
    }
    if (effects.retirement) {
        out.amount_member("first", effects.retirement->first)
            .amount_member("last", effects.retirement->last);
    }
    if (effects.document) {
        out.member("ref", effects.document->ref).member("digest", effects.document->digest.hex());
    }
    if (effects.programme) {
        out.member("programme", effects.programme->slug)
            .member("version", effects.programme->version);
    }
    if (effects.offer) {
        out.member("offer", effects.offer->id)
            .member("revision", effects.offer->revision)
            .member("state", effects.offer->state);
    }
    if (effects.counts) {
        write_counts(out, *effects.counts);
    }
    if (effects.counted_ug) {
        out.amount_member("counted_ug", *effects.counted_ug);
    }
    if (effects.conflicts && recorded != nullptr) {
        out.name("conflicts").open_array();
        for (std::size_t i = 0; i < recorded->conflicts.size() && i < inline_conflicts_max; ++i) {
            out.raw(recorded->conflicts[i]);
        }
        out.close_array();
    }
    if (leaf.type == "activity.revoke") {
        out.amount_member("reversed", moved(effects.credits, "", "reversed"))
            .amount_member("owed", effects.obligation ? effects.obligation->owed : 0)
            .amount_member("points_revoked", moved(effects.points, "", "revoked"));
        if (recorded != nullptr) {
            out.amount_member("unbacked", recorded->unbacked);
        }
    }
    if (body != nullptr && body->find("account") != nullptr) {
        write_value(out, "account", body->find("account"));
    }
    return out.close_object().take();
}

}  // namespace tanji::api
