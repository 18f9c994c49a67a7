#include "api/throttle.h"

#include <algorithm>

namespace tanji::api {

namespace {

constexpr ledger::TimeMs waits_at_most_ms = 60'000;  // a request, with all it waits for

std::string name_of(std::string_view kind, std::string_view key) {
    std::string name;
    return name.append(kind).append(":").append(key);
}

Throttle::Verdict judge(std::uint64_t milli_tokens, std::uint64_t wanted, Limits::Bucket bucket) {
    Throttle::Verdict verdict;
    verdict.allowed = milli_tokens >= wanted;
    verdict.left = static_cast<std::uint32_t>(milli_tokens / 1000);
    if (!verdict.allowed) {
        const std::uint64_t rate = std::max<std::uint64_t>(1, bucket.per_second) * 1000;
        verdict.wait_s = static_cast<std::uint32_t>((wanted - milli_tokens + rate - 1) / rate);
    }
    return verdict;
}

}  // namespace

Throttle::Filling& Throttle::filled(std::string name, Limits::Bucket bucket, ledger::TimeMs now) {
    const std::uint64_t full = std::uint64_t{1000} * bucket.burst;
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
    // An earlier time is that of a request that waited: what was filled since is not filled again.
    // A much earlier one is a clock that was set back.
    filling.at = filling.at - now > waits_at_most_ms ? now : std::max(now, filling.at);
    return filling;
}

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
    const std::uint64_t wanted = std::uint64_t{1000} * std::min(cost, bucket.burst);
    const std::scoped_lock lock(mutex_);
    Filling& filling = filled(name_of(kind, key), bucket, now);
    Verdict verdict = judge(filling.milli_tokens, wanted, bucket);
    if (verdict.allowed) {
        filling.milli_tokens -= wanted;
        verdict.left = static_cast<std::uint32_t>(filling.milli_tokens / 1000);
    }
    return verdict;
}

Throttle::Verdict Throttle::look(
    std::string_view kind,
    std::string_view key,
    Limits::Bucket bucket,
    std::uint32_t cost,
    ledger::TimeMs now
) {
    if (bucket.burst == 0) {
        return {};
    }
    const std::uint64_t wanted = std::uint64_t{1000} * std::min(cost, bucket.burst);
    const std::scoped_lock lock(mutex_);
    return judge(filled(name_of(kind, key), bucket, now).milli_tokens, wanted, bucket);
}

void Throttle::give_back(
    std::string_view kind,
    std::string_view key,
    Limits::Bucket bucket,
    std::uint32_t cost,
    ledger::TimeMs now
) {
    if (bucket.burst == 0) {
        return;
    }
    const std::uint64_t taken = std::uint64_t{1000} * std::min(cost, bucket.burst);
    const std::uint64_t full = std::uint64_t{1000} * bucket.burst;
    const std::scoped_lock lock(mutex_);
    Filling& filling = filled(name_of(kind, key), bucket, now);
    filling.milli_tokens = std::min(full, filling.milli_tokens + taken);
}

std::size_t Throttle::size() const {
    const std::scoped_lock lock(mutex_);
    return by_use_.size();
}

}  // namespace tanji::api
