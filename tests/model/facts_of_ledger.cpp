#include "ledger/reductions/batch_row.h"
#include "ledger/store/schema.h"
#include "tests/ledger/world.h"
#include "tests/model/city.h"
#include "tests/model/facts.h"
#include "tests/model/orders.h"

#include <fmt/format.h>

namespace tanji::model {
namespace {

using ledger::test::id_named;

constexpr std::size_t all = 1'000'000;

void add_account(const ledger::View& view, const std::string& name, Facts& facts) {
    const std::string account = account_text(name);
    for (const auto& [credit_class, holding] : view.holdings(account)) {
        if (holding.held > 0) {
            facts[fmt::format("holding {} {}", name, credit_class)] = std::to_string(holding.held);
        }
    }
    for (const auto& [programme, purse] : view.purses(account)) {
        if (purse.pending + purse.available + purse.held + purse.frozen > 0) {
            facts[fmt::format("purse {} {}", name, programme)] = fmt::format(
                "pending {} available {} held {}", purse.pending, purse.available, purse.held
            );
        }
    }
    for (const auto& [id, lot] : view.lots(account)) {
        std::map<TimeMs, Amount> pending;
        for (const auto& each : lot.pending) {
            pending[each.available_at] += each.points;
        }
        std::string text = fmt::format("available {}", lot.available);
        for (const auto& [available_at, points] : pending) {
            text += fmt::format(" pending {} until {}", points, time_text(available_at));
        }
        facts[fmt::format(
            "lot {} {} {} {}", name, id.programme, time_text(id.expires_at), id.sponsor
        )] = text;
    }
}

void add_points(const ledger::View& view, Facts& facts) {
    for (const ledger::Programme& programme : view.programmes()) {
        const auto supply = view.points_supply(programme.slug);
        if (supply && supply->awarded > 0) {
            facts["points " + programme.slug] = fmt::format(
                "awarded {} pending {} available {} held {} redeemed {} expired {} revoked {}",
                supply->awarded,
                supply->pending,
                supply->available,
                supply->held,
                supply->redeemed,
                supply->expired,
                supply->revoked
            );
        }
        for (const auto& [sponsor, points] : view.unbacked(programme.slug)) {
            facts[fmt::format("unbacked {} {}", programme.slug, sponsor)] = std::to_string(points);
        }
    }
    for (const ledger::Position& each : view.positions()) {
        facts[fmt::format(
            "position {} {}-{:02} {} owes {}",
            each.programme,
            each.month / 12,
            each.month % 12 + 1,
            each.debtor,
            each.creditor
        )] = fmt::format("{} points {} micro", each.points, each.value);
    }
}

void add_offers(const ledger::View& view, Facts& facts) {
    const auto any = [](const std::string&, const ledger::Offer&) { return true; };
    for (const auto& [name, offer] : view.offers("", all, any)) {
        facts["offer " + name] = fmt::format(
            "revision {} price {} closes {} {} supplied {} reserved {} returned {} remaining {}",
            offer.revision,
            offer.terms.price,
            time_text(offer.terms.closes_at),
            offer.closed ? "closed" : "open",
            offer.supplied,
            offer.reserved,
            offer.returned,
            offer.remaining
        );
    }
}

}  // namespace

Facts balances(const ledger::View& view, const Books& named) {
    Facts facts;
    facts["leaves"] = std::to_string(view.head().size);
    for (const auto& [name, account] : named.accounts) {
        add_account(view, name, facts);
    }
    for (const CityMember& member : city_members()) {
        add_account(view, member.name, facts);
    }
    for (const auto& [name, supply] : view.classes()) {
        facts["class " + name] = fmt::format(
            "issued {} held {} reserved {} retired {} reversed {}",
            supply.issued,
            supply.held,
            supply.reserved,
            supply.retired,
            supply.reversed
        );
    }
    for (const auto& debt : view.obligations()) {
        if (debt.obligation.owed > 0) {
            facts[fmt::format("owed {} {}", debt.member, debt.scheme)] =
                fmt::format("{} since {}", debt.obligation.owed, time_text(debt.obligation.since));
        }
    }
    add_points(view, facts);
    add_offers(view, facts);
    return facts;
}

Facts batch_facts(const ledger::Reader& store, const Books& named, const std::string& name) {
    Facts facts;
    const ledger::CommandId id = id_named(name);
    const auto batch = find_batch(store, id);
    if (!batch) {
        return facts;
    }
    facts["batch " + name] =
        fmt::format("{} live {} grams {}", name_of(batch->state), batch->live, batch->grams);
    for (const auto& [account, state] : named.accounts) {
        const auto row = ledger::load<ledger::AllocationRow>(
            store, ledger::schema::allocation(account_text(account), id)
        );
        if (row) {
            facts[fmt::format("share {} {}", name, account)] = fmt::format(
                "grams {} reserved {} held {} points {}",
                row->grams,
                row->reserved,
                row->held,
                row->points
            );
        }
    }
    return facts;
}

Facts redemption_facts(const ledger::Reader& store, const std::string& name) {
    const auto redemption = find_redemption(store, id_named(name));
    if (!redemption) {
        return {};
    }
    std::string text = fmt::format(
        "{} revision {} quantity {} points {} until {} confirmed {} refunded {} micro {} of",
        name_of(redemption->state),
        redemption->revision,
        redemption->quantity,
        redemption->points,
        time_text(redemption->hold_until),
        redemption->confirmed,
        redemption->refunded,
        redemption->micro_per_point
    );
    for (const ledger::LotPart& part : redemption->parts) {
        text += fmt::format(" [{} {} {}]", time_text(part.expires_at), part.sponsor, part.points);
    }
    return {{fmt::format("redemption {} {}", name, redemption->account.text()), text}};
}

}  // namespace tanji::model
