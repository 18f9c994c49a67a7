#pragma once

#include "ledger/command/leaf.h"
#include "ledger/governance/genesis.h"
#include "ledger/governance/membership.h"
#include "ledger/proof/policy.h"
#include "tools/tool.h"

#include <map>
#include <string>

namespace tanji::tools {

// What a verification rests on, and where that came from.
struct Trust {
    ledger::Pinned pinned;
    std::map<ledger::KeyId, ledger::PublicKey> keys;  // of members, by genesis; may be empty
    std::string source;                               // `policy from FILE`, `pinned ledger …`

    ledger::KnownKeys known_keys() const;
};

// From a genesis file: the ledger id is its digest, the first policy follows from its nodes.
Attempt<Trust> trust_genesis(std::string_view file, std::string source);

// The same, and the policy of every later membership that the log's own leaves lead to.
ledger::Pinned followed(ledger::Pinned pinned, const ledger::Roster& roster);

// What verify and audit use: the file of --policy (a tlog-policy or a genesis file), or else the
// pinned genesis of that ledger or, if what was shown names another ledger under a pinned origin,
// of that origin. Never what a node says about itself. A policy does not know its ledger: unless it
// says so in a comment `# ledger <id>`, the id that was shown is taken for it.
Attempt<Trust> find_trust(const Tool& tool, const ledger::Hash& ledger, const std::string& origin);

}  // namespace tanji::tools
