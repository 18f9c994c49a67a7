#pragma once

#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tanji::tools {

inline constexpr std::int64_t grant_life_s_max = 15 * 60;
inline const std::vector<std::string> grant_scopes{"account", "history", "records"};

// A bearer value that lets whoever has it read the account for `life_s` seconds (docs/api.md,
// "Authentication").
std::string make_grant(
    const ledger::SigningKey& key,
    const ledger::Hash& ledger,
    const std::string& account,
    const std::vector<std::string>& scopes,
    std::int64_t life_s
);

}  // namespace tanji::tools
