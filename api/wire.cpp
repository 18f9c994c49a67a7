#include "api/wire.h"

#include <algorithm>

namespace tanji::api {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t drop_bytes = 16 * 1024;

}  // namespace

Wire::Wire(const asio::any_io_executor& executor, std::unique_ptr<Stream> stream)
    : stream_(std::move(stream)),
      timer_(executor) {}

// One timer serves all deadlines: it is only set again when a deadline comes nearer, which is rare.
void Wire::allow(std::uint32_t ms) {
    deadline_ = steady_clock::now() + milliseconds(ms);
    expired_ = false;
    if (deadline_ < armed_) {
        arm();
    }
}

void Wire::arm() {
    armed_ = deadline_;
    timer_.expires_at(armed_);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code aborted) {
        if (aborted || self->stopped_) {
            return;
        }
        if (steady_clock::now() < self->deadline_) {
            self->arm();
            return;
        }
        self->armed_ = steady_clock::time_point::max();
        self->expired_ = true;
        self->stream_->cancel();
    });
}

asio::awaitable<bool> Wire::handshake(std::uint32_t ms) {
    allow(ms);
    co_return co_await stream_->handshake();
}

void Wire::take(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) {
        begin_ = end_ = 0;
    }
}

asio::awaitable<bool> Wire::read_more(std::size_t bytes_max) {
    if (data_.size() < bytes_max) {
        data_.resize(bytes_max);
    }
    if (begin_ > 0) {
        std::copy(data_.data() + begin_, data_.data() + end_, data_.data());
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == data_.size()) {
        co_return false;
    }
    const std::size_t count = co_await stream_->read(data_.data() + end_, data_.size() - end_);
    end_ += count;
    co_return count > 0;
}

asio::awaitable<bool> Wire::write(std::string_view first, std::string_view second) {
    co_return co_await stream_->write(first, second);
}

asio::awaitable<void> Wire::finish(std::uint32_t ms) {
    allow(ms);
    if (!finished_) {
        finished_ = true;
        co_await stream_->finish();
    }
}

asio::awaitable<bool> Wire::drop_some() {
    take(unread().size());
    co_return co_await read_more(drop_bytes);
}

asio::awaitable<void> Wire::drop(std::size_t bytes_max) {
    std::size_t dropped = 0;
    while (dropped < bytes_max && !expired_) {
        const bool came = co_await drop_some();
        if (!came) {
            break;
        }
        dropped += unread().size();
    }
}

void Wire::stop() {
    timer_.cancel();
    stopped_ = true;
    stream_->close();
}

}  // namespace tanji::api
