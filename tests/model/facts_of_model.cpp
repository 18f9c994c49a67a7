#include "tests/model/city.h"
#include "tests/model/facts.h"
#include "tests/model/orders.h"

#include <fmt/format.h>

namespace tanji::model {
namespace {

struct PointsSums {
    Amount pending = 0;
    Amount available = 0;
    Amount held = 0;
    Amount redeemed = 0;
};

// Recounted from lots and redemptions.
std::map<Books::Purse, PointsSums> purses_of(const Books& books) {
    std::map<Books::Purse, PointsSums> purses;
    for (const auto& [purse, lots] : books.lots) {
        PointsSums& sums = purses[purse];
        for (const auto& [key, lot] : lots) {
            sums.available += lot.available;
            for (const auto& [available_at, points] : lot.pending) {
                sums.pending += points;
            }
        }
    }
    for (const auto& [name, redemption] : books.redemptions) {
        PointsSums& sums = purses[{redemption.account, redemption.programme}];
        sums.held += redemption.state == "reserved" ? redemption.points : 0;
        sums.redeemed += redemption.confirmed - redemption.refunded;
    }
    return purses;
}

void add_points(const Books& books, Facts& facts) {
    std::map<std::string, PointsSums> sums;
    for (const auto& [purse, points] : purses_of(books)) {
        PointsSums& sum = sums[purse.second];
        sum.pending += points.pending;
        sum.available += points.available;
        sum.held += points.held;
        sum.redeemed += points.redeemed;
        if (points.pending + points.available + points.held > 0) {
            facts[fmt::format("purse {} {}", purse.first, purse.second)] = fmt::format(
                "pending {} available {} held {}", points.pending, points.available, points.held
            );
        }
    }
    for (const auto& [programme, totals] : books.totals) {
        const PointsSums& sum = sums[programme];
        if (totals.awarded > 0) {
            facts["points " + programme] = fmt::format(
                "awarded {} pending {} available {} held {} redeemed {} expired {} revoked {}",
                totals.awarded,
                sum.pending,
                sum.available,
                sum.held,
                sum.redeemed,
                totals.expired,
                totals.revoked
            );
        }
    }
    for (const auto& [purse, lots] : books.lots) {
        for (const auto& [key, lot] : lots) {
            std::string text = fmt::format("available {}", lot.available);
            for (const auto& [available_at, points] : lot.pending) {
                text += fmt::format(" pending {} until {}", points, time_text(available_at));
            }
            facts[fmt::format(
                "lot {} {} {} {}", purse.first, purse.second, time_text(key.expires), key.sponsor
            )] = text;
        }
    }
    for (const auto& [key, points] : books.unbacked) {
        facts[fmt::format("unbacked {} {}", key.first, key.second)] = std::to_string(points);
    }
    for (const auto& [key, position] : books.positions) {
        const auto& [programme, month, debtor, creditor] = key;
        facts[fmt::format(
            "position {} {}-{:02} {} owes {}",
            programme,
            month / 12,
            month % 12 + 1,
            debtor,
            creditor
        )] = fmt::format("{} points {} micro", position.points, position.value);
    }
}

void add_offers(const Books& books, Facts& facts) {
    for (const auto& [name, offer] : books.offers) {
        const Stock stock = books.stock(name);
        facts["offer " + name] = fmt::format(
            "revision {} price {} closes {} {} supplied {} reserved {} returned {} remaining {}",
            offer.revision,
            offer.terms.price,
            time_text(offer.terms.closes_at),
            offer.closed ? "closed" : "open",
            offer.supplied,
            stock.reserved,
            stock.returned,
            stock.remaining
        );
    }
}

}  // namespace

Facts balances(const Books& books) {
    Facts facts;
    facts["leaves"] = std::to_string(books.leaves);
    std::map<std::string, Amount> held;
    for (const auto& [key, grams] : books.held) {
        held[key.second] += grams;
        if (grams > 0) {
            facts[fmt::format("holding {} {}", key.first, key.second)] = std::to_string(grams);
        }
    }
    for (const auto& [name, supply] : books.classes) {
        facts["class " + name] = fmt::format(
            "issued {} held {} reserved {} retired {} reversed {}",
            supply.issued,
            held[name],
            supply.reserved,
            supply.retired,
            supply.reversed
        );
    }
    for (const auto& [key, debt] : books.debts) {
        if (debt.owed > 0) {
            facts[fmt::format("owed {} {}", key.first, key.second)] =
                fmt::format("{} since {}", debt.owed, time_text(debt.since));
        }
    }
    add_points(books, facts);
    add_offers(books, facts);
    return facts;
}

Facts batch_facts(const Books& books, const std::string& name) {
    Facts facts;
    const BatchState& batch = books.batches.at(name);
    Amount live = 0;
    for (const RecordState& record : batch.records) {
        live += record.live ? 1 : 0;
    }
    facts["batch " + name] = fmt::format("{} live {} grams {}", batch.state, live, batch.grams);
    for (const auto& [account, share] : batch.shares) {
        facts[fmt::format("share {} {}", name, account)] = fmt::format(
            "grams {} reserved {} held {} points {}",
            share.grams,
            share.reserved,
            share.held,
            share.points
        );
    }
    return facts;
}

Facts redemption_facts(const Books& books, const std::string& name) {
    const RedemptionState& redemption = books.redemptions.at(name);
    std::string text = fmt::format(
        "{} revision {} quantity {} points {} until {} confirmed {} refunded {} micro {} of",
        redemption.state,
        redemption.revision,
        redemption.quantity,
        redemption.points,
        time_text(redemption.hold_until),
        redemption.confirmed,
        redemption.refunded,
        redemption.micro
    );
    for (const Part& part : redemption.parts) {
        text += fmt::format(" [{} {} {}]", time_text(part.expires), part.sponsor, part.points);
    }
    return {{fmt::format("redemption {} {}", name, account_text(redemption.account)), text}};
}

std::string difference(const Facts& model, const Facts& ledger) {
    std::string text;
    for (const auto& [name, value] : model) {
        const auto found = ledger.find(name);
        if (found == ledger.end() || found->second != value) {
            text += fmt::format(
                "{}\n    model   {}\n    ledger  {}\n",
                name,
                value,
                found == ledger.end() ? "-" : found->second
            );
        }
    }
    for (const auto& [name, value] : ledger) {
        if (!model.contains(name)) {
            text += fmt::format("{}\n    model   -\n    ledger  {}\n", name, value);
        }
    }
    return text;
}

}  // namespace tanji::model
