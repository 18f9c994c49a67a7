#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace tanji::simulation {

using Micros = std::uint64_t;
inline constexpr Micros second = 1'000'000;

// Virtual time and everything that is going to happen, in one order.
class Timeline {
public:
    Micros now() const { return now_; }
    std::uint64_t events() const { return done_; }

    void after(Micros delay, std::function<void()> what) {
        queue_.push({now_ + delay, ++number_, std::move(what)});
    }
    // What was planned up to that moment happens; time stands there afterwards.
    void run_until(Micros end, const std::function<bool()>& is_over) {
        while (!queue_.empty() && queue_.top().at <= end && !is_over()) {
            const std::function<void()> what = std::move(queue_.top().what);
            now_ = queue_.top().at;
            queue_.pop();
            ++done_;
            what();
        }
        now_ = std::max(now_, end);
    }

private:
    struct Event {
        Micros at = 0;
        std::uint64_t number = 0;  // what was planned first happens first
        mutable std::function<void()> what;

        bool operator<(const Event& other) const {
            return std::pair(other.at, other.number) < std::pair(at, number);
        }
    };

    Micros now_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t done_ = 0;
    std::priority_queue<Event> queue_;
};

}  // namespace tanji::simulation
