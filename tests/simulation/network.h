#pragma once

#include "node/replica/peer_message.h"
#include "tests/simulation/draw.h"
#include "tests/simulation/timeline.h"
#include "tests/simulation/weather.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace tanji::simulation {

using consensus::NodeId;
using MessagePtr = std::shared_ptr<const node::PeerMessage>;

// Between members: every directed link delays, loses, repeats and reorders, has room for so many
// messages, and may be cut one way. A message is for the process that was there when it was sent,
// as on a connection.
class Network {
public:
    struct Lives {
        std::uint64_t from = 0;      // incarnation of the sender
        consensus::Position marked;  // what its handshake said of its mark
        std::uint64_t to = 0;
    };
    using Deliver =
        std::function<void(NodeId from, NodeId to, const Lives& lives, const MessagePtr& message)>;

    Network(Timeline& timeline, const Weather& weather, std::uint64_t seed, Deliver deliver)
        : timeline_(timeline),
          weather_(weather),
          draw_(seed, "network"),
          deliver_(std::move(deliver)) {}

    void send(NodeId from, NodeId to, const Lives& lives, MessagePtr message);
    // Something that takes its way as a message does, but is neither lost nor repeated: a new
    // connection. Nothing if the link is cut.
    bool connects(NodeId a, NodeId b) const { return !is_cut(a, b) && !is_cut(b, a); }
    Micros delay() { return weather_.delay_min + draw_.about(weather_.delay_mean); }

    void cut(NodeId from, NodeId to) { cut_.emplace(from, to); }
    void heal(NodeId from, NodeId to) { cut_.erase({from, to}); }
    void heal_all() { cut_.clear(); }
    bool is_cut(NodeId from, NodeId to) const { return cut_.contains({from, to}); }
    const std::set<std::pair<NodeId, NodeId>>& cuts() const { return cut_; }
    // Between these nodes nothing goes wrong any more.
    void mend(const std::set<NodeId>& core);

    struct Counts {
        std::uint64_t sent = 0;
        std::uint64_t lost = 0;
        std::uint64_t repeated = 0;
        std::uint64_t cut = 0;
        std::uint64_t full = 0;
    };
    const Counts& counts() const { return counts_; }

private:
    void put(NodeId from, NodeId to, const Lives& lives, const MessagePtr& message, Micros delay);

    Timeline& timeline_;
    const Weather& weather_;
    Draw draw_;
    Deliver deliver_;
    std::set<std::pair<NodeId, NodeId>> cut_;
    std::set<NodeId> mended_;
    std::map<std::pair<NodeId, NodeId>, std::uint64_t> under_way_;
    Counts counts_;
};

}  // namespace tanji::simulation
