#include "consensus/log.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tanji::consensus {

Log::Log(std::vector<Position> starts, const std::vector<BlockRef>& held)
    : starts_(std::move(starts)) {
    assert(!held.empty());
    for (const BlockRef& block : held) {
        if (starts_.empty() || starts_.back().term < block.at.term) {
            starts_.push_back(block.at);
        }
        held_.push_back(block);
    }
}

const BlockRef* Log::held(Index index) const {
    if (index < first_held() || index > last().at.index) {
        return nullptr;
    }
    return &held_[index - first_held()];
}

std::optional<Position> Log::position(Index index) const {
    if (index > last().at.index) {
        return std::nullopt;
    }
    const auto after = std::ranges::upper_bound(starts_, index, {}, &Position::index);
    if (after == starts_.begin()) {
        return std::nullopt;
    }
    return Position{.term = std::prev(after)->term, .index = index};
}

void Log::append(const BlockRef& block) {
    assert(block.at.index == last().at.index + 1 && block.prev == last().hash);
    assert(block.at.term >= last().at.term);
    if (block.at.term > last().at.term) {
        starts_.push_back(block.at);
    }
    held_.push_back(block);
}

void Log::cut_from(Index index) {
    assert(index > first_held());
    while (last().at.index >= index) {
        if (starts_.back().index == last().at.index) {
            starts_.pop_back();
        }
        held_.pop_back();
    }
}

void Log::hold_from(Index index) {
    assert(index <= last().at.index);
    while (first_held() < index) {
        held_.pop_front();
    }
}

void Log::reset(const BlockRef& block) {
    held_ = {block};
    starts_ = {block.at};
}

Position Log::largest_within(const Position& limit) const {
    for (std::size_t i = starts_.size(); i-- > 0;) {
        if (starts_[i].term > limit.term || starts_[i].index > limit.index) {
            continue;
        }
        const Index end = i + 1 < starts_.size() ? starts_[i + 1].index - 1 : last().at.index;
        return {.term = starts_[i].term, .index = std::min(end, limit.index)};
    }
    return {};
}

}  // namespace tanji::consensus
