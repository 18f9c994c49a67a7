#pragma once

#include "api/client/client.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

// Bytes to and from one server, plain or TLS, each operation ending at a deadline.
namespace tanji::api {

struct Endpoint {
    std::string host;
    std::string port;
    bool tls = false;
};

// http://host[:port] or https://host[:port]
ledger::Result<Endpoint> read_url(std::string_view text);

class ClientConnection {
public:
    ClientConnection(ClientSettings settings, Endpoint place);

    const ClientSettings& settings() const { return settings_; }
    const Endpoint& place() const { return place_; }

    // Every operation ends then at the latest.
    void end_at(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
    bool has_time() const { return std::chrono::steady_clock::now() < deadline_; }

    bool is_connected() const { return connected_; }
    // The peer has ended it; what came before may still be unread.
    void peer_ended() { connected_ = false; }

    ledger::Status connect();
    void close();
    ledger::Status write(std::string_view head, std::string_view body);
    // More bytes at the end of `unread`; none when the peer has ended the connection.
    ledger::Status read();

    std::string unread;

private:
    using Plain = boost::asio::ip::tcp::socket;
    using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

    bool wait(const bool& done);
    ledger::Status fault(std::string_view what, boost::system::error_code failed, bool in_time)
        const;
    ledger::Status prepare_tls();

    ClientSettings settings_;
    Endpoint place_;
    boost::asio::io_context context_{1};
    std::optional<boost::asio::ssl::context> tls_context_;
    std::optional<Plain> plain_;
    std::optional<Tls> tls_;
    bool connected_ = false;
    std::chrono::steady_clock::time_point deadline_;
};

}  // namespace tanji::api
