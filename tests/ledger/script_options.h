#pragma once

#include "tests/ledger/script.h"

namespace tanji::ledger::test {

// What may stand anywhere in a row, whatever its verb.
struct Script::Options {
    std::string name;                    // as NAME: the command's id
    std::vector<std::string> signed_by;  // signed by A+B
    TimeMs not_after = 0;                // not_after 10:00:00, or not_after +8d
    std::string not_after_text;
    bool instructed = false;                 // instructed: with the digest of a user's order
    std::string for_account;                 // for NAME: the account, where it is not the actor's
    std::map<std::string, std::string> but;  // field=value
    bool has(const std::string& field) const { return but.contains(field); }
};

}  // namespace tanji::ledger::test
