#pragma once

#include "ledger/parties/execution.h"
#include "ledger/value/result.h"

#include <optional>
#include <string_view>

// Whose signatures a command needs, and whether these are they. Signatures themselves were verified
// before anything is executed; here it is asked whose they are.
namespace tanji::ledger {

// Test 6: every signing key is valid now and its member not suspended, else `key_revoked` or
// `member_suspended`.
Status check_signers(const Execution& execution);

// Whether a valid command key of the member signed.
bool signed_by_member(const Execution& execution, std::string_view member);

// The member signed and has the role with that scope: else `signatures_insufficient`,
// `role_missing`. An empty scope asks for the role alone.
Status require_role(
    const Execution& execution, std::string_view member, Role role, std::string_view scope
);

// The first signer's member that has the role with that scope; nothing if no signer has it.
std::optional<std::string> signer_with_role(
    const Execution& execution, Role role, std::string_view scope
);

// Enough distinct governors signed for the action, by the threshold of genesis: else
// `signatures_insufficient`.
Status require_governors(const Execution& execution, std::string_view action);

// holder(a): the account's own key; for an account without keys its custodian's, with the digest of
// the user's instruction; for a member that member. Else `signatures_insufficient`.
// REQUIRES: the account exists.
Status require_holder(const Execution& execution, const Account& account, bool instructed);

// Whether the command must be sealed because it names this account: a user's, also one that does
// not exist.
bool names_user(const Reader& reader, const Account& account);

}  // namespace tanji::ledger
