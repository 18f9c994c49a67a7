#pragma once

#include "node/work_thread.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tanji::node {

// Runs the question on that thread and waits for the answer; nothing if the thread did not come to
// it in time, or has ended. Not from the thread itself.
template <typename Question>
auto ask(WorkThread& thread, Question question, std::chrono::milliseconds patience)
    -> std::optional<decltype(question())> {
    struct Answer {
        std::mutex mutex;
        std::condition_variable told;
        std::optional<decltype(question())> value;
    };
    const auto answer = std::make_shared<Answer>();
    thread.post([answer, question = std::move(question)] {
        auto value = question();
        const std::lock_guard lock(answer->mutex);
        answer->value = std::move(value);
        answer->told.notify_all();
    });
    std::unique_lock lock(answer->mutex);
    answer->told.wait_for(lock, patience, [&] { return answer->value.has_value(); });
    return answer->value;
}

}  // namespace tanji::node
