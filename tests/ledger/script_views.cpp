// What leaves and states say, as pairs of words.
#include "ledger/store/schema.h"
#include "tests/ledger/script.h"
#include "tests/ledger/script_text.h"

#include <algorithm>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

using Facts = std::map<std::string, std::string>;

void add_counts(Facts& facts, const CountsEffect& counts) {
    facts["counted"] = std::to_string(counts.counted);
    facts["cut"] = std::to_string(counts.cut);
    facts["capped"] = std::to_string(counts.capped);
    facts["zero"] = std::to_string(counts.zero);
    facts["ineligible"] = std::to_string(counts.ineligible);
    facts["conflict"] = std::to_string(counts.conflict);
}

void add_issue(Facts& facts, const IssueEffect& issue) {
    facts["grams"] = std::to_string(issue.grams);
    facts["reserved"] = std::to_string(issue.reserved);
    facts["points"] = std::to_string(issue.points);
    facts["serials"] = fmt::format("{}-{}", issue.first, issue.last);
}

// Points by where they went, and what one member owes another for them.
void add_points(Facts& facts, const Effects& effects) {
    std::map<std::string, Amount> sums = {
        {"pending", 0},
        {"available", 0},
        {"held", 0},
        {"redeemed", 0},
        {"expired", 0},
        {"revoked", 0},
    };
    for (const Move& move : effects.points) {
        sums[move.to] += move.amount;
    }
    for (const auto& [bucket, amount] : sums) {
        facts[bucket] = std::to_string(amount);
    }
    std::set<std::string> debts;
    for (const ClearingEffect& each : effects.clearing) {
        debts.insert(fmt::format("{}>{}:{}:{}", each.debtor, each.creditor, each.points, each.value)
        );
    }
    const std::string owes = fmt::format("{}", fmt::join(debts, "+"));
    facts["owes"] = owes.empty() ? "none" : owes;
}

void add_objects(Facts& facts, const Effects& effects) {
    if (effects.batch) {
        facts["state"] = effects.batch->state;
    }
    if (effects.redemption) {
        facts["state"] = effects.redemption->state;
        facts["until"] =
            effects.redemption->until ? local_text(*effects.redemption->until) : "none";
    }
    if (effects.programme) {
        facts["version"] = std::to_string(effects.programme->version);
    }
    if (effects.offer) {
        facts["state"] = effects.offer->state;
        facts["revision"] = std::to_string(effects.offer->revision);
    }
    if (effects.retirement) {
        facts["serials"] =
            fmt::format("{}-{}", effects.retirement->first, effects.retirement->last);
    }
}

struct StoredDeficit {
    Int128 micrograms = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(micrograms);
    }
};

std::string month_text(Month month) {
    return fmt::format("{}-{:02}", month / 12, month % 12 + 1);
}

// One system leaf as `KIND WHAT`.
std::string sweep_text(const Leaf& leaf, const std::map<std::string, std::string>& names) {
    std::vector<std::string> parts;
    std::string objects;
    for (const JsonValue& each : *leaf.public_part.find("objects")->array()) {
        const auto name = names.find(*each.string());
        objects += " " + (name == names.end() ? *each.string() : name->second);
    }
    if (objects.size() > 200) {
        objects = fmt::format(" {} of them", leaf.public_part.find("objects")->array()->size());
    }
    std::string text = leaf.type + objects;
    for (const Move& move : leaf.effects.points) {
        text += fmt::format(", {} {} {}>{}", move.amount, move.unit, move.from, move.to);
    }
    return text;
}

}  // namespace

RowResult Script::result_of(const Done& done) const {
    RowResult result;
    if (!done.outcome) {
        result.code = name_of(done.outcome.error().code);
        return result;
    }
    const CommandOutcome& outcome = *done.outcome;
    result.code = outcome.applied() ? "ok" : std::string(name_of(outcome.error->code));
    result.replayed = outcome.replayed;
    result.leaf = outcome.leaf;
    auto& facts = result.facts;
    const Leaf& leaf = *done.leaf;
    facts["leaf"] = name_of(leaf.leaf_class);
    if (leaf.reason) {
        facts["reason"] = *leaf.reason;
    }
    if (leaf.index) {
        facts["index"] = std::to_string(*leaf.index);
    }
    const Effects& effects = leaf.effects;
    if (effects.counts) {
        add_counts(facts, *effects.counts);
    }
    if (effects.counted_ug) {
        facts["ug"] = to_text(*effects.counted_ug);
    }
    add_points(facts, effects);
    add_objects(facts, effects);
    if (effects.batch && effects.batch->issue) {
        add_issue(facts, *effects.batch->issue);
    }
    Amount reversed = 0;
    for (const Move& move : effects.credits) {
        reversed += move.to == "reversed" ? move.amount : 0;
    }
    facts["reversed"] = std::to_string(reversed);
    facts["owed"] = effects.obligation ? std::to_string(effects.obligation->owed) : "none";
    return result;
}

// The system leaves of the last block, all of them and in their order; or `nothing`.
void Script::check_sweep(std::string_view expected) const {
    std::map<std::string, std::string> names;
    for (const auto& [name, command] : sent_) {
        names[id_named(name).hex()] = name;
    }
    const auto view = world_.view();
    const auto block = view->block(view->head().block);
    ASSERT_TRUE(block);
    std::string seen;
    for (LeafIndex index = block->first; index < block->first + block->count; ++index) {
        const auto leaf = read_leaf(*view->leaf_text(index));
        if (leaf && leaf->leaf_class == LeafClass::system) {
            seen += (seen.empty() ? "" : "; ") + sweep_text(*leaf, names);
        }
    }
    std::string wanted;
    for (const std::string& word : words_of(expected)) {
        wanted += (wanted.empty() ? "" : " ") + word;
    }
    EXPECT_EQ(seen.empty() ? "nothing" : seen, wanted);
}

Facts Script::view_of_class(const std::string& credit_class) const {
    Facts seen;
    ClassSupply supply = world_.view()->credit_class(credit_class).value_or(ClassSupply{});
    for (int i = 0; i <= static_cast<int>(CreditBucket::reversed); ++i) {
        const auto bucket = static_cast<CreditBucket>(i);
        seen[std::string(name_of(bucket))] = std::to_string(supply[bucket]);
    }
    return seen;
}

Facts Script::view_of_account(const std::string& subject) {
    Facts seen;
    const Account holder = account(subject);
    seen["held"] = std::to_string(held(subject));
    for (const TestMethod& method : test_methods()) {
        seen[std::string(method.word)] = std::to_string(held(subject, method.word));
        const auto stored = world_.store().get(schema::deficit(holder.text(), method.slug));
        seen[fmt::format("{}_deficit", method.word)] =
            stored ? to_text(decoded<StoredDeficit>(*stored).micrograms) : "0";
    }
    seen["owed"] = std::to_string(find_obligation(world_.store(), holder.text(), "sz-ph").owed);
    const auto view = world_.view();
    seen["lines"] = std::to_string(view->history(holder.text(), std::nullopt, 1'000).size());
    seen["holds"] = std::to_string(view->holds(holder.text(), 1'000).size());
    return seen;
}

// `lots` lists them in the order of spending: EXPIRES/SPONSOR/AVAILABLE, with +PENDING if any is.
Facts Script::view_of_purse(const std::string& subject, const std::string& programme) const {
    Facts seen;
    const auto view = world_.view();
    const std::string holder = account(subject).text();
    Purse purse;
    for (const auto& [slug, each] : view->purses(holder)) {
        purse = slug == programme ? each : purse;
    }
    seen["pending"] = std::to_string(purse.pending);
    seen["available"] = std::to_string(purse.available);
    seen["held"] = std::to_string(purse.held);
    std::string lots;
    Amount usable = 0;
    for (const auto& [id, lot] : view->lots(holder)) {
        if (id.programme != programme) {
            continue;
        }
        lots += fmt::format(
            "{}{}/{}/{}",
            lots.empty() ? "" : ",",
            local_text(id.expires_at),
            id.sponsor,
            lot.available
        );
        if (lot.pending_points() > 0) {
            lots += fmt::format("+{}", lot.pending_points());
        }
        usable += world_.now < id.expires_at ? lot.available : 0;
    }
    seen["lots"] = lots.empty() ? "none" : lots;
    seen["usable"] = std::to_string(usable);
    return seen;
}

Facts Script::view_of_programme(const std::string& slug) const {
    Facts seen;
    const auto view = world_.view();
    PointsSupply supply = view->points_supply(slug).value_or(PointsSupply{});
    for (int i = 0; i <= static_cast<int>(PointsBucket::revoked); ++i) {
        const auto bucket = static_cast<PointsBucket>(i);
        seen[std::string(name_of(bucket))] = std::to_string(supply[bucket]);
    }
    seen["version"] = std::to_string(view->programme(slug)->version);
    Amount unbacked = 0;
    for (const auto& [sponsor, points] : view->unbacked(slug)) {
        seen[fmt::format("unbacked/{}", sponsor)] = std::to_string(points);
        unbacked += points;
    }
    seen["unbacked"] = std::to_string(unbacked);
    return seen;
}

Facts Script::view_of_offer(const Offer& offer) const {
    return {
        {"state", offer.closed ? "closed" : "open"},
        {"revision", std::to_string(offer.revision)},
        {"price", std::to_string(offer.terms.price)},
        {"stock", offer.limited ? std::to_string(offer.remaining) : "none"},
        {"supplied", std::to_string(offer.supplied)},
        {"reserved", std::to_string(offer.reserved)},
        {"returned", std::to_string(offer.returned)},
    };
}

Facts Script::view_of_redemption(const CommandId& id, const Redemption& redemption) const {
    const auto view = world_.view();
    bool vouched = false;
    if (redemption.voucher) {
        vouched = view->voucher(*redemption.voucher) == id;
        EXPECT_TRUE(vouched) << "the voucher's commitment leads elsewhere";
    }
    std::string steps;
    for (const auto& [leaf, step] : view->steps(id)) {
        const auto dot = step.type.find('.');
        steps += (steps.empty() ? "" : ",") + step.type.substr(dot + 1);
    }
    return {
        {"state", std::string(name_of(redemption.state))},
        {"offer", redemption.offer},
        {"revision", std::to_string(redemption.revision)},
        {"quantity", std::to_string(redemption.quantity)},
        {"points", std::to_string(redemption.points)},
        {"confirmed", std::to_string(redemption.confirmed)},
        {"refunded", std::to_string(redemption.refunded)},
        {"until", local_text(redemption.hold_until)},
        {"voucher", vouched ? "valid" : "none"},
        {"steps", steps},
    };
}

// By PROGRAMME/MONTH/DEBTOR>CREDITOR one direction each, and by PROGRAMME/DEBTOR>CREDITOR what is
// owed over all months after both directions: POINTS:VALUE.
Facts Script::view_of_clearing() const {
    Facts seen;
    std::map<std::string, std::pair<Amount, Amount>> net;
    const auto positions = world_.view()->positions();
    for (const Position& each : positions) {
        const std::string pair = fmt::format("{}>{}", each.debtor, each.creditor);
        const std::string back = fmt::format("{}>{}", each.creditor, each.debtor);
        seen[fmt::format("{}/{}/{}", each.programme, month_text(each.month), pair)] =
            fmt::format("{}:{}", each.points, each.value);
        auto& [points, value] = net[fmt::format("{}/{}", each.programme, pair)];
        points += each.points;
        value += each.value;
        auto& [points_back, value_back] = net[fmt::format("{}/{}", each.programme, back)];
        points_back -= each.points;
        value_back -= each.value;
    }
    for (const auto& [pair, sums] : net) {
        seen[pair] = fmt::format("{}:{}", sums.first, sums.second);
    }
    seen["positions"] = std::to_string(positions.size());
    return seen;
}

Facts Script::view_of(const std::string& subject) {
    const auto view = world_.view();
    if (subject == "ledger") {
        return {{"leaves", std::to_string(view->head().size)}};
    }
    if (subject == "clearing") {
        return view_of_clearing();
    }
    if (const std::string name = class_named(subject); name.find(':') != std::string::npos) {
        return view_of_class(name);
    }
    if (const auto batch = view->batch(id_named(subject))) {
        return {
            {"state", std::string(name_of(batch->state))},
            {"live", std::to_string(batch->live)},
            {"grams", std::to_string(batch->grams)},
            {"serials", fmt::format("{}-{}", batch->first, batch->last)},
        };
    }
    if (const auto redemption = view->redemption(id_named(subject))) {
        return view_of_redemption(id_named(subject), *redemption);
    }
    if (const auto offer = view->offer(subject)) {
        return view_of_offer(*offer);
    }
    return view->programme(subject) ? view_of_programme(subject) : view_of_account(subject);
}

// SUBJECT key value … or ACCOUNT PROGRAMME key value …
void Script::check_view(const Words& words) {
    const bool purse = words.size() % 2 == 0;
    auto seen = purse ? view_of_purse(words.at(0), words.at(1)) : view_of(words.at(0));
    if (purse) {
        ASSERT_TRUE(world_.view()->programme(words[1])) << "no programme " << words[1];
    }
    for (std::size_t i = purse ? 2 : 1; i + 1 < words.size(); i += 2) {
        ASSERT_TRUE(seen.contains(words[i])) << words[0] << " has no " << words[i];
        EXPECT_EQ(seen[words[i]], words[i + 1]) << words[0] << " " << words[i];
    }
}

}  // namespace tanji::ledger::test
