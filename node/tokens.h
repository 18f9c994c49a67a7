#pragma once

#include "api/service.h"
#include "ledger/value/result.h"

#include <string>
#include <vector>

namespace tanji::node {

// The file of member tokens: one JSON object a line, secrets only as their SHA-256. No file means
// no tokens.
ledger::Result<std::vector<api::MemberToken>> read_tokens(const std::string& file);
ledger::Status write_tokens(const std::string& file, const std::vector<api::MemberToken>& tokens);

// A new token of a member: adds it to the file and returns its text, which is shown once.
ledger::Result<std::string> add_token(
    const std::string& file,
    const std::string& member,
    std::vector<std::string> scopes,
    ledger::TimeMs expires
);
// Removes the token with that id; not_found if there is none.
ledger::Status revoke_token(const std::string& file, std::string_view id);

}  // namespace tanji::node
