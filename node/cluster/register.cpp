#include "node/cluster/register.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kept_out_first{1'000};
constexpr milliseconds kept_out_longest{30'000};

std::size_t place_of(Side side, Lane lane) {
    return (side == Side::accepted ? 2U : 0U) + (lane == Lane::bulk ? 1U : 0U);
}

}  // namespace

Register::Register(
    const PeerOptions& options,
    std::uint64_t process,
    PeerHeard heard,
    std::function<void(consensus::NodeId)> alive
)
    : options_(options),
      process_(process),
      heard_(std::move(heard)),
      alive_(std::move(alive)) {}

Hello Register::own_hello(Lane lane) const {
    const Present now = options_.present ? options_.present() : Present{};
    Hello hello;
    hello.lane = lane;
    hello.ledger = options_.ledger;
    hello.node = options_.self;
    hello.incarnation = options_.incarnation;
    hello.process = process_;
    hello.marked = now.marked;
    hello.membership = now.membership;
    hello.block_version_max = options_.block_version_max;
    hello.program = options_.program;
    return hello;
}

std::optional<Refused> Register::judge(const Hello& theirs, const Connection& connection) {
    const KeyDirectory::Holder holder = connection.holder();
    if (auto refused = check_hello(theirs, own_hello(theirs.lane), holder)) {
        return refused;
    }
    const auto known = nodes_.find(holder.node);
    if (known != nodes_.end() && steady_clock::now() < known->second.kept_out_until) {
        return Refused{"too_soon", "this node broke the rules of the transport"};
    }
    const consensus::Incarnation newest = incarnations_.newest(holder.node);
    const std::scoped_lock lock(mutex_);
    const auto code = incarnations_.meet(holder.node, theirs.incarnation, theirs.process);
    return code.empty() ? std::nullopt : std::optional(refused_incarnation(code, theirs, newest));
}

bool Register::up(Side side, const std::shared_ptr<Connection>& connection, const Hello& theirs) {
    const KeyDirectory::Holder holder = connection->holder();
    {
        const std::scoped_lock lock(mutex_);
        // Another may have come, or this one been turned away, while the greeting was on its way.
        if (holder.removed || !connection->is_open() ||
            !incarnations_.meet(holder.node, theirs.incarnation, theirs.process).empty()) {
            connection->close();
            return false;
        }
        Node& entry = nodes_[holder.node];
        for (Live& live : entry.live) {
            if (live.connection && live.incarnation < theirs.incarnation) {
                drop(live);
            }
        }
        Live& live = entry.live[place_of(side, theirs.lane)];
        drop(live);
        live = {.connection = connection, .incarnation = theirs.incarnation};
        entry.program = theirs.program;
    }
    if (heard_.joined) {
        heard_.joined(theirs);
    }
    if (side == Side::accepted) {
        alive_(holder.node);
    }
    return true;
}

void Register::down(consensus::NodeId node, const Connection& connection) {
    const auto known = nodes_.find(node);
    if (known == nodes_.end()) {
        return;
    }
    const auto live = std::ranges::find_if(known->second.live, [&](const Live& one) {
        return one.connection.get() == &connection;
    });
    if (live == known->second.live.end()) {
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        *live = {};
    }
    if (!has_any(known->second) && heard_.lost) {
        heard_.lost(node);
    }
}

bool Register::counts(consensus::NodeId node, const Connection& connection) const {
    const auto known = nodes_.find(node);
    return known != nodes_.end() && connection.is_open() && !connection.has_refused() &&
           !connection.holder().removed &&
           std::ranges::any_of(known->second.live, [&](const Live& one) {
               return one.connection.get() == &connection;
           });
}

bool Register::deliver(
    consensus::NodeId node, consensus::Incarnation incarnation, PeerMessage& message
) const {
    return !heard_.message || heard_.message(node, incarnation, message);
}

void Register::report(consensus::NodeId node, const std::string& address, const Fault& fault) {
    if (!fault.code.empty() && heard_.refused) {
        heard_.refused(
            {.node = node,
             .address = address,
             .code = fault.code,
             .sentence = fault.sentence,
             .by_peer = fault.by_peer}
        );
    }
}

// Longer each time, unless a while has passed since.
void Register::keep_out(consensus::NodeId node) {
    const auto now = steady_clock::now();
    const std::scoped_lock lock(mutex_);
    Node& entry = nodes_[node];
    const bool forgotten = now > entry.kept_out_until + kept_out_longest;
    entry.kept_out_for = forgotten
                             ? kept_out_first
                             : std::clamp(entry.kept_out_for * 2, kept_out_first, kept_out_longest);
    entry.kept_out_until = now + entry.kept_out_for;
}

void Register::turn_away(consensus::NodeId node, consensus::Incarnation incarnation) {
    bool now_gone = false;
    {
        const std::scoped_lock lock(mutex_);
        incarnations_.turn_away(node, incarnation);
        const auto known = nodes_.find(node);
        if (known == nodes_.end() || !has_any(known->second)) {
            return;
        }
        for (Live& live : known->second.live) {
            if (live.incarnation <= incarnation) {
                drop(live);
            }
        }
        now_gone = !has_any(known->second);
    }
    if (now_gone && heard_.lost) {
        heard_.lost(node);
    }
}

void Register::hang_up(
    consensus::NodeId node, const std::function<void(const std::shared_ptr<Connection>&)>& farewell
) {
    const auto known = nodes_.find(node);
    if (known == nodes_.end()) {
        return;
    }
    std::vector<std::shared_ptr<Connection>> accepted;
    for (const Lane lane : {Lane::control, Lane::bulk}) {
        const auto& connection = known->second.live[place_of(Side::accepted, lane)].connection;
        if (connection && !connection->has_refused()) {
            accepted.push_back(connection);
        }
    }
    // What was under way when the first absurd message came is none of a second.
    if (!accepted.empty()) {
        keep_out(node);
        std::ranges::for_each(accepted, farewell);
    }
}

void Register::remove(
    consensus::NodeId node, const std::function<void(const std::shared_ptr<Connection>&)>& farewell
) {
    const auto known = nodes_.find(node);
    if (known == nodes_.end()) {
        return;
    }
    Node gone;
    {
        const std::scoped_lock lock(mutex_);
        gone = std::move(known->second);
        nodes_.erase(known);
    }
    const bool was_there = has_any(gone);
    for (std::size_t i = 0; i < gone.live.size(); ++i) {
        const auto& connection = gone.live[i].connection;
        if (connection && i >= place_of(Side::accepted, Lane::control)) {
            farewell(connection);
        } else if (connection) {
            connection->close();
        }
    }
    if (was_there && heard_.lost) {
        heard_.lost(node);
    }
}

void Register::close_all() {
    for (auto& [node, entry] : nodes_) {
        for (const Live& live : entry.live) {
            if (live.connection) {
                live.connection->close();
            }
        }
    }
}

Register::Seen Register::seen(consensus::NodeId node) const {
    const std::scoped_lock lock(mutex_);
    const auto known = nodes_.find(node);
    if (known == nodes_.end()) {
        return {};
    }
    const auto& live = known->second.live;
    return {
        .hears_control = live[place_of(Side::accepted, Lane::control)].connection != nullptr,
        .hears_bulk = live[place_of(Side::accepted, Lane::bulk)].connection != nullptr,
        .incarnation = incarnations_.newest(node),
        .program = known->second.program,
    };
}

bool Register::has_any(const Node& entry) {
    return std::ranges::any_of(entry.live, [](const Live& one) {
        return one.connection != nullptr;
    });
}

void Register::drop(Live& live) {
    if (live.connection) {
        live.connection->close();
    }
    live = {};
}

}  // namespace tanji::node
