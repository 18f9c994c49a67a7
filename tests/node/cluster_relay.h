#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace tanji::node::test {

// Somebody between a dialler and a listener, who passes bytes on, or changes one, or cuts the wire.
class Relay {
public:
    explicit Relay(std::uint16_t to)
        : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
          to_(to),
          accepting_([this] { accept_all(); }) {}

    ~Relay() {
        stopped_ = true;
        boost::system::error_code ignored;
        boost::asio::ip::tcp::socket last(io_);
        last.connect(acceptor_.local_endpoint(ignored), ignored);  // wakes the acceptor
        accepting_.join();
        cut();
        for (std::thread& thread : passing_) {
            thread.join();
        }
    }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    // The last byte of the next piece on the way to the listener loses a bit.
    void flip_next() { flip_ = true; }
    void cut() {
        const std::scoped_lock lock(mutex_);
        for (const auto& socket : sockets_) {
            boost::system::error_code ignored;
            socket->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
        }
    }

private:
    using Socket = std::shared_ptr<boost::asio::ip::tcp::socket>;

    void accept_all() {
        while (!stopped_) {
            const auto from = std::make_shared<boost::asio::ip::tcp::socket>(io_);
            const auto to = std::make_shared<boost::asio::ip::tcp::socket>(io_);
            boost::system::error_code failed;
            acceptor_.accept(*from, failed);
            if (failed || stopped_) {
                continue;
            }
            to->connect({boost::asio::ip::make_address("127.0.0.1"), to_}, failed);
            const std::scoped_lock lock(mutex_);
            sockets_.push_back(from);
            sockets_.push_back(to);
            passing_.emplace_back([this, from, to] { pass(from, to, true); });
            passing_.emplace_back([this, from, to] { pass(to, from, false); });
        }
    }

    void pass(const Socket& from, const Socket& to, bool may_flip) {
        std::array<char, 65536> bytes{};
        boost::system::error_code failed;
        while (!failed) {
            const std::size_t count = from->read_some(boost::asio::buffer(bytes), failed);
            if (count > 0 && may_flip && flip_.exchange(false)) {
                bytes[count - 1] = static_cast<char>(bytes[count - 1] ^ 1);
            }
            if (count > 0) {
                boost::asio::write(*to, boost::asio::buffer(bytes, count), failed);
            }
        }
        boost::system::error_code ignored;
        to->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
        from->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    }

    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t to_;
    std::atomic<bool> flip_ = false;
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;
    std::list<Socket> sockets_;
    std::list<std::thread> passing_;
    std::thread accepting_;
};

}  // namespace tanji::node::test
