#pragma once

#include "api/limits.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tanji::api {

// Token buckets, one per key, in a table of bounded size: the bucket used least recently goes
// first. A bucket that went away is full when it comes back, so the bound costs fairness, never
// memory. May be used by several threads.
class Throttle {
public:
    explicit Throttle(std::size_t keys_max) : keys_max_(keys_max) {}

    struct Verdict {
        bool allowed = true;
        std::uint32_t left = 0;    // whole tokens
        std::uint32_t wait_s = 0;  // until there is enough again; 0 when allowed
    };

    // Takes `cost` tokens, if they are there. A bucket without burst allows everything.
    Verdict take(
        std::string_view kind,
        std::string_view key,
        Limits::Bucket bucket,
        std::uint32_t cost,
        ledger::TimeMs now
    );

    // What take() would say; nothing is taken.
    Verdict look(
        std::string_view kind,
        std::string_view key,
        Limits::Bucket bucket,
        std::uint32_t cost,
        ledger::TimeMs now
    );

    // Takes that back: the bucket is as full as if nothing had been taken.
    void give_back(
        std::string_view kind,
        std::string_view key,
        Limits::Bucket bucket,
        std::uint32_t cost,
        ledger::TimeMs now
    );

    std::size_t size() const;

private:
    struct Filling {
        std::string key;
        std::uint64_t milli_tokens = 0;  // a refill per second is a milli-token per millisecond
        ledger::TimeMs at = 0;
    };
    // The bucket, filled up to now. REQUIRES: the lock.
    Filling& filled(std::string name, Limits::Bucket bucket, ledger::TimeMs now);

    std::size_t keys_max_;
    mutable std::mutex mutex_;
    std::list<Filling> by_use_;  // the latest first
    std::unordered_map<std::string_view, std::list<Filling>::iterator> by_key_;
};

}  // namespace tanji::api
