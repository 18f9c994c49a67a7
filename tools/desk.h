#pragma once

#include "ledger/value/json.h"
#include "tools/compose.h"
#include "tools/subcommands.h"

#include <string>
#include <vector>

// What the desks share: how their options become parts of a command.
namespace tanji::tools {

Dispatch dispatch_of(const SendOptions& options);

// A digest from an option: 64 hexadecimal digits as they are, or the SHA-256 of a file; nothing
// when the option is empty.
Attempt<std::optional<ledger::Hash>> digest_of(const std::string& hex_or_file);

// A member that is text, or null when there is none.
void member_or_null(ledger::JsonWriter& out, std::string_view name, const std::string& text);
void member_or_null(
    ledger::JsonWriter& out, std::string_view name, const std::optional<ledger::Hash>& digest
);

// [[first, last], …]
void write_ranges(
    ledger::JsonWriter& out, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ranges
);

}  // namespace tanji::tools
