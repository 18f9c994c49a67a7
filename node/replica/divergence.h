#pragma once

#include "consensus/types.h"
#include "ledger/proof/evidence.h"
#include "node/replica/electorate.h"
#include "node/replica/leaf_search.h"
#include "node/replica/peer_message.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Same blocks, other root: where it began, and who has to halt.
namespace tanji::node {

// What voters say of their trees, and whether this node stands alone with its own.
class Dissents {
public:
    // That node's root at that size: from a cosign reply, a request or the claim of a header. A
    // node is remembered for its last few sizes only.
    void heard(consensus::NodeId from, ledger::TreeSize size, const ledger::Hash& root);
    // Whether a majority of all voters, of both lists in a joint phase, agree with each other at
    // some size that is applied here, and not with this node: it halts, a leader hands over first.
    bool outvoted(const OwnTree& tree, const consensus::Membership& membership) const;
    void forget() { said_.clear(); }

private:
    struct Said {
        ledger::TreeSize size = 0;
        ledger::Hash root;
    };
    std::map<consensus::NodeId, std::deque<Said>> said_;
};

// A block as one node knows it.
struct BlockView {
    ledger::Hash hash;
    ledger::TreeSize size = 0;
    ledger::Hash root;

    bool operator==(const BlockView&) const = default;
};

struct FirstDifference {
    ledger::BlockIndex block = 0;
    BlockView own;
    BlockView other;
    // The other's block itself is another one: no divergence but a conflict.
    bool is_conflict() const { return own.hash != other.hash; }
    // False: the other does not know the block before, so the difference may have begun earlier.
    bool exact = true;
};

// Bisects the rows block → (hash, size, root) between this node and another one; at most
// log2(blocks) questions. What the other says is taken for what it says: the result is a report,
// and convicts nobody.
class Bisection {
public:
    // `agreed` is a block where both are equal, `differs` one where they are not, as `other` tells
    // it; if that was a lie, `own` and `other` of the result are equal.
    // REQUIRES: agreed < differs.
    Bisection(
        consensus::NodeId peer,
        ledger::BlockIndex agreed,
        ledger::BlockIndex differs,
        const BlockView& own,
        const BlockView& other
    );

    consensus::NodeId peer() const { return peer_; }
    // The question that is open; the same one until it is answered, so it may be sent again.
    std::optional<RootQuery> question() const;
    // Answers of other nodes, to other questions, or after the end change nothing: false.
    bool answered(consensus::NodeId from, const RootReply& reply, const OwnTree& tree);
    // Once there is no question left.
    std::optional<FirstDifference> result() const;
    std::size_t asked() const { return static_cast<std::size_t>(number_); }

private:
    consensus::NodeId peer_;
    ledger::BlockIndex low_;
    ledger::BlockIndex high_;
    BlockView own_;
    BlockView other_;
    bool exact_ = true;
    std::uint64_t number_ = 0;
};

// The evidence that two certificates make, `own` of this node's tree and `other` that contradicts
// it: convicts whoever signed both. Nothing if `other` is of a larger tree, whose growth only
// others can prove. `consistency` gives the proof between two sizes of the own tree.
std::optional<ledger::CheckpointFork> fork_of(
    const ledger::CheckpointCertificate& own,
    const ledger::CheckpointCertificate& other,
    const OwnTree& tree,
    const std::function<std::vector<ledger::Hash>(ledger::TreeSize, ledger::TreeSize)>& consistency
);

// What this node answers to a RootQuery.
RootReply answer_of(const RootQuery& query, const OwnTree& tree);

// divergence.json
struct DivergenceReport {
    consensus::NodeId self = 0;
    std::string own_program;  // versions
    consensus::NodeId peer = 0;
    std::string peer_program;
    FirstDifference block;
    std::optional<LeafDifference> leaf;
};
std::string to_text(const DivergenceReport& report);

}  // namespace tanji::node
