#include "node/cluster/peers.h"

#include "node/cluster/dialler.h"
#include "node/cluster/listener.h"
#include "node/cluster/outbox.h"
#include "node/cluster/register.h"

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace tanji::node {
namespace {

namespace asio = boost::asio;

std::vector<std::pair<ledger::PublicKey, consensus::NodeId>> keys_of(
    const std::vector<PeerNode>& nodes
) {
    std::vector<std::pair<ledger::PublicKey, consensus::NodeId>> keys;
    for (const PeerNode& node : nodes) {
        keys.emplace_back(node.key, node.node);
    }
    return keys;
}

std::uint64_t drawn_number() {
    return ledger::read_u64(ledger::random_bytes(8));
}

PeerLaneStatus status_of(const Outbox& outbox) {
    const Outbox::Figures figures = outbox.figures();
    return {
        .connected = figures.open,
        .queued_bytes = figures.queued_bytes,
        .dropped = figures.dropped,
    };
}

}  // namespace

struct Peers::Parts {
    // What any thread may use of a node: its outboxes.
    struct Lanes {
        PeerNode node;
        std::shared_ptr<Outbox> control = std::make_shared<Outbox>(control_queue_bytes);
        std::shared_ptr<Outbox> bulk = std::make_shared<Outbox>(bulk_queue_bytes);
    };
    // What only the network thread may: its diallers.
    struct Dialled {
        PeerNode node;
        std::shared_ptr<Dialler> control;
        std::shared_ptr<Dialler> bulk;
    };

    Parts(
        PeerOptions given,
        PeerHeard heard,
        std::shared_ptr<KeyDirectory> keys,
        std::shared_ptr<Tls> tls_of_node
    )
        : options(std::move(given)),
          directory(std::move(keys)),
          tls(std::move(tls_of_node)),
          guard(io.get_executor()),
          known(
              options,
              drawn_number(),
              std::move(heard),
              [this](consensus::NodeId node) { nudge(node); }
          ),
          listener(std::make_shared<Listener>(io, tls, known)) {}

    void replace(std::vector<PeerNode> nodes);
    void dial(const std::map<consensus::NodeId, Lanes>& others);
    void nudge(consensus::NodeId node);
    void end(const Dialled& one, bool only_moved);
    void stop();

    const PeerOptions options;
    std::shared_ptr<KeyDirectory> directory;
    std::shared_ptr<Tls> tls;
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    Register known;
    std::shared_ptr<Listener> listener;
    std::map<consensus::NodeId, Dialled> dialled;

    mutable std::mutex mutex;
    std::map<consensus::NodeId, Lanes> lanes;
    bool stopped = false;

    std::thread thread;
};

// The directory and the outboxes change here and now; connections and diallers on their thread.
void Peers::Parts::replace(std::vector<PeerNode> nodes) {
    std::erase_if(nodes, [&](const PeerNode& node) { return node.node == options.self; });
    directory->replace(keys_of(nodes));
    const std::scoped_lock lock(mutex);
    std::map<consensus::NodeId, Lanes> next;
    for (const PeerNode& node : nodes) {
        const auto old = lanes.find(node.node);
        const bool same = old != lanes.end() && old->second.node == node;
        next.emplace(node.node, same ? old->second : Lanes{.node = node});
    }
    lanes = next;
    if (!stopped) {
        asio::post(io, [this, others = std::move(next)] { dial(others); });
    }
}

void Peers::Parts::dial(const std::map<consensus::NodeId, Lanes>& others) {
    std::erase_if(dialled, [&](const auto& entry) {
        const auto& [number, one] = entry;
        const auto found = others.find(number);
        const bool stays = found != others.end() && found->second.node == one.node;
        if (!stays) {
            end(one, found != others.end() && found->second.node.key == one.node.key);
        }
        return !stays;
    });
    for (const auto& [number, other] : others) {
        if (dialled.contains(number)) {
            continue;
        }
        Dialled& made = dialled[number];
        made.node = other.node;
        made.control =
            std::make_shared<Dialler>(io, tls, known, other.node, Lane::control, other.control);
        made.bulk = std::make_shared<Dialler>(io, tls, known, other.node, Lane::bulk, other.bulk);
        made.control->start();
        made.bulk->start();
    }
}

void Peers::Parts::end(const Dialled& one, bool only_moved) {
    one.control->stop();
    one.bulk->stop();
    if (!only_moved) {
        known.remove(one.node.node, [&](const std::shared_ptr<Connection>& connection) {
            listener->dismiss(connection, {"removed", "this node is a member no more"});
        });
    }
}

void Peers::Parts::nudge(consensus::NodeId node) {
    const auto found = dialled.find(node);
    if (found != dialled.end()) {
        found->second.control->nudge();
        found->second.bulk->nudge();
    }
}

void Peers::Parts::stop() {
    {
        const std::scoped_lock lock(mutex);
        if (stopped) {
            return;
        }
        stopped = true;
    }
    asio::post(io, [this] {
        listener->stop();
        for (const auto& [number, one] : dialled) {
            one.control->stop();
            one.bulk->stop();
        }
        known.close_all();
        guard.reset();
    });
    if (thread.joinable()) {
        thread.join();
    }
}

Peers::Peers(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Peers::~Peers() {
    stop();
}

ledger::Result<std::unique_ptr<Peers>> Peers::start(
    PeerOptions options, const ledger::SigningKey& key, PeerHeard heard
) {
    auto directory = std::make_shared<KeyDirectory>();
    auto tls = Tls::make(key, directory);
    if (!tls) {
        return ledger::refusal(tls);
    }
    auto parts = std::make_unique<Parts>(
        std::move(options), std::move(heard), std::move(directory), std::move(*tls)
    );
    if (auto listening = parts->listener->listen(parts->options.listen); !listening) {
        return ledger::refusal(listening);
    }
    parts->listener->start();
    parts->replace(parts->options.nodes);
    parts->thread = std::thread([all = parts.get()] { all->io.run(); });
    return std::unique_ptr<Peers>(new Peers(std::move(parts)));
}

std::uint16_t Peers::port() const {
    return parts_->listener->port();
}

void Peers::send(consensus::NodeId to, PeerMessage message) {
    std::shared_ptr<Outbox> outbox;
    const Lane lane = lane_of(message);
    {
        const std::scoped_lock lock(parts_->mutex);
        const auto found = parts_->lanes.find(to);
        if (found == parts_->lanes.end()) {
            return;
        }
        outbox = lane == Lane::bulk ? found->second.bulk : found->second.control;
    }
    const std::size_t weight = weight_of(message);
    outbox->put(std::move(message), weight);
}

void Peers::set_nodes(std::vector<PeerNode> nodes) {
    parts_->replace(std::move(nodes));
}

void Peers::turn_away(consensus::NodeId node, consensus::Incarnation incarnation) {
    const std::scoped_lock lock(parts_->mutex);
    if (!parts_->stopped) {
        asio::post(parts_->io, [all = parts_.get(), node, incarnation] {
            all->known.turn_away(node, incarnation);
        });
    }
}

void Peers::hang_up(consensus::NodeId node) {
    const std::scoped_lock lock(parts_->mutex);
    if (!parts_->stopped) {
        asio::post(parts_->io, [all = parts_.get(), node] {
            all->known.hang_up(node, [&](const std::shared_ptr<Connection>& connection) {
                all->listener->dismiss(
                    connection,
                    {"absurd_message", "a term, an index or a membership no honest node sends"}
                );
            });
        });
    }
}

std::vector<PeerStatus> Peers::status() const {
    std::map<consensus::NodeId, Parts::Lanes> lanes;
    {
        const std::scoped_lock lock(parts_->mutex);
        lanes = parts_->lanes;
    }
    std::vector<PeerStatus> all;
    for (const auto& [number, one] : lanes) {
        const Register::Seen seen = parts_->known.seen(number);
        all.push_back(
            {.node = number,
             .control = status_of(*one.control),
             .bulk = status_of(*one.bulk),
             .hears_control = seen.hears_control,
             .hears_bulk = seen.hears_bulk,
             .incarnation = seen.incarnation,
             .program = seen.program}
        );
    }
    return all;
}

void Peers::stop() {
    parts_->stop();
}

}  // namespace tanji::node
