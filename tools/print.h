#pragma once

#include "ledger/value/json.h"
#include "tools/tool.h"

#include <string>

// Replies of a node for people to read.
namespace tanji::tools {

// One line per member, what is inside indented; objects of one kind as a table.
void print_value(const Tool& tool, const ledger::JsonValue& value, const std::string& indent);

// A table; what the first object has says what the columns are.
void print_list(const Tool& tool, const ledger::JsonValue::Array& data);

// An account as its holder wants to see it: points by programme and when they come and go, what is
// held, grams by class. `account` is the reply of GET /v1/accounts/{account}.
void print_account(const Tool& tool, const ledger::JsonValue& account);

}  // namespace tanji::tools
