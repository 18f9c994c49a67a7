#pragma once

#include "consensus/types.h"

#include <functional>
#include <map>

// How many is enough, also in a joint phase, where each of the two lists has to agree by itself.
namespace tanji::consensus {

// Whether more than half of every list in force says yes.
bool is_quorum(const Membership& membership, const std::function<bool(NodeId)>& yes);

// The highest index that more than half of every list has reached. REQUIRES: there are voters.
Index quorum_index(const Membership& membership, const std::function<Index(NodeId)>& reached);

bool is_voter(const Membership& membership, NodeId node);
bool is_member(const Membership& membership, NodeId node);
// Voters of both lists and learners, ascending, each once.
std::vector<NodeId> members_of(const Membership& membership);
// The only voter there is: it need not ask anybody.
bool is_alone(const Membership& membership, NodeId node);

// Answers to one question. A member's later answer does not replace its first.
class Tally {
public:
    void clear() { answers_.clear(); }
    void answer(NodeId node, bool yes) { answers_.emplace(node, yes); }
    bool won(const Membership& membership) const;
    // Whether it can no longer be won.
    bool lost(const Membership& membership) const;

private:
    std::map<NodeId, bool> answers_;
};

}  // namespace tanji::consensus
