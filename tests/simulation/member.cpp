#include "tests/simulation/member.h"

#include "ledger/parties/account.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "node/replica/admission.h"
#include "tests/simulation/words.h"

#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace tanji::simulation {

using node::Replica;

constexpr Micros burst_max = 3'000;

Member::Member(World& world, NodeId node)
    : world_(world),
      node_(node),
      draw_(world.seed, "member", node),
      disk_(world.timeline, world.weather, world.seed, node),
      bursts_(world.seed, "bursts", node),
      burst_percent_(bursts_.coin() ? 30 : 0) {
    const auto genesis = std::make_shared<const ledger::Bytes>(world.alliance.genesis_block());
    const auto header = ledger::decode_header(genesis->substr(0, ledger::header_bytes));
    disk_.format(genesis, id_of(node::ref_of(*header, genesis->size())));
}

Member::~Member() = default;

void Member::trace(const std::string& what) const {
    if (world_.trace) {
        world_.trace(fmt::format("{} n{} {}", world_.timeline.now(), node_, what));
    }
}

std::optional<ledger::Bytes> Member::block(ledger::BlockIndex index) const {
    const auto& blocks = disk_.blocks();
    return index >= 1 && index <= blocks.size() ? std::optional(*blocks.at(index - 1))
                                                : std::nullopt;
}

// --- the process ---

// A ledger that is ahead of its own log is thrown away and built again.
void Member::open_ledger(Index log_end) {
    const auto reader = [this](ledger::BlockIndex index) { return block(index); };
    ledger_ = std::make_unique<ledger::Ledger>(store_, reader);
    if (ledger_->head().block > log_end) {
        store_.clear();
        ledger_ = std::make_unique<ledger::Ledger>(store_, reader);
    }
    if (ledger_->head().block == 0) {
        const auto decoded = ledger::decode_block(world_.alliance.genesis_block(), {});
        ledger_->apply(*decoded);
    }
}

void Member::start() {
    assert(!is_up() && !disk_.is_lost());
    ++life_;
    const auto inside = [this, life = life_](auto what) {
        post(0, [this, life, what = std::move(what)] {
            if (life == life_) {
                in_loop(what);
            }
        });
    };
    SimDisk::Found found = disk_.open({
        .wrote = [inside](consensus::Token token
                 ) { inside([token](Replica& replica) { replica.wrote(token); }); },
        .head_marked = [inside](const node::CosignedHead& head
                       ) { inside([head](Replica& replica) { replica.head_marked(head); }); },
        .marked = [this](const SimMark& mark) { world_.judge.marked(node_, mark); },
    });
    consensus::Restored& restored = found.restored;
    open_ledger(restored.log.back().at.index);
    restored.applied = ledger_->head().block;
    if (!found.fit) {  // as read_log does
        SimDisk::end_at(restored, std::max<Index>(restored.applied, 1));
    }
    const Index end = restored.log.back().at.index;
    restored.membership = world_.alliance.membership();
    const node::CosignedHead cosigned = disk_.mark().cosigned;
    const Index from = std::min(std::max(restored.applied, cosigned.block), end);
    std::erase_if(restored.log, [&](const consensus::BlockRef& ref) {
        return ref.at.index < from;
    });
    std::erase_if(restored.starts, [&](const consensus::Position& start) {
        return start.index > from;
    });
    node::ReplicaSettings settings;
    settings.raft.self = node_;
    settings.raft.seed = draw_.next();
    settings.raft.limits.inflight_blocks = world_.weather.inflight_blocks;
    settings.raft.limits.append_messages = world_.weather.append_messages;
    settings.raft.limits.blocks_per_append = world_.weather.blocks_per_append;
    settings.certify.interval_ms = world_.weather.certify_interval_ms;
    settings.certify.refresh_ms = world_.weather.refresh_ms;
    settings.last_header = disk_.blocks().at(end - 1)->substr(0, ledger::header_bytes);
    settings.last_block_time = ledger::decode_header(settings.last_header)->time_ms;
    for (const consensus::BlockRef& ref : restored.log) {
        const auto header = ledger::decode_header(
            disk_.blocks().at(ref.at.index - 1)->substr(0, ledger::header_bytes)
        );
        settings.times.push_back({.index = ref.at.index, .hash = ref.hash, .time = header->time_ms}
        );
    }
    const NodeKeys& keys = world_.alliance.keys(node_);
    replica_ = std::make_unique<Replica>(
        settings,
        restored,
        node::CosignerIdentity{
            .node = node_,
            .name = world_.alliance.cosigner(node_),
            .program = "simulation",
            .log = keys.log,
            .cosign = keys.cosign,
            .electorate = world_.alliance.electorate(),
            .membership = restored.membership,
        },
        cosigned,
        world_.alliance.ledger(),
        node::Ports{
            .disk = *this, .wire = *this, .applier = *this, .clock = *this, .observer = *this
        }
    );
    const consensus::Status status = replica_->status();
    trace(fmt::format(
        "starts, incarnation {}, term {}, last {}/{}, applied {}{}",
        incarnation(),
        status.term,
        status.last.term,
        status.last.index,
        status.applied,
        status.fit ? "" : ", recovering"
    ));
    world_.judge.restarted(node_, disk_, status);
    quarantined_ = false;
    turned_away_.clear();
    greeted_.clear();
    greeting_ = disk_.mark().block.at;
    tick();
    flush();
}

void Member::crash() {
    assert(is_up());
    trace("crashes");
    ++life_;
    replica_.reset();
    ledger_.reset();
    work_.clear();
    working_ = false;
    paused_until_ = 0;
    held_.clear();
    running_late_ = false;
    disk_.crash();
    if (const std::size_t most = store_.unflushed(); most > 0 && draw_.coin()) {
        store_.lose(draw_.between(0, most));
    }
}

void Member::drain() {
    in_loop([](Replica& replica) {
        replica.drain();
        replica.abandon();
    });
}

void Member::set_clock(std::int64_t offset_ms, std::int64_t drift_ppm) {
    offset_ms_ = offset_ms;
    drift_ppm_ = drift_ppm;
}

ledger::TimeMs Member::now_ms() const {
    const auto true_ms = static_cast<std::int64_t>(world_.timeline.now() / 1'000);
    return founded_ms + 1'000 + true_ms + true_ms * drift_ppm_ / 1'000'000 + offset_ms_;
}

// In this life of the process; a paused one does it when it goes on.
void Member::post(Micros delay, std::function<void()> what) {
    world_.timeline.after(delay, [this, life = life_, what = std::move(what)]() mutable {
        if (life != life_) {
            return;
        }
        if (is_paused() || !held_.empty()) {
            held_.push_back(std::move(what));
        } else {
            what();
        }
    });
}

void Member::pause(Micros time) {
    paused_until_ = world_.timeline.now() + time;
    world_.timeline.after(time, [this, life = life_] {
        if (life == life_) {
            go_on();
        }
    });
}

void Member::resume() {
    paused_until_ = 0;
    go_on();
}

// In the order in which it came, before anything newer.
void Member::go_on() {
    for (const std::uint64_t life = life_; life == life_ && !is_paused() && !held_.empty();) {
        const std::function<void()> what = std::move(held_.front());
        held_.pop_front();
        what();
    }
}

void Member::in_loop(std::function<void(Replica&)> what) {
    if (is_up()) {
        what(*replica_);
        if (running_late_) {
            return;
        }
        if (bursts_.below(100) < burst_percent_) {
            running_late_ = true;
            post(bursts_.below(burst_max), [this] {
                running_late_ = false;
                in_loop([](Replica&) {});
            });
            return;
        }
        replica_->run();
        after_run();
    }
}

void Member::after_run() {
    world_.judge.ran(node_, replica_->status());
}

void Member::tick() {
    post(tick_, [this] {
        in_loop([](Replica& replica) { replica.tick(); });
        tick();
    });
}

void Member::flush() {
    post(world_.weather.flush_every, [this] {
        store_.flush();
        flush();
    });
}

// --- from outside ---

void Member::hear(NodeId from, const Network::Lives& lives, const MessagePtr& message) {
    if (!is_up() || lives.to != life_ || turned_away_.contains(from)) {
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
                const auto admitted =
                    node::admit(*agreed, world_.alliance.ledger(), world_.alliance.electorate());
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
    if (turned_away_.contains(peer) && incarnation <= turned_away_[peer]) {
        return;
    }
    turned_away_.erase(peer);
    greeted_[peer] = std::max(greeted_[peer], incarnation);
    post(0, [this, peer, incarnation, marked] {
        in_loop([&](Replica& replica) { replica.joined(peer, incarnation, marked); });
    });
}

void Member::submit(const Wish& wish, bool until_certified, ledger::TimeMs wait, node::Done done) {
    post(0, [this, wish, until_certified, wait, done = std::move(done)]() mutable {
        auto command = world_.alliance.prepared(wish);
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
    });
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

void Member::send(NodeId to, node::PeerMessage message) {
    if (turned_away_.contains(to)) {
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
            world_.judge.applied(node_, *applied, *decoded);
            post(0, [this, decoded, applied, due = ledger_->next_due()] {
                in_loop([&](Replica& replica) { replica.applied(*applied, *decoded, due); });
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

void Member::quarantined(node::Quarantine, const std::string& sentence) {
    trace("quarantined: " + sentence);
    quarantined_ = true;
    world_.judge.quarantined(node_, sentence);
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
