#pragma once

#include "ledger/store/state.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tanji::ledger {

// How many of the governors have to sign a governed action.
enum class Threshold : std::uint8_t { majority, two_thirds, all };
std::optional<Threshold> threshold_named(std::string_view name);

// majority floor(n/2)+1, two-thirds ceil(2n/3), all n.
std::size_t signatures_needed(Threshold threshold, std::size_t governors);

// As genesis says. REQUIRES: one of the actions that genesis names.
Threshold threshold_of(const Reader& reader, std::string_view action);
void save_threshold(State& state, std::string_view action, Threshold threshold);

}  // namespace tanji::ledger
