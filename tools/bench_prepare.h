#pragma once

#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/crypto.h"
#include "tools/compose.h"
#include "tools/import/import.h"
#include "tools/subcommands.h"

#include <span>
#include <string>
#include <vector>

// Signed batches of made-up acts. Labelled SYNTHETIC wherever they are shown.
namespace tanji::tools {

// Everything that the batches of a load have in common.
struct LoadRules {
    LedgerFacts facts;
    HeaderWords words;
    ledger::Methodology methodology;
    ledger::FactorSet factors;
    std::string region;
    std::vector<ledger::UserId> accounts;  // open; the caller names them
    ledger::TimeS begin = 0;
};

// What the node and the options say; without accounts. `key` is the provider's.
Attempt<LoadRules> read_rules(
    Remote& remote, const BenchOptions& options, const ledger::SigningKey& key
);

struct SignedBatch {
    ledger::CommandId id;
    std::string signature;  // the Tanji-Signature field
    std::string body;       // the container
};

// The acts from number `first` on, one account after the other.
Attempt<SignedBatch> make_signed_batch(
    const LoadRules& rules,
    std::uint64_t first,
    std::uint32_t count,
    std::span<const ledger::SigningKey> keys
);

// Opens the accounts of a load and writes its batches to `file`.
Attempt<void> prepare_load(Tool& tool, const BenchOptions& options, const std::string& file);

}  // namespace tanji::tools
