#include "node/replica/clock_watch.h"

#include <algorithm>
#include <vector>

namespace tanji::node {
namespace {

constexpr ledger::TimeMs of_late_ms = 10'000;
constexpr ledger::TimeMs patience_ms = 10'000;

}  // namespace

void ClockWatch::heard(consensus::NodeId node, ledger::TimeMs theirs, ledger::TimeMs own) {
    heard_[node] = {.offset = own - theirs, .at = own};
}

std::optional<ledger::TimeMs> ClockWatch::offset(ledger::TimeMs now) const {
    std::vector<ledger::TimeMs> offsets;
    for (const auto& [node, offset] : this->offsets(now)) {
        offsets.push_back(offset);
    }
    if (offsets.empty()) {
        return std::nullopt;
    }
    const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2);
    std::ranges::nth_element(offsets, middle);
    return *middle;
}

std::map<consensus::NodeId, ledger::TimeMs> ClockWatch::offsets(ledger::TimeMs now) const {
    std::map<consensus::NodeId, ledger::TimeMs> offsets;
    for (const auto& [node, heard] : heard_) {
        if (now - heard.at <= of_late_ms && heard.at <= now) {
            offsets.emplace(node, heard.offset);
        }
    }
    return offsets;
}

bool ClockWatch::is_off(ledger::TimeMs now) {
    const auto by = offset(now);
    if (!by || (*by <= max_skew_ms_ && *by >= -max_skew_ms_)) {
        off_since_.reset();
        return false;
    }
    if (!off_since_ || *off_since_ > now) {
        off_since_ = now;
    }
    return now - *off_since_ >= patience_ms;
}

}  // namespace tanji::node
