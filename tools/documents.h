#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "tools/remote.h"
#include "tools/tool.h"

#include <string>
#include <string_view>

namespace tanji::tools {

// A document by its ref, from the node, or from a file. Null means: only files will do.
Attempt<ledger::Methodology> load_methodology(Remote* remote, const std::string& ref_or_file);
// An empty `ref_or_file` asks the node for its current set; fails when there are several.
Attempt<ledger::FactorSet> load_factors(Remote* remote, const std::string& ref_or_file);
Attempt<ledger::Genesis> load_genesis(Remote& remote);

// Whom a key of genesis belongs to, or nobody.
std::string owner_of(const ledger::Genesis& genesis, const ledger::KeyId& key);
// The scheme of that name, or the only one when `scheme` is empty.
Attempt<std::string> choose_scheme(const ledger::Genesis& genesis, const std::string& scheme);
// The rank of the member's provider role for a methodology.
Attempt<std::string> rank_of_provider(
    const ledger::Genesis& genesis, const std::string& provider, const std::string& methodology
);

}  // namespace tanji::tools
