#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <map>
#include <string>
#include <vector>

namespace tanji::node {

// The file: strict JSON with every field, ending in LF; its bytes decide the ledger id. What
// `genesis` says of its own digest is not looked at.
// REQUIRES: members and schemes ascending.
std::string genesis_text(const ledger::Genesis& genesis);

// The nine governed actions and who must agree, as `init` writes them.
std::map<std::string, ledger::Threshold, std::less<>> default_thresholds();

// A member of an alliance that is being founded; it has one key, for commands and votes.
struct Founder {
    std::string member;
    std::string name_en;
    std::string name_zh;
    std::string region;
    ledger::PublicKey key;
    std::vector<ledger::RoleGrant> roles;  // in force from the beginning
};

// What an alliance starts from: the defaults of the contract, founders and schemes ascending.
ledger::Genesis make_genesis(
    std::string name_en,
    std::string name_zh,
    std::string origin,
    ledger::TimeMs time,
    std::vector<Founder> founders,
    std::vector<ledger::Scheme> schemes
);

}  // namespace tanji::node
