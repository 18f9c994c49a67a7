#include "ledger/parties/account.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "node/replica/admission.h"
#include "tests/simulation/member.h"
#include "tests/simulation/words.h"

#include <utility>

#include <fmt/format.h>

// What reaches a node from outside, and what its loop wants of the world.
namespace tanji::simulation {

using node::Replica;

namespace {

constexpr Micros kept_out = 1'000'000;  // who said something absurd

}  // namespace

// --- from outside ---

void Member::hear(NodeId from, const Network::Lives& lives, const MessagePtr& message) {
    if (!is_up() || lives.to != life_ || turned_away_.contains(from) || !knows(from) ||
        world_.timeline.now() < kept_out_until_[from]) {
        return;
    }
    if (lives.from > greeted_[from]) {  // nobody speaks before the handshake
        connect(from, lives.from, lives.marked);
    }
    const auto* agreement = std::get_if<node::Agreement>(message.get());
    const auto* forward = std::get_if<node::Forward>(message.get());
    const bool dear = forward != nullptr ||
                      (agreement != nullptr &&
                       (std::holds_alternative<consensus::Append>(agreement->message) ||
                        std::holds_alternative<consensus::TransferNow>(agreement->message) ||
                        !agreement->last_header.empty()));
    if (world_.trace) {
        trace(fmt::format("< n{} {}", from, text_of(*message)));
    }
    // Signatures are verified beside the loop.
    const Micros delay = dear ? 50 + draw_.below(500) : 5;
    post(delay, [this, from, incarnation = lives.from, message] {
        in_loop([&](Replica& replica) {
            if (const auto* agreed = std::get_if<node::Agreement>(message.get())) {
                const auto admitted = node::admit(*agreed, world_.alliance.ledger(), *electorate_);
                replica.received(from, incarnation, *agreed, admitted);
            } else if (const auto* forwarded = std::get_if<node::Forward>(message.get())) {
                std::vector<std::shared_ptr<const ledger::Prepared>> commands;
                for (const ledger::Bytes& bytes : forwarded->commands) {
                    std::shared_ptr<ledger::Prepared> command;
                    if (auto stored = ledger::read_stored(bytes)) {
                        if (auto prepared =
                                ledger::prepare(std::move(*stored), world_.alliance.ledger())) {
                            command = std::move(*prepared);
                        }
                    }
                    const bool good = command && ledger::verify_signatures(store_, *command);
                    commands.push_back(good ? std::move(command) : nullptr);
                }
                replica.received(
                    from, node::Forward{.request = forwarded->request, .commands = {}}, commands
                );
            } else {
                replica.received(from, *message);
            }
        });
    });
}

void Member::connect(
    NodeId peer, consensus::Incarnation incarnation, const consensus::Position& marked
) {
    if (!knows(peer) || (turned_away_.contains(peer) && incarnation <= turned_away_[peer])) {
        return;
    }
    turned_away_.erase(peer);
    greeted_[peer] = std::max(greeted_[peer], incarnation);
    post(0, [this, peer, incarnation, marked] {
        in_loop([&](Replica& replica) { replica.joined(peer, incarnation, marked); });
    });
}

void Member::submit(const Wish& wish, bool until_certified, ledger::TimeMs wait, node::Done done) {
    submit(
        [this, wish] { return world_.alliance.prepared(wish); },
        until_certified,
        wait,
        std::move(done)
    );
}

void Member::submit(Command make, bool until_certified, ledger::TimeMs wait, node::Done done) {
    post(
        0,
        [this, make = std::move(make), until_certified, wait, done = std::move(done)]() mutable {
            auto command = make();
            const auto row =
                ledger::load<ledger::CommandRow>(store_, ledger::schema::command(command->head.id));
            const ledger::TreeSize certified = replica_->certified_size();
            if (row && row->digest != command->digest) {
                done(ledger::refuse(ledger::ErrorCode::id_reused, "by leaf {}", row->leaf));
                return;
            }
            if (row && (!until_certified || row->leaf < certified)) {
                done(node::Reply{
                    .outcome = ledger::recorded_outcome(store_, command->head.id, *row),
                    .certified = row->leaf < certified,
                });
                return;
            }
            if (const auto good = ledger::verify_signatures(store_, *command); !good) {
                done(std::unexpected(good.error()));
                return;
            }
            in_loop([&](Replica& replica) {
                replica.submit(
                    std::move(command),
                    {.done = std::move(done),
                     .until_certified = until_certified,
                     .deadline = now_ms() + wait}
                );
            });
        }
    );
}

void Member::read(ledger::TimeMs wait, ReadDone done) {
    post(0, [this, wait, done = std::move(done)]() mutable {
        in_loop([&](Replica& replica) { replica.read(std::move(done), now_ms() + wait); });
    });
}

bool Member::has_account(std::uint64_t account) const {
    return ledger::find_account(store_, Alliance::account_name(account)).has_value();
}

// --- the ports ---

void Member::write(node::DiskWrite write) {
    world_.judge.wrote(node_, write);
    for (const node::SealedBlockPtr& block : write.blocks) {
        if (block->ref.membership && world_.changing) {
            world_.changing(node_, *block->ref.membership);
        }
    }
    disk_.write(std::move(write));
}

void Member::mark_head(const node::CosignedHead& head) {
    disk_.mark_head(head);
}

void Member::read(Index first, std::uint64_t count, std::uint64_t bytes_max, Read done) {
    disk_.read(
        first,
        count,
        bytes_max,
        [this, life = life_, done = std::move(done)](std::vector<node::BlockBytes> blocks) {
            if (life == life_) {
                post(0, [this, done, blocks = std::move(blocks)] {
                    in_loop([&](Replica&) { done(blocks); });
                });
            }
        }
    );
}

void Member::send_raw(NodeId to, const MessagePtr& message) {
    if (world_.trace) {
        trace(fmt::format("> n{} {}", to, text_of(*message)));
    }
    world_.network.send(
        node_, to, {.from = incarnation(), .marked = greeting_, .to = world_.life_of(to)}, message
    );
}

void Member::turn_away(NodeId node, consensus::Incarnation incarnation) {
    turned_away_[node] = incarnation;
}

void Member::hang_up(NodeId node) {
    kept_out_until_[node] = world_.timeline.now() + kept_out;
}

void Member::send(NodeId to, node::PeerMessage message) {
    if (turned_away_.contains(to) || !knows(to)) {
        return;
    }
    world_.judge.sent(node_, to, message, disk_);
    const auto sent = std::make_shared<const node::PeerMessage>(std::move(message));
    if (!twist_) {
        send_raw(to, sent);
        return;
    }
    for (const MessagePtr& twisted : twist_(to, sent)) {
        send_raw(to, twisted);
    }
}

void Member::apply(Index index, node::SealedBlockPtr block) {
    work_.push_back({.index = index, .block = std::move(block), .certificate = {}});
    work();
}

void Member::keep(const ledger::CheckpointCertificate& certificate) {
    world_.judge.kept(node_, certificate);
    work_.push_back({.index = 0, .block = {}, .certificate = certificate});
    work();
}

// The thread that applies: one thing after another, and the loop hears of it a moment later.
void Member::work() {
    if (std::exchange(working_, true)) {
        return;
    }
    post(50 + draw_.below(300), [this] {
        working_ = false;
        Work next = std::move(work_.front());
        work_.pop_front();
        if (next.certificate) {
            const ledger::TreeSize size = next.certificate->size;
            store_.write({{ledger::schema::certificate(size), next.certificate->note}});
            post(0, [this, size] {
                in_loop([size](Replica& replica) { replica.certified(size); });
            });
        } else {
            auto decoded = std::make_shared<ledger::DecodedBlock>(
                next.block ? next.block->decoded
                           : *ledger::decode_block(*block(next.index), world_.alliance.ledger())
            );
            auto applied = std::make_shared<ledger::Applied>(ledger_->apply(*decoded));
            world_.judge.applied(node_, *applied, *decoded, store_);
            keep_snapshot(applied->block);
            post(0, [this, decoded, applied, due = ledger_->next_due()] {
                in_loop([&](Replica& replica) {
                    replica.applied(*applied, *decoded, due);
                    if (applied->roster) {
                        follow(applied->roster);
                    }
                });
            });
        }
        if (!work_.empty()) {
            work();
        }
    });
}

std::optional<ledger::BlockRow> Member::row(ledger::BlockIndex block) const {
    return ledger::load<ledger::BlockRow>(store_, ledger::schema::block(block));
}

ledger::Hash Member::root_at(ledger::TreeSize size) const {
    return ledger::root_at(size, ledger::stored_nodes(store_));
}

ledger::Hash Member::leaf_at(ledger::LeafIndex index) const {
    return ledger::stored_nodes(store_)(0, index);
}

std::vector<ledger::Hash> Member::consistency(ledger::TreeSize from, ledger::TreeSize to) const {
    return ledger::consistency_proof(from, to, ledger::stored_nodes(store_));
}

void Member::role_changed(const consensus::Status& status) {
    trace(fmt::format(
        "is {} in term {}, leader {}, last {}/{}, committed {}",
        static_cast<int>(status.role),
        status.term,
        status.leader,
        status.last.term,
        status.last.index,
        status.committed
    ));
}

void Member::peer_event(NodeId peer, std::string_view event, const std::string& sentence) {
    trace(fmt::format("about {}: {}: {}", peer, event, sentence));
    if (world_.judge.is_honest(node_)) {
        world_.judge.saw_event(node_, event, sentence);
    }
}

void Member::quarantined(node::Quarantine reason, const std::string& sentence) {
    trace("quarantined: " + sentence);
    quarantined_ = true;
    world_.judge.quarantined(node_, reason, sentence);
}

void Member::evidence(const ledger::Evidence& evidence) {
    trace("evidence " + ledger::file_name(evidence));
    world_.judge.saw_evidence(node_, evidence);
}

void Member::divergence(const std::string& report) {
    trace("divergence " + report);
    if (world_.judge.is_strict()) {
        world_.judge.blame("C9", fmt::format("node {} reports: {}", node_, report));
    }
}

}  // namespace tanji::simulation
