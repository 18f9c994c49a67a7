#pragma once

#include "consensus/types.h"
#include "ledger/command/block.h"
#include "ledger/governance/commands.h"
#include "ledger/prepared.h"
#include "ledger/value/crypto.h"

#include <map>
#include <memory>
#include <optional>
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

// What governance decides of the membership.
struct Decision {
    std::uint64_t base = 0;
    std::vector<ledger::JoiningNode> nodes;
    std::vector<std::uint64_t> promote;
    std::vector<std::uint64_t> remove;
};

// The members of one simulation: genesis, keys, and commands signed by their members. `spares` are
// members without a node yet, and keys for as many nodes. The same numbers always give the same
// alliance.
class Alliance {
public:
    Alliance(std::uint64_t voters, std::uint64_t learners, std::uint64_t spares);

    const ledger::Hash& ledger() const { return ledger_; }
    const ledger::Genesis& genesis() const { return genesis_; }
    const ledger::Bytes& genesis_block() const { return block_; }
    // Of genesis' nodes.
    const std::string& cosigner(consensus::NodeId node) const { return cosigners_.at(node - 1); }
    std::uint64_t size() const { return cosigners_.size(); }

    // Of every node that there is or may be.
    const NodeKeys& keys(consensus::NodeId node) const { return keys_.at(node - 1); }
    std::uint64_t nodes_max() const { return keys_.size(); }
    // The number of a node's keys, if it signed with one of them.
    std::optional<consensus::NodeId> holder(const ledger::PublicKey& key) const;

    // A node that introduces itself, as a node of the member of that number.
    ledger::JoiningNode joining(consensus::NodeId node, std::uint64_t member) const;
    // Signed by everybody.
    std::shared_ptr<ledger::Prepared> prepared(const Decision& decision, std::uint64_t number)
        const;

    // Signed once, prepared anew for each who takes it.
    const ledger::StoredCommand& command(const Wish& wish);
    std::shared_ptr<ledger::Prepared> prepared(const Wish& wish);
    static std::string account_name(std::uint64_t account);
    static ledger::CommandId id_of(const Wish& wish);
    // Of the member that is no operator.
    static ledger::PublicKey outsider_key();

private:
    ledger::Hash ledger_;
    ledger::Genesis genesis_;
    ledger::Bytes block_;
    std::vector<NodeKeys> keys_;
    std::vector<std::string> cosigners_;
    std::map<Wish, ledger::StoredCommand> commands_;
};

}  // namespace tanji::simulation
