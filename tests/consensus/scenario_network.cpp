#include "tests/consensus/scenario_network.h"

#include <cassert>

namespace tanji::consensus::scenario {
namespace {

std::string number(std::string_view name, std::uint64_t value) {
    return " " + std::string(name) + " " + std::to_string(value);
}

std::string place(std::string_view name, Position at) {
    return " " + std::string(name) + " " + text_of(at);
}

std::string verdict(bool granted, std::string_view yes) {
    return " " + (granted ? std::string(yes) : "refused");
}

struct Words {
    std::string operator()(const PreVote& message) const {
        return "PreVote" + number("term", message.term) + place("last", message.last);
    }
    std::string operator()(const PreVoteReply& message) const {
        return "PreVoteReply" + number("term", message.term) + verdict(message.granted, "granted");
    }
    std::string operator()(const Vote& message) const {
        return "Vote" + number("term", message.term) + place("last", message.last) +
               (message.transfer ? " transfer" : "");
    }
    std::string operator()(const VoteReply& message) const {
        return "VoteReply" + number("term", message.term) + verdict(message.granted, "granted");
    }
    std::string operator()(const Append& message) const {
        return "Append" + number("term", message.term) + place("prev", message.prev) +
               number("count", message.count) + number("commit", message.commit);
    }
    std::string operator()(const AppendReply& message) const {
        return "AppendReply" + number("term", message.term) +
               verdict(message.accepted, "accepted") + number("index", message.index) +
               (message.accepted ? "" : place("hint", message.hint)) +
               (message.conflict ? " conflict" : "");
    }
    std::string operator()(const Heartbeat& message) const {
        return "Heartbeat" + number("term", message.term) + number("commit", message.commit) +
               number("read", message.read);
    }
    std::string operator()(const HeartbeatReply& message) const {
        return "HeartbeatReply" + number("term", message.term) + number("read", message.read) +
               number("commit", message.commit);
    }
    std::string operator()(const TransferNow& message) const {
        return "TransferNow" + number("term", message.term);
    }
};

}  // namespace

std::string text_of(const Message& message) {
    return std::visit(Words{}, message);
}

std::string text_of(const Envelope& envelope) {
    if (const auto* snapshot = std::get_if<Snapshot>(&envelope.content)) {
        return "Chunk" + place("block", snapshot->block->ref.at);
    }
    return text_of(std::get<Message>(envelope.content));
}

bool is_election(const Envelope& envelope) {
    const auto* message = std::get_if<Message>(&envelope.content);
    return message != nullptr &&
           (std::holds_alternative<PreVote>(*message) ||
            std::holds_alternative<PreVoteReply>(*message) ||
            std::holds_alternative<Vote>(*message) || std::holds_alternative<VoteReply>(*message));
}

bool Network::send(Envelope envelope) {
    const Link link{envelope.from, envelope.to};
    if (is_cut(link)) {
        return false;
    }
    queues_[link].push_back(std::move(envelope));
    return true;
}

Envelope Network::take(Link link, std::size_t place) {
    auto& queue = queues_[link];
    assert(place < queue.size());
    const auto at = queue.begin() + static_cast<std::ptrdiff_t>(place);
    Envelope taken = std::move(*at);
    queue.erase(at);
    return taken;
}

const std::deque<Envelope>& Network::under_way(Link link) {
    return queues_[link];
}

void Network::repeat(Link link, std::size_t count) {
    auto& queue = queues_[link];
    assert(count <= queue.size());
    const std::deque<Envelope> copies(
        queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count)
    );
    queue.insert(queue.end(), copies.begin(), copies.end());
}

void Network::swap(Link link) {
    auto& queue = queues_[link];
    assert(queue.size() >= 2);
    std::swap(queue[0], queue[1]);
}

void Network::hold(Link link, std::size_t count) {
    for (; count > 0; --count) {
        held_[link].push_back(take(link));
    }
}

Envelope Network::let_go(Link link) {
    auto& queue = held_[link];
    assert(!queue.empty());
    Envelope taken = std::move(queue.front());
    queue.pop_front();
    return taken;
}

void Network::forget(NodeId member, bool also_sent) {
    for (auto& [link, queue] : queues_) {
        if (link.second == member || (also_sent && link.first == member)) {
            queue.clear();
        }
    }
    for (auto& [link, queue] : held_) {
        if (link.second == member) {
            queue.clear();
        }
    }
}

void Network::cut(Link link) {
    cut_.insert(link);
    queues_[link].clear();
}

std::vector<Network::Link> Network::busy() const {
    std::vector<Link> links;
    for (const auto& [link, queue] : queues_) {
        if (!queue.empty()) {
            links.push_back(link);
        }
    }
    return links;
}

void Network::clear() {
    queues_.clear();
    held_.clear();
}

}  // namespace tanji::consensus::scenario
