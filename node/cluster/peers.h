#pragma once

#include "ledger/value/crypto.h"
#include "ledger/value/result.h"
#include "node/cluster/wire.h"
#include "node/replica/peer_message.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tanji::node {

// Another node, as the membership names it.
struct PeerNode {
    consensus::NodeId node = 0;
    std::string address;    // host:port, [v6]:port
    ledger::PublicKey key;  // `peer`: the only thing that proves who somebody is

    bool operator==(const PeerNode&) const = default;
};

// What a node says of itself in each greeting.
struct Present {
    consensus::Position marked;  // never below what it acknowledged before it is asked
    std::uint64_t membership = 0;
};

// Somebody was not let in, was cut off, or did that to this node.
struct Refusal {
    consensus::NodeId node = 0;  // 0: not known
    std::string address;         // of the other end, as far as known
    std::string code;            // handshake.h lists them
    std::string sentence;
    bool by_peer = false;  // the other side refused this one
};

// What is told to the node, on the network thread, which must not be kept waiting. `send`,
// `turn_away` and `hang_up` may be called from here, `stop` may not.
struct PeerHeard {
    // From an authenticated node, of the newest incarnation that is known. False: no room. The same
    // message comes again within milliseconds, and nothing else is read from there until it is
    // taken. May move from the message only if it returns true.
    std::function<bool(consensus::NodeId, consensus::Incarnation, PeerMessage&)> message;
    // A connection is made: one of the four of each pair of nodes (two that it dialled, on which it
    // sends, two that the other dialled). What was under way on the one before, appends or their
    // answers, may be lost. Comes before the first message of an incarnation.
    std::function<void(const Hello&)> joined;
    // The last of the four is gone.
    std::function<void(consensus::NodeId)> lost;
    std::function<void(const Refusal&)> refused;
};

struct PeerOptions {
    std::string listen = "0.0.0.0:8461";  // port 0: any free one, see Peers::port
    consensus::NodeId self = 0;
    ledger::Hash ledger;
    consensus::Incarnation incarnation = 1;
    std::vector<PeerNode> nodes;  // the others: voters and learners
    std::uint16_t block_version_max = 1;
    std::string program;               // version
    std::function<Present()> present;  // on the network thread; must not wait
};

struct PeerLaneStatus {
    bool connected = false;  // what is sent leaves
    std::uint64_t queued_bytes = 0;
    std::uint64_t dropped = 0;  // messages, since the start
};

struct PeerStatus {
    consensus::NodeId node = 0;
    PeerLaneStatus control;
    PeerLaneStatus bulk;
    bool hears_control = false;  // its connections to this node
    bool hears_bulk = false;
    consensus::Incarnation incarnation = 0;  // the newest seen; 0: none yet
    std::string program;                     // as it said last

    // Both can talk.
    bool connected() const { return control.connected && hears_control; }
};

// The transport between members: TLS 1.3 with pinned keys, frames, greetings, reconnecting. A node
// dials each other one twice and sends only on what it dialled. Messages get lost, and those of
// different lanes overtake each other; those of one lane and connection keep their order.
//
// One thread of its own. Any thread may call; nothing here throws.
class Peers {
public:
    // Listens when it returns. The message of a refusal says what cannot be bound or read.
    static ledger::Result<std::unique_ptr<Peers>> start(
        PeerOptions options, const ledger::SigningKey& key, PeerHeard heard
    );

    // As stop().
    ~Peers();
    Peers(const Peers&) = delete;
    Peers& operator=(const Peers&) = delete;

    std::uint16_t port() const;

    // Never waits for a peer. Dropped, and counted, when the lane is not connected or has more than
    // 1 MiB (control) or 32 MiB (bulk) waiting, or the message exceeds a limit of wire.h.
    void send(consensus::NodeId to, PeerMessage message);

    // From now on these are the others. Connections of keys that are not there any more are closed
    // at once, and told `removed`; so are later ones with these keys. This node itself may be among
    // them, and is passed over.
    void set_nodes(std::vector<PeerNode> nodes);

    // The node went back in time (its marked position is below what it acknowledged): it is refused
    // as `rolled_back` until it comes with a higher incarnation.
    void turn_away(consensus::NodeId node, consensus::Incarnation incarnation);

    // The node said what no honest one says: its connections to this one end with the code
    // `absurd_message`, and it is let in again after a while, as one that broke a rule of frames.
    void hang_up(consensus::NodeId node);

    std::vector<PeerStatus> status() const;  // in the order of nodes

    // Closes everything. Nothing is heard once it has returned.
    void stop();

private:
    struct Parts;
    explicit Peers(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tanji::node
