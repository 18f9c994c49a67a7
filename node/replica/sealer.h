#pragma once

#include "consensus/ready.h"
#include "consensus/types.h"
#include "ledger/prepared.h"
#include "ledger/value/crypto.h"
#include "node/replica/ports.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <utility>

namespace tanji::node {

// Commands that wait to be sealed, and how a block is made of them.
class Sealer {
public:
    Sealer(const ledger::Hash& ledger, const ledger::SigningKey& log_key)
        : ledger_(ledger),
          log_key_(log_key),
          leader_(log_key.id()) {}

    // A command, with what was read of it. The same bytes wait only once.
    void add(std::shared_ptr<const ledger::Prepared> command);
    // Forgets what waits: this node does not lead.
    void clear();
    bool empty() const { return waiting_.empty(); }
    std::size_t waiting() const { return waiting_.size(); }
    std::uint64_t waiting_bytes() const { return waiting_bytes_; }
    // Whether so much waits that gathering more makes no larger block.
    bool is_full() const;

    // What a header says of the leader's own newest block.
    struct Claim {
        ledger::BlockIndex block = 0;
        ledger::TreeSize size = 0;
        ledger::Hash root;
    };

    // The block asked for: of the commands that wait, of a membership, or empty. REQUIRES: `time`
    // is not before that of the block before the slot.
    SealedBlockPtr seal(
        const consensus::SealRequest& request, ledger::TimeMs time, const Claim& claim
    );

private:
    struct Waiting {
        std::shared_ptr<const ledger::Prepared> command;
        ledger::Bytes stored;
    };

    std::vector<ledger::Bytes> take(ledger::DecodedBlock& decoded);

    ledger::Hash ledger_;
    const ledger::SigningKey& log_key_;
    ledger::KeyId leader_;
    std::deque<Waiting> waiting_;
    std::set<std::pair<ledger::CommandId, ledger::Hash>> known_;  // of those that wait
    std::uint64_t waiting_bytes_ = 0;
};

}  // namespace tanji::node
