#include "ledger/parties/account.h"

#include "ledger/parties/member.h"
#include "ledger/store/schema.h"

namespace tanji::ledger {

std::string_view name_of(AccountKind kind) {
    return kind == AccountKind::user ? "user" : "venue";
}

std::optional<AccountRow> find_account(const Reader& reader, std::string_view account) {
    return load<AccountRow>(reader, schema::account(account));
}

bool account_exists(const Reader& reader, const Account& account) {
    return account.is_member() ? find_member(reader, account.text()).has_value()
                               : find_account(reader, account.text()).has_value();
}

}  // namespace tanji::ledger
