#include "consensus/membership.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace tanji::consensus {
namespace {

bool ascends(const std::vector<NodeId>& list) {
    return std::ranges::adjacent_find(list, std::greater_equal()) == list.end() &&
           (list.empty() || list.front() != 0);
}

}  // namespace

Memberships::Memberships(Index from, Membership membership)
    : steps_{{.from = from, .membership = std::move(membership)}} {}

const Membership& Memberships::at(Index index) const {
    assert(index >= steps_.front().from);
    const auto later = [&](const Step& step) { return step.from > index; };
    return std::prev(std::ranges::find_if(steps_, later))->membership;
}

std::vector<Membership> Memberships::until(Index index) const {
    assert(index >= steps_.front().from);
    std::vector<Membership> found;
    for (const Step& step : steps_) {
        if (step.from <= index) {
            found.push_back(step.membership);
        }
    }
    return found;
}

void Memberships::append(Index from, const Membership& membership) {
    assert(from > steps_.back().from);
    steps_.push_back({.from = from, .membership = membership});
}

void Memberships::cut_from(Index index) {
    while (steps_.size() > 1 && steps_.back().from >= index) {
        steps_.pop_back();
    }
}

void Memberships::commit(Index index) {
    while (steps_.size() > 1 && steps_[1].from <= index) {
        steps_.erase(steps_.begin());
    }
}

void Memberships::reset(Index from, const Membership& membership) {
    steps_ = {{.from = from, .membership = membership}};
}

bool is_well_formed(const Membership& membership) {
    std::vector<NodeId> both;
    std::ranges::set_intersection(membership.voters, membership.learners, std::back_inserter(both));
    return ascends(membership.voters) && ascends(membership.old_voters) &&
           ascends(membership.learners) && both.empty() && !membership.voters.empty() &&
           membership.voters.size() <= voters_max && membership.old_voters.size() <= voters_max &&
           membership.learners.size() <= learners_max;
}

bool follows(const Membership& next, const Membership& now) {
    if (next.number != now.number + 1) {
        return false;
    }
    if (!now.is_joint()) {
        return next.old_voters == now.voters && is_well_formed(next);
    }
    Membership last = now;
    last.number = next.number;
    last.old_voters.clear();
    return next == last;
}

}  // namespace tanji::consensus
