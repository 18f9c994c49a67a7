#pragma once

#include "ledger/value/json.h"
#include "ledger/view.h"

#include <string>
#include <string_view>

// Programmes, offers and redemptions as JSON. Members stand in a fixed order.
namespace tanji::api {

// One version as it was published, and where. Never changes.
std::string programme_json(const ledger::Programme& programme);
// The newest version with every point of the programme, by bucket, and what sponsors bear.
std::string programme_with_supply_json(
    const ledger::View& view, const ledger::Programme& programme
);
void write_supply(ledger::JsonWriter& out, const ledger::PointsSupply& supply);

// Whether points can be had for it at ledger time.
bool is_open(const ledger::Offer& offer, ledger::TimeMs now);
std::string offer_json(const ledger::View& view, std::string_view id, const ledger::Offer& offer);

// One object over all its steps. Merchants do not learn whose account it is: `named` says whether
// the reader may.
std::string redemption_json(
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::Redemption& redemption,
    bool named
);
// What is still held: {"redemption","offer","programme","quantity","points","hold_until"}.
std::string hold_json(const ledger::CommandId& id, const ledger::Redemption& redemption);
// What whoever knows the commitment may know.
std::string voucher_json(
    const ledger::View& view,
    const ledger::Hash& commitment,
    const ledger::CommandId& id,
    const ledger::Redemption& redemption
);

// Year and month of a clearing month: 2026-11.
std::string month_text(ledger::Month month);

}  // namespace tanji::api
