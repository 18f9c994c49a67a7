#pragma once

#include "ledger/methodology/methodology.h"
#include "ledger/value/json.h"

namespace tanji::ledger {

// The form of one vector, an element of `vectors`: what it says is compared later (check.h).
// REQUIRES: inputs and factors of the methodology are read.
Vector read_vector(JsonReader& in, const Methodology& methodology);

}  // namespace tanji::ledger
