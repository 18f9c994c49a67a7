#include "consensus/progress.h"

#include <algorithm>
#include <utility>

namespace tanji::consensus {

bool Progress::may_send(const Limits& limits) const {
    switch (mode_) {
        case Mode::probe:
            return !probing_;
        case Mode::replicate:
            return flights_.size() < limits.append_messages && flying_bytes_ < limits.append_bytes;
        case Mode::snapshot:
            return false;
    }
    return false;
}

void Progress::sent(Index first, std::uint64_t count, std::uint64_t bytes) {
    if (mode_ == Mode::probe) {
        probing_ = true;
        return;
    }
    if (count > 0) {
        flights_.push_back({.last = first + count - 1, .bytes = bytes});
        flying_bytes_ += bytes;
        next_ = first + count;
    }
}

bool Progress::accepted(Index index) {
    const bool news = index > match_;
    match_ = std::max(match_, index);
    next_ = std::max(next_, match_ + 1);
    if (mode_ == Mode::probe && index + 1 >= next_) {
        mode_ = Mode::replicate;
        probing_ = false;
    }
    while (!flights_.empty() && flights_.front().last <= match_) {
        flying_bytes_ -= flights_.front().bytes;
        flights_.pop_front();
    }
    return news;
}

bool Progress::refused(Index prev, Index meet) {
    // Nothing lowers match, and a probe is answered by its own answer only.
    if (prev < match_ || mode_ == Mode::snapshot || (mode_ == Mode::probe && prev + 1 != next_)) {
        return false;
    }
    const Index next = std::max(match_, meet) + 1;
    if (mode_ == Mode::probe && next == next_) {
        return false;  // the same again at once would be refused again: a heartbeat retries
    }
    probe_from(next);
    return true;
}

void Progress::has_snapshot(Index index) {
    if (mode_ == Mode::snapshot) {
        probe_from(std::max(match_, index) + 1);
    }
}

void Progress::joined(Incarnation incarnation) {
    const Index next = next_;
    if (incarnation != incarnation_) {
        incarnation_ = incarnation;
        match_ = 0;
        match_before_ = 0;
        read_ = 0;
        close_rounds_ = 0;
        probe_from(next);
    } else {
        probe_from(mode_ == Mode::replicate ? match_ + 1 : next);
    }
}

bool Progress::take_heard() {
    return std::exchange(heard_, false);
}

void Progress::answered_read(std::uint64_t number) {
    read_ = std::max(read_, number);
}

bool Progress::stalled() {
    const bool same = match_ == match_before_;
    match_before_ = match_;
    return same;
}

void Progress::probe_from(Index next) {
    mode_ = Mode::probe;
    probing_ = false;
    next_ = next;
    flights_.clear();
    flying_bytes_ = 0;
}

}  // namespace tanji::consensus
