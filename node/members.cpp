#include "node/members.h"

#include "node/replica/admission.h"

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

Members::Members(Parts parts) : parts_(std::move(parts)) {}

ledger::Status Members::start() {
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
    return {};
}

void Members::send(consensus::NodeId to, PeerMessage message) {
    if (peers_) {
        peers_->send(to, std::move(message));
    }
}

void Members::turn_away(consensus::NodeId node, consensus::Incarnation incarnation) {
    if (peers_) {
        peers_->turn_away(node, incarnation);
    }
}

std::vector<PeerStatus> Members::status() const {
    return peers_ ? peers_->status() : std::vector<PeerStatus>();
}

void Members::stop() {
    if (peers_) {
        peers_->stop();
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
    auto admitted = admit(agreement, parts_.ledger, parts_.electorate);
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
