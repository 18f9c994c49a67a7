#include "ledger/points/clearing.h"

#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

void add_effect(Effects& effects, const ClearingEffect& owed) {
    const auto same = std::ranges::find_if(effects.clearing, [&](const ClearingEffect& each) {
        return each.debtor == owed.debtor && each.creditor == owed.creditor;
    });
    if (same != effects.clearing.end()) {
        same->points += owed.points;
        same->value += owed.value;
    } else {
        effects.clearing.push_back(owed);
    }
}

}  // namespace

Status owe(
    Execution& execution,
    const Programme& programme,
    std::string_view debtor,
    std::string_view creditor,
    Amount points,
    Amount micro_per_point
) {
    if (debtor == creditor) {
        return {};
    }
    const Month month = month_of(programme, execution.now);
    const Bytes key = schema::position(programme.slug, month, debtor, creditor);
    Position position = load<Position>(execution.state, key)
                            .value_or(Position{
                                .programme = programme.slug,
                                .month = month,
                                .debtor = std::string(debtor),
                                .creditor = std::string(creditor),
                                .points = 0,
                                .value = 0,
                            });
    const Int128 value = Int128{points} * micro_per_point;
    if (value > amount_max - position.value || points > amount_max - position.points) {
        return refuse(ErrorCode::amount_overflow, "a position would leave the bounds of an amount");
    }
    position.points += points;
    position.value += static_cast<Amount>(value);
    save(execution.state, key, position);
    add_effect(
        execution.effects,
        {
            .unit = programme.slug,
            .debtor = position.debtor,
            .creditor = position.creditor,
            .points = points,
            .value = static_cast<Amount>(value),
        }
    );
    return {};
}

}  // namespace tanji::ledger
