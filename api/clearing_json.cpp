#include "api/clearing_json.h"

#include "api/json.h"
#include "api/points_json.h"

#include <map>

#include <fmt/format.h>

namespace tanji::api {
namespace {

using ledger::Amount;
using ledger::JsonWriter;

std::string currency_of(const ledger::View& view, const std::string& programme) {
    const auto found = view.programme(programme);
    return found ? found->currency : std::string();
}

// What every member is owed (positive) or owes, by programme. Sums to zero in each.
struct Net {
    ledger::Int128 points = 0;
    ledger::Int128 value = 0;
};
using Nets = std::map<std::pair<std::string, std::string>, Net>;  // programme, member

Nets nets_of(const std::vector<ledger::Position>& positions) {
    Nets nets;
    for (const ledger::Position& position : positions) {
        Net& creditor = nets[{position.programme, position.creditor}];
        creditor.points += position.points;
        creditor.value += position.value;
        Net& debtor = nets[{position.programme, position.debtor}];
        debtor.points -= position.points;
        debtor.value -= position.value;
    }
    return nets;
}

// By sponsor, without what the merchant sponsors itself.
std::vector<ClearingPart> parts_of(
    const ledger::View& view, const ledger::CommandId& id, const ledger::Redemption& redemption
) {
    const auto programme = view.programme(redemption.programme);
    std::map<std::string, ClearingPart> by_sponsor;
    for (const ledger::LotPart& part : redemption.parts) {
        if (part.sponsor != merchant_of(redemption)) {
            by_sponsor[part.sponsor].points += part.points;
        }
    }
    std::vector<ClearingPart> parts;
    for (auto& [sponsor, part] : by_sponsor) {
        part.redemption = id;
        part.programme = redemption.programme;
        part.debtor = sponsor;
        part.creditor = merchant_of(redemption);
        part.confirmed_at = redemption.confirmed_at;
        part.month = programme ? month_of(*programme, redemption.confirmed_at) : 0;
        part.micro_per_point = redemption.micro_per_point;
        parts.push_back(std::move(part));
    }
    return parts;
}

void read_parts(
    const ledger::View& view,
    const WantsPosition& wanted,
    const std::string& merchant,
    std::size_t parts_max,
    Clearing& clearing
) {
    constexpr std::size_t at_once = 500;
    const auto was_confirmed = [](const ledger::Redemption& redemption) {
        return redemption.confirmed > 0;
    };
    std::optional<ledger::CommandId> after;
    for (;;) {
        const auto found = view.redemptions_of_merchant(merchant, after, at_once, was_confirmed);
        for (const auto& [id, redemption] : found) {
            for (ClearingPart& part : parts_of(view, id, redemption)) {
                if (!wanted(part.programme, part.debtor, part.creditor)) {
                    continue;
                }
                if (clearing.parts.size() == parts_max) {
                    clearing.more = true;
                    return;
                }
                clearing.parts.push_back(std::move(part));
            }
        }
        if (found.size() < at_once) {
            return;
        }
        after = found.back().first;
    }
}

void write_part(JsonWriter& out, const ClearingPart& part) {
    out.open_object()
        .member("redemption", part.redemption.hex())
        .member("programme", part.programme)
        .member("month", month_text(part.month))
        .member("debtor", part.debtor)
        .member("creditor", part.creditor);
    write_time(out, "confirmed_at", part.confirmed_at);
    out.amount_member("points", part.points).amount_member("value", part.value()).close_object();
}

}  // namespace

Clearing read_clearing(
    const ledger::View& view, const WantsPosition& wanted, bool detailed, std::size_t parts_max
) {
    Clearing clearing;
    clearing.detailed = detailed;
    std::map<std::string, bool> merchants;
    for (ledger::Position& position : view.positions()) {
        if (wanted(position.programme, position.debtor, position.creditor)) {
            // A refund is booked the other way round: either of the two may be the merchant.
            merchants[position.creditor] = true;
            merchants[position.debtor] = true;
            clearing.positions.push_back(std::move(position));
        }
    }
    if (detailed) {
        for (const auto& [merchant, named] : merchants) {
            read_parts(view, wanted, merchant, parts_max, clearing);
        }
    }
    return clearing;
}

std::string clearing_json(const ledger::View& view, const Clearing& clearing, bool local) {
    JsonWriter out;
    out.open_object();
    write_as_of(out, view, local);
    out.name("positions").open_array();
    for (const ledger::Position& position : clearing.positions) {
        out.open_object()
            .member("programme", position.programme)
            .member("month", month_text(position.month))
            .member("debtor", position.debtor)
            .member("creditor", position.creditor)
            .amount_member("points", position.points)
            .amount_member("value", position.value)
            .member("currency", currency_of(view, position.programme))
            .close_object();
    }
    out.close_array().name("nets").open_array();
    for (const auto& [of, net] : nets_of(clearing.positions)) {
        out.open_object()
            .member("programme", of.first)
            .member("member", of.second)
            .amount_member("points", net.points)
            .amount_member("value", net.value)
            .member("currency", currency_of(view, of.first))
            .close_object();
    }
    out.close_array();
    if (clearing.detailed) {
        out.name("redemptions").open_array();
        for (const ClearingPart& part : clearing.parts) {
            write_part(out, part);
        }
        out.close_array().member("redemptions_more", clearing.more);
    }
    return out.close_object().take();
}

// Slugs, ids, months and numbers: nothing in it needs quotes.
std::string clearing_csv(const ledger::View& view, const Clearing& clearing) {
    if (!clearing.detailed) {
        std::string lines = "programme,month,debtor,creditor,points,value_micro,currency\r\n";
        for (const ledger::Position& position : clearing.positions) {
            lines += fmt::format(
                "{},{},{},{},{},{},{}\r\n",
                position.programme,
                month_text(position.month),
                position.debtor,
                position.creditor,
                position.points,
                position.value,
                currency_of(view, position.programme)
            );
        }
        return lines;
    }
    std::string lines =
        "redemption,programme,month,debtor,creditor,confirmed_at,points,value_micro,"
        "currency\r\n";
    for (const ClearingPart& part : clearing.parts) {
        lines += fmt::format(
            "{},{},{},{},{},{},{},{},{}\r\n",
            part.redemption.hex(),
            part.programme,
            month_text(part.month),
            part.debtor,
            part.creditor,
            part.confirmed_at,
            part.points,
            part.value(),
            currency_of(view, part.programme)
        );
    }
    return lines;
}

}  // namespace tanji::api
