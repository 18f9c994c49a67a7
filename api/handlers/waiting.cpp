#include "api/handlers/waiting.h"

#include <chrono>

namespace tanji::api {
namespace {

constexpr std::chrono::milliseconds pace(20);

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch()
    )
        .count();
}

}  // namespace

Waiting::Waiting() : thread_([this] { run(); }) {}

void Waiting::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Waiting::wait(std::uint32_t ms, std::function<bool()> ready, std::function<void()> done) {
    {
        const std::scoped_lock lock(mutex_);
        if (!stopping_) {
            waiting_.push_back(
                {.until = now_ms() + ms, .ready = std::move(ready), .done = std::move(done)}
            );
            changed_.notify_all();
            return;
        }
    }
    done();
}

void Waiting::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_ || !waiting_.empty()) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        std::list<One> asked;
        asked.swap(waiting_);
        const bool stopping = stopping_;
        lock.unlock();
        for (auto one = asked.begin(); one != asked.end();) {
            if (stopping || one->until <= now_ms() || one->ready()) {
                one->done();
                one = asked.erase(one);
            } else {
                ++one;
            }
        }
        lock.lock();
        waiting_.splice(waiting_.begin(), asked);
        if (!stopping_ && !waiting_.empty()) {
            changed_.wait_for(lock, pace, [this] { return stopping_; });
        }
    }
}

}  // namespace tanji::api
