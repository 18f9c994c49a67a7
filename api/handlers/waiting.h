#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace tanji::api {

// Requests that wait for something to become true, without a worker each: one thread asks.
class Waiting {
public:
    Waiting();
    ~Waiting() { stop(); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    // Calls `done` once `ready` answers true, or after `ms`.
    void wait(std::uint32_t ms, std::function<bool()> ready, std::function<void()> done);

    // Calls whoever still waits, and from now on everybody at once.
    void stop();

private:
    struct One {
        std::int64_t until = 0;
        std::function<bool()> ready;
        std::function<void()> done;
    };
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<One> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tanji::api
