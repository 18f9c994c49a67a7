#include "consensus/quorum.h"

#include <algorithm>
#include <cassert>

namespace tanji::consensus {
namespace {

bool has_majority(const std::vector<NodeId>& list, const std::function<bool(NodeId)>& yes) {
    const auto count = static_cast<std::size_t>(std::ranges::count_if(list, yes));
    return 2 * count > list.size();
}

Index majority_index(const std::vector<NodeId>& list, const std::function<Index(NodeId)>& reached) {
    std::vector<Index> indexes;
    indexes.reserve(list.size());
    for (const NodeId node : list) {
        indexes.push_back(reached(node));
    }
    std::ranges::sort(indexes, std::greater());
    return indexes.at(list.size() / 2);
}

bool holds(const std::vector<NodeId>& list, NodeId node) {
    return std::ranges::find(list, node) != list.end();
}

}  // namespace

bool is_quorum(const Membership& membership, const std::function<bool(NodeId)>& yes) {
    return has_majority(membership.voters, yes) &&
           (!membership.is_joint() || has_majority(membership.old_voters, yes));
}

Index quorum_index(const Membership& membership, const std::function<Index(NodeId)>& reached) {
    assert(!membership.voters.empty());
    const Index index = majority_index(membership.voters, reached);
    return membership.is_joint() ? std::min(index, majority_index(membership.old_voters, reached))
                                 : index;
}

bool is_voter(const Membership& membership, NodeId node) {
    return holds(membership.voters, node) || holds(membership.old_voters, node);
}

bool is_member(const Membership& membership, NodeId node) {
    return is_voter(membership, node) || holds(membership.learners, node);
}

std::vector<NodeId> members_of(const Membership& membership) {
    std::vector<NodeId> all = membership.voters;
    all.insert(all.end(), membership.old_voters.begin(), membership.old_voters.end());
    all.insert(all.end(), membership.learners.begin(), membership.learners.end());
    std::ranges::sort(all);
    const auto [first, last] = std::ranges::unique(all);
    all.erase(first, last);
    return all;
}

bool is_alone(const Membership& membership, NodeId node) {
    return !membership.is_joint() && membership.voters == std::vector<NodeId>{node};
}

bool Tally::won(const Membership& membership) const {
    return is_quorum(membership, [this](NodeId node) {
        const auto answer = answers_.find(node);
        return answer != answers_.end() && answer->second;
    });
}

bool Tally::lost(const Membership& membership) const {
    return !is_quorum(membership, [this](NodeId node) {
        const auto answer = answers_.find(node);
        return answer == answers_.end() || answer->second;
    });
}

}  // namespace tanji::consensus
