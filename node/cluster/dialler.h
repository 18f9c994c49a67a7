#pragma once

#include "node/cluster/backoff.h"
#include "node/cluster/outbox.h"
#include "node/cluster/register.h"

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tanji::node {

// The lane from here to one node: dials, greets, sends what is in the outbox, and dials again. On
// the network thread. The register outlives it.
class Dialler : public std::enable_shared_from_this<Dialler> {
public:
    Dialler(
        boost::asio::io_context& io,
        std::shared_ptr<Tls> tls,
        Register& register_,
        PeerNode node,
        Lane lane,
        std::shared_ptr<Outbox> outbox
    );

    void start();
    // The node is there, and knows this one: no use in waiting longer, unless a rule was broken.
    void nudge();
    // Ends what is under way; nothing is dialled any more.
    void stop();

private:
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

    boost::asio::awaitable<void> run();
    // Dials once, and sends until that ends.
    boost::asio::awaitable<void> talk();
    boost::asio::awaitable<Endpoints> look_up();
    // What the other side answered to the greeting; nothing if it did not, or not well.
    boost::asio::awaitable<std::optional<Hello>> greet();
    void open_outbox();
    boost::asio::awaitable<void> send_all();
    // The other side never sends here, but a refusal, and the end.
    boost::asio::awaitable<void> watch(std::shared_ptr<Connection> connection);
    void finish();
    std::chrono::milliseconds pause();

    boost::asio::io_context& io_;
    std::shared_ptr<Tls> tls_;
    Register& register_;
    PeerNode node_;
    Lane lane_;
    std::shared_ptr<Outbox> outbox_;
    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer wake_;    // something is in the outbox, or the connection ended
    boost::asio::steady_timer resume_;  // the pause between two attempts
    std::shared_ptr<Connection> connection_;
    std::chrono::steady_clock::time_point up_since_;
    Backoff backoff_;
    bool impatient_ = false;  // in a pause that nudge() may end
    bool stopped_ = false;
};

}  // namespace tanji::node
