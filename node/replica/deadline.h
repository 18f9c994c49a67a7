#pragma once

#include "ledger/value/time.h"

namespace tanji::node {

// Longer than that nobody waits for an answer, whatever was asked for.
inline constexpr ledger::TimeMs patience_max_ms = 60'000;

// Whether that time has come, or is further away than anybody waits: a clock that was set back
// makes nobody wait longer.
constexpr bool is_over(
    ledger::TimeMs until, ledger::TimeMs now, ledger::TimeMs longest = patience_max_ms
) {
    return now >= until || until - now > longest;
}

}  // namespace tanji::node
