#include "ledger/parties/thresholds.h"

#include "ledger/store/schema.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 3> names = {"majority", "two-thirds", "all"};

}  // namespace

std::optional<Threshold> threshold_named(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<Threshold>(found - names.begin());
}

std::size_t signatures_needed(Threshold threshold, std::size_t governors) {
    switch (threshold) {
        case Threshold::majority:
            return governors / 2 + 1;
        case Threshold::two_thirds:
            return (2 * governors + 2) / 3;
        case Threshold::all:
            break;
    }
    return governors;
}

Threshold threshold_of(const Reader& reader, std::string_view action) {
    const auto stored = reader.get(schema::threshold(action));
    assert(stored && stored->size() == 1);
    return static_cast<Threshold>(stored->front());
}

void save_threshold(State& state, std::string_view action, Threshold threshold) {
    state.put(schema::threshold(action), Bytes(1, static_cast<char>(threshold)));
}

}  // namespace tanji::ledger
