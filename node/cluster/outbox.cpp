#include "node/cluster/outbox.h"

namespace tanji::node {

void Outbox::put(PeerMessage message, std::size_t weight) {
    std::function<void()> wake;
    {
        const std::scoped_lock lock(mutex_);
        if (!open_ || bytes_ + weight > bytes_max_) {
            ++dropped_;
            return;
        }
        if (waiting_.empty()) {
            wake = wake_;
        }
        waiting_.emplace_back(std::move(message), weight);
        bytes_ += weight;
    }
    if (wake) {
        wake();
    }
}

void Outbox::drop() {
    const std::scoped_lock lock(mutex_);
    ++dropped_;
}

void Outbox::open(std::function<void()> wake) {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    wake_ = std::move(wake);
}

void Outbox::close() {
    std::deque<std::pair<PeerMessage, std::size_t>> gone;  // freed without the lock
    const std::scoped_lock lock(mutex_);
    open_ = false;
    wake_ = nullptr;
    dropped_ += waiting_.size();
    bytes_ = 0;
    gone.swap(waiting_);
}

std::vector<PeerMessage> Outbox::take(std::size_t weight) {
    std::vector<PeerMessage> taken;
    const std::scoped_lock lock(mutex_);
    std::size_t sum = 0;
    while (!waiting_.empty() && (taken.empty() || sum + waiting_.front().second <= weight)) {
        sum += waiting_.front().second;
        taken.push_back(std::move(waiting_.front().first));
        waiting_.pop_front();
    }
    bytes_ -= sum;
    return taken;
}

Outbox::Figures Outbox::figures() const {
    const std::scoped_lock lock(mutex_);
    return {.open = open_, .queued_bytes = bytes_, .dropped = dropped_};
}

}  // namespace tanji::node
