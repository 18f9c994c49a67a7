#include "node/replica/leaf_search.h"

#include <algorithm>
#include <cassert>

namespace tanji::node {

LeafSearch::LeafSearch(
    consensus::NodeId peer, ledger::TreeSize agreed, ledger::TreeSize own, ledger::TreeSize other
)
    : peer_(peer),
      low_(agreed),
      high_(std::max(own, other)),
      other_(other) {
    assert(low_ < high_);
}

// The last question is that of the differing prefix itself, for the hash of its last leaf.
std::optional<LeafQuery> LeafSearch::question() const {
    if (over_) {
        return std::nullopt;
    }
    const ledger::TreeSize size = high_ - low_ > 1 ? low_ + (high_ - low_) / 2 : high_;
    return LeafQuery{.request = number_, .size = size};
}

bool LeafSearch::answered(consensus::NodeId from, const LeafReply& reply, const OwnTree& tree) {
    const auto open = question();
    if (!open || from != peer_ || reply.request != open->request ||
        (reply.size != 0 && reply.size != open->size)) {
        return false;
    }
    ++number_;
    if (reply.size == 0 && open->size <= other_) {
        over_ = true;  // thrown back meanwhile: it had that many
        return true;
    }
    const bool has_own = open->size <= tree.size;
    const bool has_other = reply.size != 0;
    const bool equal = has_own && has_other && tree.root_at(open->size) == reply.root;
    if (open->size < high_) {
        (equal ? low_ : high_) = open->size;
        return true;
    }
    over_ = true;
    if (equal || (!has_own && !has_other)) {
        return true;
    }
    const ledger::LeafIndex leaf = open->size - 1;
    result_ = LeafDifference{
        .leaf = leaf,
        .own = has_own ? std::optional(tree.leaf_at(leaf)) : std::nullopt,
        .other = has_other ? std::optional(reply.leaf) : std::nullopt,
    };
    return true;
}

LeafReply answer_of(const LeafQuery& query, const OwnTree& tree) {
    if (query.size == 0 || query.size > tree.size) {
        return {.request = query.request, .size = 0, .root = {}, .leaf = {}};
    }
    return {
        .request = query.request,
        .size = query.size,
        .root = tree.root_at(query.size),
        .leaf = tree.leaf_at(query.size - 1),
    };
}

}  // namespace tanji::node
