#include "tests/simulation/electors.h"

#include <algorithm>

namespace tanji::simulation {

bool is_in(const NodeList& list, NodeId node) {
    return std::ranges::find(list, node) != list.end();
}

std::uint64_t count_in(const NodeList& list, const std::function<bool(NodeId)>& is_so) {
    return static_cast<std::uint64_t>(std::ranges::count_if(list, is_so));
}

std::vector<NodeList> lists_that_count(const Judge& judge, const Members& members) {
    const consensus::Membership& committed = judge.membership();
    std::vector<NodeList> lists = {committed.voters};
    const auto add = [&](const NodeList& list) {
        if (!list.empty() && std::ranges::find(lists, list) == lists.end()) {
            lists.push_back(list);
        }
    };
    add(committed.old_voters);
    for (const auto& member : members) {
        const consensus::Membership newest = member->membership();
        if (newest.number > committed.number) {
            add(newest.voters);
            add(newest.old_voters);
        }
    }
    if (const auto& decision = judge.roster().decision) {
        add(decision->voters);
    }
    return lists;
}

}  // namespace tanji::simulation
