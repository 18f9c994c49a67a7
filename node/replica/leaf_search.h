#pragma once

#include "node/replica/electorate.h"
#include "node/replica/peer_message.h"

#include <cstdint>
#include <optional>

namespace tanji::node {

struct LeafDifference {
    ledger::LeafIndex leaf = 0;
    std::optional<ledger::Hash> own;  // nothing: that tree ends before it
    std::optional<ledger::Hash> other;
};

// Bisects the prefixes of two trees, this node's and another one's, for the first leaf in which
// they differ; at most log2(leaves) + 1 questions. What the other says is taken for what it says.
class LeafSearch {
public:
    // The first `agreed` leaves are equal. The trees had `own` and `other` leaves where they were
    // not. REQUIRES: agreed < own or agreed < other.
    LeafSearch(
        consensus::NodeId peer,
        ledger::TreeSize agreed,
        ledger::TreeSize own,
        ledger::TreeSize other
    );

    consensus::NodeId peer() const { return peer_; }
    // The question that is open; the same one until it is answered, so it may be sent again.
    std::optional<LeafQuery> question() const;
    // Answers of other nodes, to other questions, or after the end change nothing: false.
    bool answered(consensus::NodeId from, const LeafReply& reply, const OwnTree& tree);
    // Once there is no question left. Nothing, too, if the other told of no difference in the end,
    // or has no such tree any more.
    std::optional<LeafDifference> result() const { return result_; }

private:
    consensus::NodeId peer_;
    ledger::TreeSize low_;
    ledger::TreeSize high_;
    ledger::TreeSize other_;
    bool over_ = false;
    std::optional<LeafDifference> result_;
    std::uint64_t number_ = 1;
};

// What this node answers to a LeafQuery.
LeafReply answer_of(const LeafQuery& query, const OwnTree& tree);

}  // namespace tanji::node
