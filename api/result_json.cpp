#include "api/result_json.h"

#include "api/json.h"

namespace tanji::api {
namespace {

using ledger::JsonWriter;

constexpr std::size_t inline_conflicts_max = 100;

}  // namespace

std::string result_json(
    const ledger::Leaf& leaf,
    const ledger::JsonValue* body,
    const std::vector<std::string>* conflicts
) {
    const ledger::Effects& effects = leaf.effects;
    JsonWriter out;
    out.open_object().member("id", leaf.id.hex());
    if (effects.batch) {
        out.member("state", effects.batch->state);
        if (const auto& issue = effects.batch->issue) {
            out.amount_member("grams", issue->grams)
                .amount_member("reserved", issue->reserved)
                .amount_member("points", issue->points)
                .amount_member("first", issue->first)
                .amount_member("last", issue->last);
        }
    }
    if (effects.retirement) {
        out.amount_member("first", effects.retirement->first)
            .amount_member("last", effects.retirement->last);
    }
    if (effects.document) {
        out.member("ref", effects.document->ref).member("digest", effects.document->digest.hex());
    }
    if (effects.counts) {
        const auto& counts = *effects.counts;
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
    if (effects.counted_ug) {
        out.amount_member("counted_ug", *effects.counted_ug);
    }
    if (effects.conflicts && conflicts != nullptr) {
        out.name("conflicts").open_array();
        for (std::size_t i = 0; i < conflicts->size() && i < inline_conflicts_max; ++i) {
            out.raw((*conflicts)[i]);
        }
        out.close_array();
    }
    if (leaf.type == "activity.revoke") {
        ledger::Int128 reversed = 0;
        for (const ledger::Move& move : effects.credits) {
            reversed += move.to == "reversed" ? move.amount : 0;
        }
        out.amount_member("reversed", reversed)
            .amount_member("owed", effects.obligation ? effects.obligation->owed : 0);
    }
    if (body != nullptr && body->find("account") != nullptr) {
        write_value(out, "account", body->find("account"));
    }
    return out.close_object().take();
}

}  // namespace tanji::api
