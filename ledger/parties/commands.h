#pragma once

#include "ledger/parties/account.h"
#include "ledger/parties/execution.h"
#include "ledger/value/json.h"

#include <optional>
#include <vector>

namespace tanji::ledger {

// A user's or venue's account, opened by the operator that signs and becomes its custodian. Every
// listed key signs too: that proves who holds it.
struct AccountOpen {
    Account account;
    AccountKind kind = AccountKind::user;
    std::vector<PublicKey> keys;
    Hash owner;  // commitment, or zero for null

    static AccountOpen read(JsonReader& body);
    bool is_sealed(const Reader& reader) const;
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

// Every body signed by a holder has the field `instruction`: the digest of the user's order, kept
// by a custodian who signs for an account without keys. Whether it is there.
bool read_instructed(JsonReader& body);

// An account as a sealed leaf names it: a user as a commitment, a member or venue in clear.
std::string blinded(const Reader& reader, const Salt& salt, const Account& account);

}  // namespace tanji::ledger
