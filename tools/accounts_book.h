#pragma once

#include "ledger/value/ids.h"
#include "tools/compose.h"

#include <set>
#include <string>
#include <vector>

namespace tanji::tools {

// Which of the accounts that this machine derived are open on a ledger: a list in
// `$XDG_STATE_HOME/tanji/accounts/<ledger id>`, so that an import opens each only once.
class AccountsBook {
public:
    AccountsBook(const Tool& tool, LedgerFacts facts);

    // Opens those that are not known to be open, in requests of at most 500 commands. An account
    // that exists already is fine. The owner commitment is to zero bytes of text under a salt
    // derived from `owner_secret`, so that nobody can tell what it hides.
    Attempt<std::size_t> open(
        Remote& remote,
        const std::set<ledger::UserId>& accounts,
        const ledger::SigningKey& operator_key,
        std::string_view owner_secret
    );

private:
    Attempt<void> open_some(
        Remote& remote,
        const std::vector<ledger::UserId>& accounts,
        const ledger::SigningKey& operator_key,
        std::string_view owner_secret
    );
    Attempt<void> save() const;

    const Tool& tool_;
    LedgerFacts facts_;
    std::set<std::string> known_;
};

// The body of account.open for a user.
std::string user_body(
    const ledger::UserId& account,
    const std::vector<ledger::PublicKey>& keys,
    const ledger::Hash& owner,
    std::string_view kind = "user"
);

}  // namespace tanji::tools
