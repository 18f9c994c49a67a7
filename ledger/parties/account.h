#pragma once

#include "ledger/store/state.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <string>
#include <vector>

namespace tanji::ledger {

enum class AccountKind : std::uint8_t { user, venue };
std::string_view name_of(AccountKind kind);

// A pseudonymous holder, opened by a member that is its custodian. A member's own account is its
// slug and needs no opening.
struct AccountRow {
    AccountKind kind = AccountKind::user;
    std::string custodian;  // member
    std::vector<KeyId> keys;
    Hash owner;  // commitment, or zero
    Salt salt;   // of the command that opened it: blinds entries that name the account
    LeafIndex leaf = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(kind, text(custodian), counted<std::uint8_t>(keys, 3), owner, salt, leaf);
    }
};

std::optional<AccountRow> find_account(const Reader& reader, std::string_view account);

// Whether something may be booked on it: an opened account, or a member.
bool account_exists(const Reader& reader, const Account& account);

}  // namespace tanji::ledger
