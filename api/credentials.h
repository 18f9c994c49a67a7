#pragma once

#include "api/exchange.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Bearer tokens for reading. Writing needs none: there the signature in the command decides.
namespace tanji::api {

struct MemberToken;  // api/service.h

// Whose token it is. `bearer` is what follows "Bearer ". Refuses with token_invalid, also when it
// has expired.
ledger::Result<Principal> check_member_token(
    std::string_view bearer, std::span<const MemberToken> tokens, ledger::TimeMs now
);

// The text of a member token: `tm1.<id>.<secret>`. REQUIRES: 8 hexadecimal digits, 32 bytes.
std::string member_token_text(std::string_view id, ledger::ByteView secret);

// What follows "Bearer " in an Authorization field, or nothing.
std::optional<std::string_view> bearer_of(const std::string* authorization);
bool is_grant(std::string_view bearer);

struct Grant {
    ledger::Account account;
    ledger::KeyId key;
    std::vector<std::string> scopes;  // account, history, records
    ledger::TimeMs not_after = 0;
    bool covers(std::string_view scope) const;
};

// Whether the key is one of the account's, and which: the ledger's view answers.
using FindKey =
    std::function<std::optional<ledger::PublicKey>(const ledger::Account&, const ledger::KeyId&)>;

// Reads and verifies a read grant. Refuses with grant_invalid or grant_expired.
ledger::Result<Grant> check_grant(
    std::string_view bearer, const ledger::Hash& ledger_id, ledger::TimeMs now, const FindKey& find
);

inline constexpr std::string_view grant_payload_type = "application/vnd.tanji.read-grant+json";
inline constexpr ledger::TimeMs grant_life_max_ms = 15 * 60 * 1000;

}  // namespace tanji::api
