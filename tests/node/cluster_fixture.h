#pragma once

#include "cluster_samples.h"
#include "node/cluster/connection.h"
#include "node/cluster/handshake.h"
#include "node/cluster/peers.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace tanji::node::test {

bool wait_until(
    const std::function<bool()>& holds,
    std::chrono::milliseconds most = std::chrono::milliseconds(10'000)
);

ledger::SigningKey peer_key(std::uint64_t node);
PeerNode peer_at(std::uint64_t node, std::uint16_t port);

// What a node heard, in the order in which it heard it.
class Inbox {
public:
    struct Message {
        consensus::NodeId from = 0;
        consensus::Incarnation incarnation = 0;
        ledger::Bytes frame;
    };

    PeerHeard heard();
    void set_full(bool full);
    std::vector<Message> messages() const;
    std::size_t count() const { return messages().size(); }
    std::vector<Hello> joined() const;
    std::vector<consensus::NodeId> lost() const;
    // How often that code was heard, from the other side or not.
    std::size_t refusals(const std::string& code, bool by_peer) const;
    // For the message of a test that fails.
    std::string all_refusals() const;

private:
    mutable std::mutex mutex_;
    bool full_ = false;
    std::vector<Message> messages_;
    std::vector<Hello> joined_;
    std::vector<consensus::NodeId> lost_;
    std::vector<Refusal> refused_;
};

struct MemberOptions {
    std::uint64_t node = 1;
    consensus::Incarnation incarnation = 1;
    std::uint8_t ledger = 0x77;
    std::uint16_t port = 0;  // 0: any
};

// A node's transport without the node.
class Member {
public:
    explicit Member(MemberOptions options);
    explicit Member(std::uint64_t node) : Member(MemberOptions{.node = node}) {}

    std::uint64_t node() const { return options_.node; }
    PeerNode place() const { return peer_at(options_.node, peers->port()); }

    PeerStatus status_of(std::uint64_t node) const;
    // All four connections of the pair are up.
    bool is_whole_with(std::uint64_t node) const;

    Inbox inbox;  // outlives the threads that write into it
    std::unique_ptr<Peers> peers;

private:
    MemberOptions options_;
};

// Everybody learns everybody's address.
void introduce(const std::vector<Member*>& members);
bool all_whole(const std::vector<Member*>& members);

// Somebody who speaks the transport by hand, and says what it likes.
class Stranger {
public:
    // With that node's key. It trusts every node up to 9.
    explicit Stranger(const ledger::SigningKey& key);
    ~Stranger();
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    bool dial(std::uint16_t port);
    bool say(ledger::Bytes bytes);
    std::optional<Frame> listen(Lane lane = Lane::greeting);
    // Dials and greets well. Whether it was let in.
    bool join(std::uint16_t port, const Hello& hello);
    // The code with which the other side ends it; nothing if it just does.
    std::string last_word();
    bool accept(boost::asio::ip::tcp::acceptor& acceptor);

    std::shared_ptr<Connection> connection;
    boost::asio::io_context& io() { return io_; }

private:
    static constexpr std::uint32_t patience_ms = 20'000;  // a test that waits longer has failed

    template <typename Value>
    Value run(boost::asio::awaitable<Value> task);

    boost::asio::io_context io_;
    std::shared_ptr<Tls> tls_;
};

Hello hello_of(std::uint64_t node, Lane lane = Lane::control);

}  // namespace tanji::node::test
