#pragma once

#include "consensus/message.h"
#include "tests/consensus/scenario_disk.h"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// Messages under way: one queue per direction of a link.
namespace tanji::consensus::scenario {

struct Envelope {
    NodeId from = 0;
    NodeId to = 0;
    Incarnation sender = 0;  // of the processes at both ends when it left
    Incarnation receiver = 0;
    std::variant<Message, Snapshot> content;
    std::vector<BlockPtr> blocks;  // of an append
};

// `Append term 2 prev 1/3 count 1 commit 2`: a name of docs/consensus.md, then what it says.
std::string text_of(const Message& message);
std::string text_of(const Envelope& envelope);
// What elections are made of.
bool is_election(const Envelope& envelope);

class Network {
public:
    using Link = std::pair<NodeId, NodeId>;

    // False: the link is cut, the message is gone.
    bool send(Envelope envelope);
    // The one at that place of the queue leaves it.
    Envelope take(Link link, std::size_t place = 0);
    const std::deque<Envelope>& under_way(Link link);
    void repeat(Link link, std::size_t count);
    void swap(Link link);
    // The oldest ones are held up on their way until they are let go, one at a time.
    void hold(Link link, std::size_t count);
    Envelope let_go(Link link);
    bool holds(Link link) { return !held_[link].empty(); }

    // A process ended: nothing reaches it. What it sent may still be under way.
    void forget(NodeId member, bool also_sent);
    void cut(Link link);
    void heal() { cut_.clear(); }
    void heal(Link link) { cut_.erase(link); }
    bool is_cut(Link link) const { return cut_.contains(link); }

    std::vector<Link> busy() const;
    void clear();

private:
    std::map<Link, std::deque<Envelope>> queues_;
    std::map<Link, std::deque<Envelope>> held_;
    std::set<Link> cut_;
};

}  // namespace tanji::consensus::scenario
