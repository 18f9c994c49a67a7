#include "ledger/replay.h"
#include "ledger/replay_leaf.h"

#include <algorithm>

// The life of a batch as its leaves tell it.
namespace tanji::ledger {

namespace {

const Scheme* scheme_of(const Genesis& genesis, std::string_view scheme) {
    const auto found = std::ranges::find(genesis.schemes, scheme, &Scheme::scheme);
    return found != genesis.schemes.end() ? &*found : nullptr;
}

// scheme:methodology:region:year. The year is local to the methodology, whose offset is not looked
// at here: in the hours around New Year two classes are possible.
std::array<std::string, 2> possible_classes(const BatchHeader& header) {
    const auto with_offset = [&](int offset_minutes) {
        return fmt::format(
            "{}:{}:{}:{:04}",
            header.scheme,
            header.methodology,
            header.region,
            civil_from_day(local_day(header.period_start, offset_minutes)).year
        );
    };
    constexpr int farthest = 14 * 60;
    return {with_offset(-farthest), with_offset(farthest)};
}

}  // namespace

Status Replay::feed_submit(const Leaf& leaf, const Command& command) {
    JsonFaults faults;
    const BatchHeader header = read_batch_header(command.body, "/body", faults);
    if (faults.any()) {
        return faults.refusal();
    }
    const auto methodology = methodologies_.find(header.methodology);
    if (methodology == methodologies_.end() ||
        methodology->second.digest != header.methodology_digest) {
        return lie("{} was not published with that digest", header.methodology);
    }
    const auto factors = factor_sets_.find(header.factors);
    if (factors == factor_sets_.end() || factors->second.digest != header.factors_digest) {
        return lie("{} was not published with that digest", header.factors);
    }
    if (!signed_by(genesis_, leaf, header.provider)) {
        return lie("no key of its provider {} signed it", header.provider);
    }
    const auto& counts = leaf.effects.counts;
    const auto& state = leaf.effects.batch;
    if (!state || state->id != leaf.id || state->state != "submitted" || !counts ||
        !leaf.effects.counted_ug) {
        return lie("a submitted batch has a state, counts and micrograms");
    }
    const std::uint64_t all = counts->counted + counts->cut + counts->capped + counts->zero +
                              counts->ineligible + counts->conflict;
    if (all != header.count) {
        return lie("it counts {} outcomes of {} records", all, header.count);
    }
    const std::uint64_t conflicts = leaf.effects.conflicts ? leaf.effects.conflicts->count : 0;
    if (conflicts != counts->conflict) {
        return lie("it has {} conflicts and {} receipts of them", counts->conflict, conflicts);
    }
    Batch batch;
    batch.state = state->state;
    batch.provider = header.provider;
    batch.scheme = header.scheme;
    batch.methodology = header.methodology;
    batch.programme = header.programme.value_or("");
    batch.classes = possible_classes(header);
    batch.counted_ug = *leaf.effects.counted_ug;
    batch.count = header.count;
    batches_.emplace(leaf.id, std::move(batch));
    records_ += header.count;
    return {};
}

Status Replay::feed_attest(const Leaf& leaf, const Command& command) {
    const auto id = CommandId::from_hex(text_in(command.body, "batch"));
    const auto found = id ? batches_.find(*id) : batches_.end();
    const auto& effect = leaf.effects.batch;
    if (found == batches_.end() || !effect || effect->id != *id) {
        return lie("it attests a batch that was never submitted");
    }
    Batch& batch = found->second;
    if (batch.state != "submitted") {
        return lie("batch {} was {} already", id->hex(), batch.state);
    }
    const bool independent = std::ranges::any_of(genesis_.members, [&](const Member& member) {
        return member.member != batch.provider && signed_by(genesis_, leaf, member.member) &&
               member.grant(Role::verifier, slug_of(batch.methodology), leaf.time) != nullptr;
    });
    if (!independent) {
        return lie("no verifier for {} other than its provider signed it", batch.methodology);
    }
    const bool rejected = text_in(command.body, "verdict") == "reject";
    if (effect->state != (rejected ? "rejected" : "issued")) {
        return lie("batch {} is {} after that verdict", id->hex(), effect->state);
    }
    batch.state = effect->state;
    return rejected ? Status() : feed_issue(leaf, batch);
}

// Grams, reserve and serials of an issue agree with each other, with the moves and with the class.
Status Replay::feed_issue(const Leaf& leaf, Batch& batch) {
    const auto& issue = leaf.effects.batch->issue;
    if (!issue) {
        return lie("an issue says its grams");
    }
    // Where losses count, the sum of all accounts may be less than what the gainers get.
    const bool net = methodologies_.at(batch.methodology).net;
    if (!net && Int128{issue->grams} * micrograms_per_gram > batch.counted_ug) {
        return lie("{} grams are more than its records count", issue->grams);
    }
    if (auto award = points_.feed_award(leaf, batch.programme, issue->points); !award) {
        return award;
    }
    batch.grams = issue->grams;
    const Scheme* scheme = scheme_of(genesis_, batch.scheme);
    const Amount reserved = moved(leaf, "issued", "reserved");
    const Amount booked = moved(leaf, "issued", "held") + reserved;
    if (scheme == nullptr || !scheme->credits) {
        return booked == 0 ? Status() : lie("{} books no credits", batch.scheme);
    }
    for (const Move& move : leaf.effects.credits) {
        if (move.from == "issued" && std::ranges::count(batch.classes, move.unit) == 0) {
            return lie("it issues {}, its batch is of {}", move.unit, batch.classes[0]);
        }
        if (move.from == "issued") {
            batch.credit_class = move.unit;
        }
    }
    if (booked != issue->grams || reserved != issue->reserved) {
        return lie("it issues {} grams and books {}", issue->grams, booked);
    }
    if (issue->grams == 0) {
        return {};
    }
    const Amount issued = classes_[batch.credit_class].issued;
    if (issue->last != issued || issue->first != issued - issue->grams + 1) {
        return lie(
            "serials {}-{} do not follow {}", issue->first, issue->last, issued - issue->grams
        );
    }
    return {};
}

Status Replay::feed_revoke(const Leaf& leaf, const Command& command) {
    const auto id = CommandId::from_hex(text_in(command.body, "batch"));
    const auto found = id ? batches_.find(*id) : batches_.end();
    const auto& effect = leaf.effects.batch;
    if (found == batches_.end() || !effect || effect->id != *id) {
        return lie("it revokes a batch that was never submitted");
    }
    Batch& batch = found->second;
    if (batch.state != "issued" && batch.state != "revoked") {
        return lie("batch {} was {}, not issued", id->hex(), batch.state);
    }
    batch.state = effect->state;
    const Amount reversed = moved(leaf, "held", "reversed") + moved(leaf, "reserved", "reversed");
    Amount owed_before = 0;
    if (const auto& owed = leaf.effects.obligation) {
        owed_before = owed_[{owed->scheme, owed->member}];
        if (owed->scheme != batch.scheme || owed->member != batch.provider ||
            owed->owed < owed_before) {
            return lie("{} owes {} in {}", owed->member, owed->owed, owed->scheme);
        }
        owed_[{owed->scheme, owed->member}] = owed->owed;
        batch.revoked += owed->owed - owed_before;
    }
    batch.revoked += reversed;
    if (batch.revoked > batch.grams) {
        return lie("{} grams were revoked of {}", batch.revoked, batch.grams);
    }
    return {};
}

Status Replay::feed_lapse(const Leaf& leaf) {
    const JsonValue* objects = leaf.public_part.find("objects");
    if (objects == nullptr || objects->array() == nullptr) {
        return lie("it names no batches");
    }
    for (const JsonValue& object : *objects->array()) {
        const auto id = object.string() != nullptr ? CommandId::from_hex(*object.string())
                                                   : std::optional<CommandId>();
        const auto found = id ? batches_.find(*id) : batches_.end();
        if (found == batches_.end() || found->second.state != "submitted") {
            return lie("a batch lapses that was not waiting");
        }
        found->second.state = "lapsed";
    }
    return {};
}

}  // namespace tanji::ledger
