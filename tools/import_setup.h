#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/crypto.h"
#include "tools/compose.h"
#include "tools/import/import.h"
#include "tools/subcommands.h"

#include <memory>
#include <optional>
#include <string>

namespace tanji::tools {

// Everything that an import rests on, read and checked before its first row.
struct ImportSetup {
    std::unique_ptr<ledger::Methodology> methodology;
    std::unique_ptr<ledger::FactorSet> factors;
    ImportRules rules;     // refers to both
    std::string map_text;  // of the format csv

    // Empty in a dry run, which asks no node but for documents.
    std::optional<LedgerFacts> facts;
    std::optional<ledger::Genesis> genesis;
    std::optional<ledger::SigningKey> key;
    std::optional<ledger::SigningKey> operator_key;  // where accounts are to be opened
    HeaderWords words;
};

Attempt<ImportSetup> set_up(Tool& tool, const ImportOptions& options, Remote& remote);

}  // namespace tanji::tools
