#pragma once

#include "ledger/view.h"

#include <functional>
#include <string>
#include <vector>

// 清算: positions, what they come to per member, and the redemptions behind them; as JSON and as
// lines of CSV (RFC 4180, with a head).
namespace tanji::api {

// What another member sponsors of a redemption, and was not refunded.
struct ClearingPart {
    ledger::CommandId redemption;
    std::string programme;
    std::string debtor;    // sponsor
    std::string creditor;  // merchant
    ledger::TimeMs confirmed_at = 0;
    ledger::Month month = 0;  // of the confirmation
    ledger::Amount points = 0;
    ledger::Amount micro_per_point = 0;

    ledger::Amount value() const { return points * micro_per_point; }
};

struct Clearing {
    std::vector<ledger::Position> positions;
    std::vector<ClearingPart> parts;
    bool detailed = false;
    bool more = false;  // there are more parts than these
};

// Which positions: programme, debtor, creditor.
using WantsPosition = std::function<
    bool(const std::string& programme, const std::string& debtor, const std::string& creditor)>;

// Up to `parts_max` parts of redemptions; none unless `detailed`.
Clearing read_clearing(
    const ledger::View& view, const WantsPosition& wanted, bool detailed, std::size_t parts_max
);

std::string clearing_json(const ledger::View& view, const Clearing& clearing, bool local);
// The positions, or the parts when it is detailed.
std::string clearing_csv(const ledger::View& view, const Clearing& clearing);

}  // namespace tanji::api
