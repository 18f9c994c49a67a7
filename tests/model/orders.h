#pragma once

#include "ledger/command/block.h"
#include "ledger/governance/genesis.h"
#include "tests/model/act.h"

#include <string>
#include <vector>

// From an act in plain names to the signed command it stands for: always the same bytes.
namespace tanji::model {

// A user's 32 digits, or a member's slug.
std::string account_text(const std::string& name);

ledger::StoredCommand command_of(const Act& act, const ledger::Hash& chain);

// Genesis of the city, and the commands that publish its documents.
ledger::Genesis city_genesis();
std::vector<ledger::StoredCommand> city_documents(const ledger::Hash& chain);

const ledger::SigningKey& key_of(const std::string& name);

}  // namespace tanji::model
