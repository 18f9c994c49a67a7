#include "tests/simulation/network.h"

namespace tanji::simulation {

void Network::send(NodeId from, NodeId to, const Lives& lives, MessagePtr message) {
    ++counts_.sent;
    if (mended_.contains(from) && mended_.contains(to)) {
        put(from, to, lives, message, 500);
        return;
    }
    if (is_cut(from, to)) {
        ++counts_.cut;
        return;
    }
    if (under_way_[{from, to}] >= weather_.capacity) {
        ++counts_.full;
        return;
    }
    if (draw_.chance(weather_.loss_ppm)) {
        ++counts_.lost;
        return;
    }
    put(from, to, lives, message, delay());
    if (draw_.chance(weather_.duplicate_ppm)) {
        ++counts_.repeated;
        put(from, to, lives, message, delay() + delay());
    }
}

void Network::put(
    NodeId from, NodeId to, const Lives& lives, const MessagePtr& message, Micros delay
) {
    ++under_way_[{from, to}];
    timeline_.after(delay, [this, from, to, lives, message] {
        --under_way_[{from, to}];
        if (!is_cut(from, to)) {
            deliver_(from, to, lives, message);
        }
    });
}

void Network::mend(const std::set<NodeId>& core) {
    mended_ = core;
    for (const NodeId a : core) {
        for (const NodeId b : core) {
            heal(a, b);
        }
    }
}

}  // namespace tanji::simulation
