#pragma once

#include "ledger/view.h"
#include "tests/model/model.h"

#include <map>
#include <string>

// What both sides say there is, in words that can be compared: name → value. What is zero is left
// out.
namespace tanji::model {

using Facts = std::map<std::string, std::string>;

// Everything but batches and redemptions.
Facts balances(const Books& books);
Facts balances(const ledger::View& view, const Books& named);

Facts batch_facts(const Books& books, const std::string& name);
Facts batch_facts(const ledger::Reader& store, const Books& named, const std::string& name);

Facts redemption_facts(const Books& books, const std::string& name);
Facts redemption_facts(const ledger::Reader& store, const std::string& name);

// One line for each fact that is not the same, or nothing.
std::string difference(const Facts& model, const Facts& ledger);

}  // namespace tanji::model
