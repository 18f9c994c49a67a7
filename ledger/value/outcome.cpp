#include "ledger/value/outcome.h"

#include <algorithm>

namespace tanji::ledger {

std::string_view name_of(Outcome outcome) {
    return outcome_names.at(static_cast<std::size_t>(outcome));
}

std::optional<Outcome> outcome_of(std::string_view name) {
    const auto found = std::ranges::find(outcome_names, name);
    if (found == outcome_names.end()) {
        return std::nullopt;
    }
    return static_cast<Outcome>(found - outcome_names.begin());
}

}  // namespace tanji::ledger
