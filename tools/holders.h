#pragma once

#include "ledger/value/ids.h"
#include "tools/tool.h"

#include <optional>
#include <string>

// Whose account a key is for: lists in `$XDG_STATE_HOME/tanji/holders/<ledger id>`, because no
// route of a node tells it to anybody.
namespace tanji::tools {

// The account that was last remembered for the key on that ledger.
std::optional<std::string> account_of_key(const ledger::Hash& ledger, const ledger::KeyId& key);
Attempt<void> remember_account(
    const ledger::Hash& ledger, const ledger::KeyId& key, const std::string& account
);

}  // namespace tanji::tools
