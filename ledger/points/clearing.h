#pragma once

#include "ledger/parties/execution.h"
#include "ledger/points/programme.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/result.h"

#include <string>
#include <string_view>

// 清算: who owes whom for points that were earned with one member and spent with another.
namespace tanji::ledger {

// One direction of a programme's local month. What a refund returns is booked the other way round,
// in the month of the refund.
struct Position {
    std::string programme;
    Month month = 0;
    std::string debtor;
    std::string creditor;
    Amount points = 0;
    Amount value = 0;  // micro-units of the programme's currency

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(programme), month, text(debtor), text(creditor), points, value);
    }
};

// The debtor owes the creditor so much more; nothing when they are the same. Leaves an entry in the
// effects, one per pair. `amount_overflow` when points or value would leave the bounds of an
// amount.
Status owe(
    Execution& execution,
    const Programme& programme,
    std::string_view debtor,
    std::string_view creditor,
    Amount points,
    Amount micro_per_point
);

}  // namespace tanji::ledger
