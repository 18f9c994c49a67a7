#pragma once

#include "ledger/proof/header.h"
#include "tests/simulation/member.h"

#include <map>

namespace tanji::simulation {

// One member whose messages are not what its own loop wrote. It has its own keys and nobody else's;
// what it says is well formed and signed, or the others would not even look at it.
class Liar {
public:
    Liar(World& world, Member& member);

    std::uint64_t told() const { return told_; }

private:
    struct Forged {
        node::BlockBytes bytes;
        ledger::Hash hash;
    };
    // What some members are shown instead of the liar's real blocks: one other history, which hangs
    // together.
    using Branch = std::map<ledger::Hash, Forged>;

    std::vector<MessagePtr> twist(NodeId to, const MessagePtr& message);
    node::Agreement twist(NodeId to, node::Agreement agreement);
    void twist_blocks(NodeId to, node::Agreement& agreement, consensus::Append& append);
    const Forged* forge(Branch& branch, const node::BlockBytes& bytes);
    bool change(ledger::BlockHeader& header, std::vector<ledger::Bytes>& commands);
    void claim_more(consensus::Position& last, ledger::Bytes& header);
    node::CosignRequest ask_for_another_root(const node::CosignRequest& request);

    World& world_;
    Draw draw_;
    const NodeKeys& keys_;
    Branch branch_;
    std::vector<ledger::Bytes> seen_;  // commands, to be said again
    std::uint64_t told_ = 0;
};

}  // namespace tanji::simulation
