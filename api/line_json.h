#pragma once

#include "ledger/command/effect.h"
#include "ledger/value/json.h"

#include <string>

namespace tanji::api {

// What a line did to what the account can spend, held grams or available points: positive when it
// gained. Points that move between other buckets count as they enter and leave the account.
ledger::Int128 amount_for(const ledger::Line& line, const std::string& account);

// Its members `unit`, `from`, `to`, `amount`, `balance`, as the account sees it.
void write_line(
    ledger::JsonWriter& out,
    const ledger::Line& line,
    const std::string& account,
    ledger::Amount balance
);

}  // namespace tanji::api
