#pragma once

#include "ledger/value/crypto.h"
#include "tools/tool.h"

#include <string>
#include <vector>

namespace tanji::tools {

// A private key from a PEM file that nobody else may read.
Attempt<ledger::SigningKey> load_key(const std::string& file);

// The key of --key and those of the other files, in this order.
Attempt<std::vector<ledger::SigningKey>> load_keys(
    const Tool& tool, const std::vector<std::string>& others
);

// A secret of at least 16 bytes: 32 bytes or more as they are, or as a line of hexadecimal digits.
Attempt<std::string> load_secret(const std::string& file);

}  // namespace tanji::tools
