#pragma once

#include "api/stream.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tanji::api {

// A stream with what came and nobody has taken yet, and one deadline for whatever is under way.
// Used on its own loop only.
class Wire : public std::enable_shared_from_this<Wire> {
public:
    Wire(const boost::asio::any_io_executor& executor, std::unique_ptr<Stream> stream);

    // From now on the operation under way may last so long; then it is cancelled.
    void allow(std::uint32_t ms);
    // Whether that happened.
    bool expired() const { return expired_; }

    boost::asio::awaitable<bool> handshake(std::uint32_t ms);

    std::string_view unread() const { return {data_.data() + begin_, end_ - begin_}; }
    void take(std::size_t count);
    // More unread bytes, at most `bytes_max` of them in all. False when none came.
    boost::asio::awaitable<bool> read_more(std::size_t bytes_max);
    boost::asio::awaitable<bool> write(std::string_view first, std::string_view second);

    // Says goodbye, once.
    boost::asio::awaitable<void> finish(std::uint32_t ms);
    // Reads and forgets something. False when the peer has ended, or the wait was cancelled.
    boost::asio::awaitable<bool> drop_some();
    // Reads and forgets until the peer ends, the time is over, or so many bytes came.
    boost::asio::awaitable<void> drop(std::size_t bytes_max);

    void cancel() { stream_->cancel(); }
    void close() { stream_->close(); }
    // Closes, and no deadline counts any more.
    void stop();

private:
    void arm();

    std::unique_ptr<Stream> stream_;
    boost::asio::steady_timer timer_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    std::chrono::steady_clock::time_point armed_ = std::chrono::steady_clock::time_point::max();
    bool expired_ = false;
    bool stopped_ = false;
    bool finished_ = false;
    std::string data_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace tanji::api
