#include "node/members.h"

#include "node/replica/admission.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

constexpr std::size_t waiting_max = 512;

// Blocks, commands and what a candidate shows are worth a thread; the rest is small.
bool is_dear(const PeerMessage& message) {
    if (const auto* agreement = std::get_if<Agreement>(&message)) {
        return std::holds_alternative<consensus::Append>(agreement->message) ||
               std::holds_alternative<consensus::TransferNow>(agreement->message) ||
               !agreement->last_header.empty();
    }
    return std::holds_alternative<Forward>(message);
}

bool is_about_snapshots(const PeerMessage& message) {
    return std::holds_alternative<ManifestQuery>(message) ||
           std::holds_alternative<ManifestReply>(message) ||
           std::holds_alternative<FetchChunk>(message) || std::holds_alternative<Chunk>(message);
}

}  // namespace

Members::Members(Parts parts)
    : parts_(std::move(parts)),
      roster_(parts_.roster),
      electorate_(std::make_shared<const Electorate>(electorate_of(*roster_))) {}

void Members::set_roster(std::shared_ptr<const ledger::Roster> roster) {
    auto electorate = std::make_shared<const Electorate>(electorate_of(*roster));
    {
        const std::lock_guard lock(mutex_);
        roster_ = roster;
        electorate_ = std::move(electorate);
    }
    if (Peers* peers = running_) {
        peers->set_nodes(whom_to_know(*roster, parts_.remembered));
    }
}

std::shared_ptr<const ledger::Roster> Members::roster() const {
    const std::lock_guard lock(mutex_);
    return roster_;
}

std::shared_ptr<const Electorate> Members::electorate() const {
    const std::lock_guard lock(mutex_);
    return electorate_;
}

bool Members::has_others() const {
    return std::ranges::any_of(
        whom_to_know(*roster(), parts_.remembered),
        [&](const PeerNode& node) { return node.node != parts_.options.self; }
    );
}

ledger::Status Members::start() {
    const auto known = roster();
    // Those that were removed are known, too, so that they are told.
    for (const ledger::NodeRow& node : known->nodes) {
        if (node.node != parts_.options.self) {
            parts_.options.nodes.push_back(peer_of(node));
        }
    }
    auto started = Peers::start(
        parts_.options,
        parts_.key,
        PeerHeard{
            .message =
                [this](consensus::NodeId from, consensus::Incarnation incarnation, PeerMessage& m) {
                    return heard(from, incarnation, m);
                },
            .joined =
                [this](const Hello& hello) {
                    parts_.in_loop([node = hello.node,
                                    incarnation = hello.incarnation,
                                    marked = hello.marked](Replica& r) {
                        r.joined(node, incarnation, marked);
                    });
                },
            .lost =
                [this](consensus::NodeId node) {
                    parts_.refused(
                        "peer.lost",
                        {.node = node, .address = {}, .code = {}, .sentence = "no connection left"}
                    );
                },
            .refused = [this](const Refusal& refusal) { parts_.refused("peer.refused", refusal); },
        }
    );
    if (!started) {
        return ledger::refusal(started);
    }
    peers_ = std::move(*started);
    peers_->set_nodes(whom_to_know(*known, parts_.remembered));
    running_ = peers_.get();
    return {};
}

void Members::send(consensus::NodeId to, PeerMessage message) {
    if (Peers* peers = running_) {
        peers->send(to, std::move(message));
    }
}

void Members::turn_away(consensus::NodeId node, consensus::Incarnation incarnation) {
    if (Peers* peers = running_) {
        peers->turn_away(node, incarnation);
    }
}

void Members::hang_up(consensus::NodeId node) {
    if (Peers* peers = running_) {
        peers->hang_up(node);
    }
}

std::vector<PeerStatus> Members::status() const {
    const Peers* peers = running_;
    return peers != nullptr ? peers->status() : std::vector<PeerStatus>();
}

void Members::stop() {
    if (Peers* peers = running_) {
        peers->stop();
    }
    admission_.stop();
}

bool Members::heard(
    consensus::NodeId from, consensus::Incarnation incarnation, PeerMessage& message
) {
    if (is_about_snapshots(message)) {
        return parts_.about_snapshots(from, std::move(message));
    }
    if (is_dear(message)) {
        if (admission_.waiting() >= waiting_max) {
            return false;
        }
        if (auto* agreement = std::get_if<Agreement>(&message)) {
            admission_.post([this, from, incarnation, moved = std::move(*agreement)]() mutable {
                admit_agreement(from, incarnation, std::move(moved));
            });
        } else {
            admission_.post([this, from, moved = std::move(std::get<Forward>(message))] {
                prepare_commands(from, moved);
            });
        }
        return true;
    }
    parts_.in_loop([from, incarnation, moved = std::move(message)](Replica& replica) {
        if (const auto* agreement = std::get_if<Agreement>(&moved)) {
            replica.received(from, incarnation, *agreement, std::vector<SealedBlockPtr>());
        } else {
            replica.received(from, moved);
        }
    });
    return true;
}

void Members::admit_agreement(
    consensus::NodeId from, consensus::Incarnation incarnation, Agreement agreement
) {
    auto admitted = admit(agreement, parts_.ledger, *electorate());
    parts_.in_loop(
        [from, incarnation, agreement = std::move(agreement), admitted = std::move(admitted)](
            Replica& replica
        ) { replica.received(from, incarnation, agreement, admitted); }
    );
}

void Members::prepare_commands(consensus::NodeId from, const Forward& forward) {
    std::vector<std::shared_ptr<const ledger::Prepared>> commands;
    for (const ledger::Bytes& bytes : forward.commands) {
        std::shared_ptr<ledger::Prepared> command;
        if (auto stored = ledger::read_stored(bytes)) {
            if (auto prepared = ledger::prepare(std::move(*stored), parts_.ledger)) {
                command = std::move(*prepared);
            }
        }
        const bool good = command && ledger::verify_signatures(parts_.state, *command);
        commands.push_back(good ? std::move(command) : nullptr);
    }
    const Forward answered = {.request = forward.request, .commands = {}};
    parts_.in_loop([from, answered, commands = std::move(commands)](Replica& replica) {
        replica.received(from, answered, commands);
    });
}

}  // namespace tanji::node
