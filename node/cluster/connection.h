#pragma once

#include "node/cluster/tls.h"
#include "node/cluster/wire.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tanji::node {

struct Frame {
    std::uint8_t type = 0;
    ledger::Bytes body;
};

// Why a connection ended. Without a code it is merely gone.
struct Fault {
    std::string code;
    std::string sentence;
    bool by_peer = false;
};

enum class Side : std::uint8_t { dialled, accepted };

// One TLS connection that carries frames. On its own loop only. A coroutine of it runs while its
// caller holds the connection. When one answers false, the connection is closed, and fault() says
// why.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(
        const boost::asio::any_io_executor& executor, Side side, const std::shared_ptr<Tls>& tls
    );
    Connection(boost::asio::ip::tcp::socket socket, const std::shared_ptr<Tls>& tls);

    // The greeting, from here to settle(), may last so long; then the connection is closed. After
    // it only writing has a limit.
    void allow(std::uint32_t ms);
    void settle();

    boost::asio::awaitable<bool> connect(std::vector<boost::asio::ip::tcp::endpoint> places);
    // The handshake of TLS, with the verdict about the key.
    boost::asio::awaitable<bool> secure();
    // Who the proven key belongs to now: it may be removed meanwhile. REQUIRES: secure() was true.
    KeyDirectory::Holder holder() const;

    // One frame that may come on that lane. Nothing when the connection is gone, or when the head
    // of the frame breaks the rules: then it is still open, for a refusal.
    boost::asio::awaitable<std::optional<Frame>> read(Lane lane);
    boost::asio::awaitable<bool> write(std::shared_ptr<const ledger::Bytes> bytes);
    // The last word of this side. The connection closes itself within a second.
    boost::asio::awaitable<void> refuse(Refused refused);
    // Reads on without looking until that second is over or the other side has closed: closing on
    // unread bytes would take the last word back. REQUIRES: nobody else reads.
    boost::asio::awaitable<void> linger();

    // Notes why it ends, unless that is known already; fail() also closes it.
    void blame(Fault fault);
    void fail(Fault fault);
    void close();

    bool is_open() const { return !closed_; }
    bool has_refused() const { return refused_; }
    const Fault& fault() const { return fault_; }
    const std::string& address() const { return address_; }

private:
    void ended(const boost::system::error_code& failed);
    void arm(std::uint32_t ms);
    void tune();

    std::shared_ptr<Tls> tls_;
    Side side_;
    TlsStream stream_;
    boost::asio::steady_timer timer_;
    std::string address_;
    ledger::PublicKey key_;
    Fault fault_;
    bool faulty_ = false;
    bool settled_ = false;
    bool closed_ = false;
    bool refused_ = false;
};

}  // namespace tanji::node
