#pragma once

#include "ledger/value/crypto.h"
#include "tools/compose.h"
#include "tools/subcommands.h"

#include <string>
#include <vector>

namespace tanji::tools {

// An account with a key of its own, and the points that it may spend.
struct Spender {
    ledger::UserId account;
    ledger::SigningKey key;
    ledger::Amount points = 0;
};

// What the redemptions of a load need. Everything in it is SYNTHETIC.
struct MixWorld {
    LedgerFacts facts;
    std::string offer;  // one unit costs one point, without limits
    ledger::SigningKey merchant;
    std::vector<Spender> spenders;
    ledger::Amount points = 0;  // of all of them
};

// Builds it on the node by the commands that anybody would use: accounts are opened, batches of
// made-up acts are reported and attested, so that the programme awards points, and an offer is
// published. The programme must be there; it must pay at once and let the merchant take its points.
Attempt<MixWorld> build_world(const Tool& tool, Remote& remote, const MixOptions& options);

}  // namespace tanji::tools
