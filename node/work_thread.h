#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace tanji::node {

// One thread that does what it is given, in that order. `after_burst` runs on it each time nothing
// more waits, so a burst of inputs is followed by one look at what they led to.
class WorkThread {
public:
    using Task = std::function<void()>;

    explicit WorkThread(Task after_burst = {});
    // As stop().
    ~WorkThread();
    WorkThread(const WorkThread&) = delete;
    WorkThread& operator=(const WorkThread&) = delete;

    // From any thread; dropped after stop() began.
    void post(Task task);
    // Does what was posted before, then ends. Not from the thread itself.
    void stop();
    std::size_t waiting() const;

private:
    void run();

    Task after_burst_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Task> tasks_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tanji::node
