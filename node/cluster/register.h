#pragma once

#include "node/cluster/connection.h"
#include "node/cluster/handshake.h"
#include "node/cluster/peers.h"

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace tanji::node {

// What one process knows of the others while it runs: who is connected as what, which incarnation
// is the newest, who broke the rules. It alone tells the node. On the network thread, but seen().
class Register {
public:
    struct Seen {
        bool hears_control = false;
        bool hears_bulk = false;
        consensus::Incarnation incarnation = 0;
        std::string program;
    };

    // `alive` is called when a node dialled this one: it is there, so it may be dialled at once.
    Register(
        const PeerOptions& options,
        std::uint64_t process,
        PeerHeard heard,
        std::function<void(consensus::NodeId)> alive
    );

    Hello own_hello(Lane lane) const;
    // Why that greeting is not accepted on this connection.
    std::optional<Refused> judge(const Hello& theirs, const Connection& connection);

    // The greeting is over. The connection takes the place of the one before, and ends those of
    // older incarnations. False: it came too late, its key was removed meanwhile.
    bool up(Side side, const std::shared_ptr<Connection>& connection, const Hello& theirs);
    // A connection that may have been up has ended.
    void down(consensus::NodeId node, const Connection& connection);
    // Whether what comes there is to be believed: up, not replaced, not removed.
    bool counts(consensus::NodeId node, const Connection& connection) const;

    // False: not now.
    bool deliver(consensus::NodeId node, consensus::Incarnation, PeerMessage& message) const;
    // Somebody refused somebody. A node that broke the rules is kept out for a while.
    void report(consensus::NodeId node, const std::string& address, const Fault& fault);
    void keep_out(consensus::NodeId node);

    void turn_away(consensus::NodeId node, consensus::Incarnation incarnation);
    // The connections that the node dialled are given to `farewell`, which ends them; it is kept
    // out for a while.
    void hang_up(
        consensus::NodeId node,
        const std::function<void(const std::shared_ptr<Connection>&)>& farewell
    );
    // All connections with that node end. Those that it dialled are given to
    // `farewell`, which ends them.
    void remove(
        consensus::NodeId node,
        const std::function<void(const std::shared_ptr<Connection>&)>& farewell
    );
    void close_all();

    Seen seen(consensus::NodeId node) const;

private:
    struct Live {
        std::shared_ptr<Connection> connection;
        consensus::Incarnation incarnation = 0;
    };
    struct Node {
        std::array<Live, 4> live;  // dialled control, dialled bulk, accepted control, accepted bulk
        std::string program;
        std::chrono::steady_clock::time_point kept_out_until;
        std::chrono::milliseconds kept_out_for{0};
    };

    static bool has_any(const Node& entry);
    static void drop(Live& live);

    const PeerOptions& options_;
    std::uint64_t process_;
    PeerHeard heard_;
    std::function<void(consensus::NodeId)> alive_;
    mutable std::mutex mutex_;  // of what seen() reads; only the network thread writes
    Incarnations incarnations_;
    std::map<consensus::NodeId, Node> nodes_;
};

}  // namespace tanji::node
