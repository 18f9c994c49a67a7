#pragma once

#include "api/service.h"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace tanji::api {

// Where the ledger stands, looked up every few milliseconds however many want to know. And how many
// follow it.
class Standing {
public:
    struct Place {
        ledger::TreeSize size = 0;
        ledger::TreeSize certified = 0;
        bool draining = false;
    };
    Place now(Service& service);

    // One reader of events, from construction to destruction.
    class Follower {
    public:
        explicit Follower(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
        ~Follower() { --count_; }
        Follower(const Follower&) = delete;
        Follower& operator=(const Follower&) = delete;

    private:
        std::atomic<std::size_t>& count_;
    };
    std::atomic<std::size_t>& followers() { return followers_; }

private:
    std::mutex mutex_;
    Place place_;
    std::int64_t looked_at_ = 0;  // ms of the steady clock
    std::atomic<std::size_t> followers_ = 0;
};

std::int64_t steady_ms();

}  // namespace tanji::api
