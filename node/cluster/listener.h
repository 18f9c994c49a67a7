#pragma once

#include "node/cluster/register.h"

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tanji::node {

inline constexpr std::size_t greetings_max = 32;  // under way at once; the oldest gives way

// Where the others dial: greets them, and gives what they send to the register. On the network
// thread. The register outlives it.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    Listener(boost::asio::io_context& io, std::shared_ptr<Tls> tls, Register& register_);

    // host:port, [v6]:port; a name is looked up, so call it before the loop runs.
    ledger::Status listen(const std::string& address);
    std::uint16_t port() const { return port_; }
    void start();
    void stop();

    // The last word on a connection that somebody else reads.
    void dismiss(const std::shared_ptr<Connection>& connection, Refused refused);

private:
    boost::asio::awaitable<void> accept_all();
    boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
    // What the other side said; nothing if it was not let in.
    boost::asio::awaitable<std::optional<Hello>> greet(std::shared_ptr<Connection> connection);
    boost::asio::awaitable<void> receive(std::shared_ptr<Connection> connection, Hello theirs);
    // Says why a connection that broke a rule ends, and keeps its node out for a while.
    boost::asio::awaitable<void> dismiss_for_fault(
        std::shared_ptr<Connection> connection, consensus::NodeId node
    );
    // Offers it until it is taken. False: the connection does not count any more.
    boost::asio::awaitable<bool> hand_over(
        std::shared_ptr<Connection> connection,
        consensus::Incarnation incarnation,
        std::shared_ptr<PeerMessage> message
    );
    void make_room();
    void forget(const Connection& connection);

    boost::asio::io_context& io_;
    std::shared_ptr<Tls> tls_;
    Register& register_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::uint16_t port_ = 0;
    std::list<std::shared_ptr<Connection>> greetings_;  // the oldest first
    bool stopped_ = false;
};

}  // namespace tanji::node
