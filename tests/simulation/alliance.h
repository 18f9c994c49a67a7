#pragma once

#include "consensus/types.h"
#include "ledger/command/block.h"
#include "ledger/prepared.h"
#include "ledger/value/crypto.h"
#include "node/replica/electorate.h"

#include <map>
#include <string>
#include <vector>

namespace tanji::simulation {

inline constexpr ledger::TimeMs founded_ms = 1'795'219'200'000;

struct NodeKeys {
    ledger::SigningKey log;
    ledger::SigningKey cosign;
};

// What a client may ask for: `number` decides the id and, with `variant`, the bytes.
struct Wish {
    std::uint64_t number = 0;
    std::uint64_t variant = 0;  // not 0: other bytes under the same id
    std::uint64_t account = 0;
    std::uint64_t signer = 1;  // member; 0: one that is no operator
    ledger::TimeMs not_after = 0;

    auto operator<=>(const Wish&) const = default;
};

// The members of one simulation: genesis, keys, and commands signed by their members. The same
// numbers of voters and learners always give the same alliance.
class Alliance {
public:
    Alliance(std::uint64_t voters, std::uint64_t learners);

    const ledger::Hash& ledger() const { return ledger_; }
    const ledger::Bytes& genesis_block() const { return block_; }
    const node::Electorate& electorate() const { return electorate_; }
    const consensus::Membership& membership() const { return membership_; }
    const NodeKeys& keys(consensus::NodeId node) const { return keys_.at(node - 1); }
    const std::string& cosigner(consensus::NodeId node) const { return cosigners_.at(node - 1); }
    std::uint64_t size() const { return keys_.size(); }

    // Signed once, prepared anew for each who takes it.
    const ledger::StoredCommand& command(const Wish& wish);
    std::shared_ptr<ledger::Prepared> prepared(const Wish& wish);
    static std::string account_name(std::uint64_t account);
    static ledger::CommandId id_of(const Wish& wish);
    // Of the member that is no operator.
    static ledger::PublicKey outsider_key();

private:
    ledger::Hash ledger_;
    ledger::Bytes block_;
    node::Electorate electorate_;
    consensus::Membership membership_;
    std::vector<NodeKeys> keys_;
    std::vector<std::string> cosigners_;
    std::map<Wish, ledger::StoredCommand> commands_;
};

}  // namespace tanji::simulation
