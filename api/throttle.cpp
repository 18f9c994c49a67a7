#include "api/throttle.h"

#include <algorithm>

namespace tanji::api {

Throttle::Verdict Throttle::take(
    std::string_view kind,
    std::string_view key,
    Limits::Bucket bucket,
    std::uint32_t cost,
    ledger::TimeMs now
) {
    if (bucket.burst == 0) {
        return {};
    }
    std::string name;
    name.append(kind).append(":").append(key);
    const std::uint64_t full = std::uint64_t{1000} * bucket.burst;

    const std::scoped_lock lock(mutex_);
    const auto known = by_key_.find(name);
    if (known == by_key_.end()) {
        if (by_use_.size() >= keys_max_) {
            by_key_.erase(by_use_.back().key);
            by_use_.pop_back();
        }
        by_use_.push_front({.key = std::move(name), .milli_tokens = full, .at = now});
        by_key_.emplace(by_use_.front().key, by_use_.begin());
    } else {
        by_use_.splice(by_use_.begin(), by_use_, known->second);
    }

    Filling& filling = by_use_.front();
    const auto passed = static_cast<std::uint64_t>(std::max<ledger::TimeMs>(0, now - filling.at));
    const std::uint64_t enough_ms = full / std::max<std::uint32_t>(1, bucket.per_second) + 1;
    filling.milli_tokens =
        std::min(full, filling.milli_tokens + std::min(passed, enough_ms) * bucket.per_second);
    filling.at = std::max(now, filling.at);

    const std::uint64_t wanted = std::uint64_t{1000} * std::min(cost, bucket.burst);
    if (filling.milli_tokens < wanted) {
        const std::uint64_t rate = std::max<std::uint64_t>(1, bucket.per_second) * 1000;
        const std::uint64_t missing = wanted - filling.milli_tokens;
        return {
            .allowed = false,
            .left = static_cast<std::uint32_t>(filling.milli_tokens / 1000),
            .wait_s = static_cast<std::uint32_t>((missing + rate - 1) / rate),
        };
    }
    filling.milli_tokens -= wanted;
    return {
        .allowed = true,
        .left = static_cast<std::uint32_t>(filling.milli_tokens / 1000),
        .wait_s = 0,
    };
}

std::size_t Throttle::size() const {
    const std::scoped_lock lock(mutex_);
    return by_use_.size();
}

}  // namespace tanji::api
