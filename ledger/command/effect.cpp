#include "ledger/command/effect.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::uint64_t number_max = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t moves_max = 4'096;
constexpr std::size_t unit_bytes_max = 128;

// --- Writing. ------------------------------------------------------------------------------------

void write(JsonWriter& out, const CountRoot& tree) {
    out.open_object().member("count", tree.count).member("root", tree.root.hex()).close_object();
}

void write(JsonWriter& out, const std::vector<Move>& moves) {
    out.open_array();
    for (const Move& move : moves) {
        out.open_object().member("unit", move.unit).member("from", move.from).member("to", move.to);
        out.amount_member("amount", move.amount).close_object();
    }
    out.close_array();
}

void write(JsonWriter& out, const BatchEffect& batch) {
    out.open_object().member("id", batch.id.hex()).member("state", batch.state);
    if (batch.issue) {
        out.amount_member("grams", batch.issue->grams);
        out.amount_member("reserved", batch.issue->reserved);
        out.amount_member("points", batch.issue->points);
        out.amount_member("first", batch.issue->first);
        out.amount_member("last", batch.issue->last);
    }
    out.close_object();
}

void write(JsonWriter& out, const RedemptionEffect& redemption) {
    out.open_object().member("id", redemption.id.hex()).member("state", redemption.state);
    if (redemption.until) {
        out.member("until", static_cast<std::uint64_t>(*redemption.until));
    }
    out.close_object();
}

void write(JsonWriter& out, const RetirementEffect& retirement) {
    out.open_object().member("id", retirement.id.hex());
    out.amount_member("first", retirement.first).amount_member("last", retirement.last);
    out.close_object();
}

void write(JsonWriter& out, const DocumentEffect& document) {
    out.open_object().member("ref", document.ref).member("digest", document.digest.hex());
    out.close_object();
}

void write(JsonWriter& out, const ProgrammeEffect& programme) {
    out.open_object().member("slug", programme.slug).member("version", programme.version);
    out.close_object();
}

void write(JsonWriter& out, const OfferEffect& offer) {
    out.open_object().member("id", offer.id).member("revision", offer.revision);
    out.member("state", offer.state).close_object();
}

void write(JsonWriter& out, const ObligationEffect& obligation) {
    out.open_object().member("member", obligation.member).member("scheme", obligation.scheme);
    out.amount_member("owed", obligation.owed).close_object();
}

void write(JsonWriter& out, const CountsEffect& counts) {
    out.open_object().member("counted", counts.counted).member("cut", counts.cut);
    out.member("capped", counts.capped).member("zero", counts.zero);
    out.member("ineligible", counts.ineligible).member("conflict", counts.conflict).close_object();
}

void write(JsonWriter& out, const std::vector<ClearingEffect>& entries) {
    out.open_array();
    for (const ClearingEffect& entry : entries) {
        out.open_object().member("unit", entry.unit).member("debtor", entry.debtor);
        out.member("creditor", entry.creditor).amount_member("points", entry.points);
        out.amount_member("value", entry.value).close_object();
    }
    out.close_array();
}

void write(JsonWriter& out, const PolicyEffect& policy) {
    out.open_object().member("version", policy.version).member("digest", policy.digest.hex());
    out.close_object();
}

template <typename Member>
void write_member(JsonWriter& out, std::string_view name, const std::optional<Member>& member) {
    if (member) {
        write(out.name(name), *member);
    }
}

template <typename Element>
void write_member(JsonWriter& out, std::string_view name, const std::vector<Element>& members) {
    if (!members.empty()) {
        write(out.name(name), members);
    }
}

// --- Reading. ------------------------------------------------------------------------------------

std::string read_word(JsonReader& in, std::string_view name) {
    std::string word = in.text(name, 64);
    if (!is_word(word)) {
        in.fault(name, "is not [a-z][a-z0-9_-]{0,63}");
    }
    return word;
}

std::uint64_t read_number(JsonReader& in, std::string_view name) {
    return in.integer(name, 0, number_max);
}

CountRoot read_count_root(JsonReader& in) {
    CountRoot tree;
    tree.count = read_number(in, "count");
    tree.root = in.digest("root");
    return tree;
}

Move read_move(JsonReader& in) {
    Move move;
    move.unit = in.text("unit", unit_bytes_max);
    move.from = read_word(in, "from");
    move.to = read_word(in, "to");
    move.amount = in.amount("amount");
    return move;
}

BatchEffect read_batch(JsonReader& in, const JsonValue& value) {
    BatchEffect batch;
    batch.id = in.id("id");
    batch.state = read_word(in, "state");
    if (value.find("grams") != nullptr) {
        batch.issue.emplace();
        batch.issue->grams = in.amount_or_zero("grams");
        batch.issue->reserved = in.amount_or_zero("reserved");
        batch.issue->points = in.amount_or_zero("points");
        batch.issue->first = in.amount_or_zero("first");
        batch.issue->last = in.amount_or_zero("last");
    }
    return batch;
}

RedemptionEffect read_redemption(JsonReader& in, const JsonValue& value) {
    RedemptionEffect redemption;
    redemption.id = in.id("id");
    redemption.state = read_word(in, "state");
    if (value.find("until") != nullptr) {
        const std::uint64_t until = in.integer("until", 0, static_cast<std::uint64_t>(time_ms_max));
        redemption.until = static_cast<TimeMs>(until);
    }
    return redemption;
}

RetirementEffect read_retirement(JsonReader& in) {
    RetirementEffect retirement;
    retirement.id = in.id("id");
    retirement.first = in.amount("first");
    retirement.last = in.amount("last");
    return retirement;
}

DocumentEffect read_document(JsonReader& in) {
    DocumentEffect document;
    document.ref = in.ref("ref");
    document.digest = in.digest("digest");
    return document;
}

ProgrammeEffect read_programme(JsonReader& in) {
    ProgrammeEffect programme;
    programme.slug = in.slug("slug");
    programme.version = read_number(in, "version");
    return programme;
}

OfferEffect read_offer(JsonReader& in) {
    OfferEffect offer;
    offer.id = in.text("id", unit_bytes_max);
    offer.revision = read_number(in, "revision");
    offer.state = read_word(in, "state");
    return offer;
}

ObligationEffect read_obligation(JsonReader& in) {
    ObligationEffect obligation;
    obligation.member = in.slug("member");
    obligation.scheme = in.slug("scheme");
    obligation.owed = in.amount_or_zero("owed");
    return obligation;
}

CountsEffect read_counts(JsonReader& in) {
    CountsEffect counts;
    counts.counted = read_number(in, "counted");
    counts.cut = read_number(in, "cut");
    counts.capped = read_number(in, "capped");
    counts.zero = read_number(in, "zero");
    counts.ineligible = read_number(in, "ineligible");
    counts.conflict = read_number(in, "conflict");
    return counts;
}

ClearingEffect read_clearing(JsonReader& in) {
    ClearingEffect entry;
    entry.unit = in.text("unit", unit_bytes_max);
    entry.debtor = in.slug("debtor");
    entry.creditor = in.slug("creditor");
    entry.points = in.amount_or_zero("points");
    entry.value = in.amount_or_zero("value");
    return entry;
}

std::uint64_t read_membership(JsonReader& in) {
    return read_number(in, "number");
}

PolicyEffect read_policy(JsonReader& in) {
    PolicyEffect policy;
    policy.version = read_number(in, "version");
    policy.digest = in.digest("digest");
    return policy;
}

// The member of `in` read by `read`, if it is there.
template <typename Member>
void read_member(
    JsonReader& in,
    const JsonValue& value,
    std::string_view name,
    std::optional<Member>& member,
    const auto& read
) {
    if (value.find(name) == nullptr) {
        return;
    }
    const JsonValue& inner = *in.member(name);
    JsonReader reader(inner, in.pointer(name), in.faults());
    if constexpr (std::is_invocable_v<decltype(read), JsonReader&, const JsonValue&>) {
        member = read(reader, inner);
    } else {
        member = read(reader);
    }
    reader.finish();
}

template <typename Element>
void read_elements(
    JsonReader& in,
    const JsonValue& value,
    std::string_view name,
    std::vector<Element>& elements,
    const auto& read
) {
    if (value.find(name) == nullptr) {
        return;
    }
    for (const JsonValue& element : in.elements(name, 1, moves_max)) {
        const std::string pointer = fmt::format("{}/{}", in.pointer(name), elements.size());
        JsonReader reader(element, pointer, in.faults());
        elements.push_back(read(reader));
        reader.finish();
    }
}

void check_sorted(JsonReader& in, std::string_view name, const std::vector<Move>& moves) {
    const auto out_of_order = [](const Move& a, const Move& b) {
        return std::tie(a.unit, a.from, a.to) >= std::tie(b.unit, b.from, b.to);
    };
    if (std::ranges::adjacent_find(moves, out_of_order) != moves.end()) {
        in.fault(name, "is not sorted by unit, from and to");
    }
}

}  // namespace

void write(JsonWriter& out, const Effects& effects) {
    out.open_object();
    write_member(out, "batch", effects.batch);
    write_member(out, "redemption", effects.redemption);
    write_member(out, "retirement", effects.retirement);
    write_member(out, "document", effects.document);
    write_member(out, "programme", effects.programme);
    write_member(out, "offer", effects.offer);
    write_member(out, "obligation", effects.obligation);
    write_member(out, "counts", effects.counts);
    if (effects.counted_ug) {
        out.amount_member("counted_ug", *effects.counted_ug);
    }
    if (effects.results_root) {
        out.member("results_root", effects.results_root->hex());
    }
    write_member(out, "conflicts", effects.conflicts);
    write_member(out, "credits", effects.credits);
    write_member(out, "points", effects.points);
    write_member(out, "clearing", effects.clearing);
    write_member(out, "lines", effects.lines);
    write_member(out, "allocations", effects.allocations);
    if (effects.membership) {
        out.name("membership").open_object().member("number", *effects.membership).close_object();
    }
    write_member(out, "policy", effects.policy);
    out.close_object();
}

Effects read_effects(const JsonValue& value, const std::string& pointer, JsonFaults& faults) {
    JsonReader in(value, pointer, faults);
    Effects effects;
    read_member(in, value, "batch", effects.batch, read_batch);
    read_member(in, value, "redemption", effects.redemption, read_redemption);
    read_member(in, value, "retirement", effects.retirement, read_retirement);
    read_member(in, value, "document", effects.document, read_document);
    read_member(in, value, "programme", effects.programme, read_programme);
    read_member(in, value, "offer", effects.offer, read_offer);
    read_member(in, value, "obligation", effects.obligation, read_obligation);
    read_member(in, value, "counts", effects.counts, read_counts);
    if (value.find("counted_ug") != nullptr) {
        effects.counted_ug = in.signed_amount("counted_ug");
    }
    if (value.find("results_root") != nullptr) {
        effects.results_root = in.digest("results_root");
    }
    read_member(in, value, "conflicts", effects.conflicts, read_count_root);
    read_elements(in, value, "credits", effects.credits, read_move);
    read_elements(in, value, "points", effects.points, read_move);
    read_elements(in, value, "clearing", effects.clearing, read_clearing);
    read_member(in, value, "lines", effects.lines, read_count_root);
    read_member(in, value, "allocations", effects.allocations, read_count_root);
    read_member(in, value, "membership", effects.membership, read_membership);
    read_member(in, value, "policy", effects.policy, read_policy);
    check_sorted(in, "credits", effects.credits);
    check_sorted(in, "points", effects.points);
    in.finish();
    return effects;
}

}  // namespace tanji::ledger
