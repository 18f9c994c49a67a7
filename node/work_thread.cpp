#include "node/work_thread.h"

#include <utility>

namespace tanji::node {

WorkThread::WorkThread(Task after_burst)
    : after_burst_(std::move(after_burst)),
      thread_([this] { run(); }) {}

WorkThread::~WorkThread() {
    stop();
}

void WorkThread::post(Task task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            return;
        }
        tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void WorkThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::size_t WorkThread::waiting() const {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
}

void WorkThread::run() {
    for (;;) {
        std::deque<Task> burst;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) {
                return;
            }
            burst.swap(tasks_);
        }
        for (Task& task : burst) {
            task();
        }
        if (after_burst_) {
            after_burst_();
        }
    }
}

}  // namespace tanji::node
