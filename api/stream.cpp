#include "api/stream.h"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tanji::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);

class Plain : public Stream {
public:
    explicit Plain(tcp::socket socket) : socket_(std::move(socket)) {}

    asio::awaitable<bool> handshake() override { co_return true; }

    asio::awaitable<std::size_t> read(char* into, std::size_t room) override {
        const auto [failed, count] =
            co_await socket_.async_read_some(asio::buffer(into, room), waiting);
        co_return failed ? 0 : count;
    }

    asio::awaitable<bool> write(std::string_view first, std::string_view second) override {
        const std::array<asio::const_buffer, 2> both = {
            asio::buffer(first.data(), first.size()), asio::buffer(second.data(), second.size())
        };
        const auto [failed, count] = co_await asio::async_write(socket_, both, waiting);
        co_return !failed;
    }

    asio::awaitable<void> finish() override {
        boost::system::error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
    }

    void cancel() override {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }

    void close() override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

class Tls : public Stream {
public:
    Tls(tcp::socket socket, TlsContext context)
        : context_(std::move(context)),
          stream_(std::move(socket), *context_) {}

    asio::awaitable<bool> handshake() override {
        const auto [failed] =
            co_await stream_.async_handshake(asio::ssl::stream_base::server, waiting);
        co_return !failed;
    }

    asio::awaitable<std::size_t> read(char* into, std::size_t room) override {
        const auto [failed, count] =
            co_await stream_.async_read_some(asio::buffer(into, room), waiting);
        co_return failed ? 0 : count;
    }

    asio::awaitable<bool> write(std::string_view first, std::string_view second) override {
        // One TLS record for both where they are small, instead of one each.
        std::string joined;
        if (second.size() < 8192) {
            joined.append(first).append(second);
            first = joined;
            second = {};
        }
        const std::array<asio::const_buffer, 2> both = {
            asio::buffer(first.data(), first.size()), asio::buffer(second.data(), second.size())
        };
        const auto [failed, count] = co_await asio::async_write(stream_, both, waiting);
        co_return !failed;
    }

    asio::awaitable<void> finish() override {
        static_cast<void>(co_await stream_.async_shutdown(waiting));
        boost::system::error_code ignored;
        stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    }

    void cancel() override {
        boost::system::error_code ignored;
        stream_.next_layer().cancel(ignored);
    }

    void close() override {
        boost::system::error_code ignored;
        stream_.next_layer().close(ignored);
    }

private:
    TlsContext context_;  // kept: a reload may replace the server's one
    asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(tcp::socket socket) {
    return std::make_unique<Plain>(std::move(socket));
}

std::unique_ptr<Stream> make_tls_stream(tcp::socket socket, TlsContext context) {
    return std::make_unique<Tls>(std::move(socket), std::move(context));
}

}  // namespace tanji::api
