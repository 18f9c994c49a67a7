#pragma once

#include "tests/simulation/member.h"

#include <memory>
#include <vector>

namespace tanji::simulation {

using Members = std::vector<std::unique_ptr<Member>>;
using NodeList = std::vector<NodeId>;

// Every list of voters of which a majority is needed, now or if what is under way goes on: of the
// newest committed membership (its voters first), of those that some log holds behind it, and of
// what governance decided.
std::vector<NodeList> lists_that_count(const Judge& judge, const Members& members);

bool is_in(const NodeList& list, NodeId node);
// Of how many of the list that can be said.
std::uint64_t count_in(const NodeList& list, const std::function<bool(NodeId)>& is_so);

}  // namespace tanji::simulation
