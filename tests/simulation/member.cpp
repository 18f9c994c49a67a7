#include "tests/simulation/member.h"

#include "ledger/rows.h"
#include "ledger/store/schema.h"
#include "node/replica/admission.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace tanji::simulation {

using node::Replica;

constexpr Micros burst_max = 3'000;

Member::Member(World& world, NodeId node, std::string cosigner)
    : world_(world),
      node_(node),
      cosigner_(std::move(cosigner)),
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
    return index >= disk_.first() && index <= blocks.size() ? std::optional(*blocks.at(index - 1))
                                                            : std::nullopt;
}

// --- the process ---

// A ledger that is ahead of its own log is thrown away and built again. False: from nothing that is
// here.
bool Member::open_ledger(Index log_end) {
    const auto reader = [this](ledger::BlockIndex index) { return block(index); };
    ledger_ = std::make_unique<ledger::Ledger>(store_, reader);
    if (ledger_->head().block > log_end) {
        if (!restore_ledger(log_end)) {
            return false;
        }
        ledger_ = std::make_unique<ledger::Ledger>(store_, reader);
    }
    if (ledger_->head().block == 0) {
        const auto decoded = ledger::decode_block(world_.alliance.genesis_block(), {});
        ledger_->apply(*decoded);
    }
    return true;
}

SimDisk::Found Member::open_disk() {
    const auto inside = [this, life = life_](auto what) {
        post(0, [this, life, what = std::move(what)] {
            if (life == life_) {
                in_loop(what);
            }
        });
    };
    return disk_.open({
        .wrote = [inside](consensus::Token token
                 ) { inside([token](Replica& replica) { replica.wrote(token); }); },
        .head_marked = [inside](const node::CosignedHead& head
                       ) { inside([head](Replica& replica) { replica.head_marked(head); }); },
        .marked = [this](const SimMark& mark) { world_.judge.marked(node_, mark); },
    });
}

// As Node::Parts::open_ledger: blocks to which no state leads on are of no use.
SimDisk::Found Member::open_disk_and_ledger() {
    SimDisk::Found found = open_disk();
    if (!open_ledger(found.restored.log.back().at.index)) {
        trace("begins like a newcomer");
        ++newcomer_again_;
        disk_.begin_like_newcomer();
        found = open_disk();
        [[maybe_unused]] const bool opened = open_ledger(found.restored.log.back().at.index);
        assert(opened);
    }
    return found;
}

ledger::Roster Member::known_roster() const {
    return is_up() || ledger::load<ledger::Head>(store_, ledger::schema::head())
               ? ledger::read_roster(store_, world_.alliance.genesis())
               : ledger::first_roster(world_.alliance.genesis());
}

// In force where what the core holds begins, as read_log finds it.
consensus::Membership Member::membership_at(
    const consensus::Restored& restored, Index from, const ledger::Roster& roster
) {
    consensus::Membership membership = node::core_of(roster.newest().membership);
    for (const consensus::BlockRef& ref : restored.log) {
        if (ref.membership && ref.at.index > restored.applied && ref.at.index <= from) {
            membership = *ref.membership;
        }
    }
    return membership;
}

consensus::Membership Member::membership() const {
    if (is_up()) {
        return replica_->status().membership;
    }
    return disk_.membership().value_or(
        node::core_of(ledger::first_roster(world_.alliance.genesis()).newest().membership)
    );
}

// Whom the transport pins from now on, as node/members.cpp does: who is in the newest membership,
// and who is about to come.
void Member::follow(const std::shared_ptr<const ledger::Roster>& roster) {
    roster_ = roster;
    electorate_ = std::make_shared<const node::Electorate>(node::electorate_of(*roster));
    known_.clear();
    for (const ledger::NodeRow& each : roster->nodes) {
        const auto& decision = roster->decision;
        const bool comes = decision && (std::ranges::binary_search(decision->voters, each.node) ||
                                        std::ranges::binary_search(decision->learners, each.node));
        if (comes || roster->newest().membership.has(each.node)) {
            known_.insert(each.node);
        }
    }
    if (const auto number = roster->newest().membership.number; number >= remembered_.first) {
        remembered_ = {number, known_};
    } else {
        known_.insert(remembered_.second.begin(), remembered_.second.end());
    }
}

void Member::start() {
    assert(!is_up() && !disk_.is_lost());
    ++life_;
    SimDisk::Found found = open_disk_and_ledger();
    consensus::Restored& restored = found.restored;
    restored.applied = ledger_->head().block;
    if (!found.fit) {  // as read_log does
        SimDisk::end_at(restored, restored.applied);
    }
    const Index end = restored.log.back().at.index;
    const auto roster = std::make_shared<const ledger::Roster>(known_roster());
    follow(roster);
    const node::CosignedHead cosigned = disk_.mark().cosigned;
    const Index from = std::min(std::max(restored.applied, cosigned.block), end);
    restored.membership = membership_at(restored, from, *roster);
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
    settings.roster = roster;
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
            .name = cosigner_,
            .program = "simulation",
            .log = keys.log,
            .cosign = keys.cosign,
            .electorate = *electorate_,
            .membership = node::core_of(roster->newest().membership),
        },
        cosigned,
        world_.alliance.ledger(),
        node::Ports{
            .disk = *this, .wire = *this, .applier = *this, .clock = *this, .observer = *this
        }
    );
    const ledger::Head& head = ledger_->head();
    replica_->found_head({.block = head.block, .size = head.size, .root = head.root, .time_s = 0});
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
    quarantined_ = replica_->is_quarantined();  // removed in a life before
    turned_away_.clear();
    kept_out_until_.clear();
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
    fetching_.reset();
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
    return founded_ms + 1'000 + world_.later_ms + true_ms + true_ms * drift_ppm_ / 1'000'000 +
           offset_ms_;
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

}  // namespace tanji::simulation
