#pragma once

#include "ledger/ledger.h"
#include "node/replica/replica.h"
#include "tests/simulation/alliance.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/network.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_store.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace tanji::simulation {

// What a member that lies makes of a message of its own; nothing: it is not sent.
using Twist = std::function<std::vector<MessagePtr>(NodeId to, const MessagePtr& message)>;

// The state after a block, and the blocks up to it, of which a node that takes it gets the last
// header.
struct SimSnapshot {
    Index block = 0;
    std::map<ledger::Bytes, ledger::Bytes, std::less<>> values;
    std::vector<node::BlockBytes> blocks;
};
using SnapshotPtr = std::shared_ptr<const SimSnapshot>;

// What all members of one simulation share.
struct World {
    Timeline& timeline;
    Weather& weather;
    Alliance& alliance;
    Network& network;
    Judge& judge;
    std::uint64_t seed = 0;
    std::function<void(const std::string&)> trace;  // empty: nobody reads it
    std::function<std::uint64_t(NodeId)> life_of;   // of the process that runs there now
    // A node writes a block that introduces that membership.
    std::function<void(NodeId, const consensus::Membership&)> changing;
    std::function<void(NodeId from, NodeId to, const SnapshotPtr& snapshot)> offer;
    std::function<void(NodeId)> start;  // the process of a node that is down
    std::int64_t later_ms = 0;          // of all clocks: days that nobody lived
};

// One node: the real loop, core, certification and ledger over a simulated disk, clock and wire.
class Member : public node::Disk,
               public node::Wire,
               public node::Applier,
               public node::Clock,
               public node::Observer {
public:
    // `cosigner`: the name of its cosign key.
    Member(World& world, NodeId node, std::string cosigner);
    ~Member() override;

    NodeId id() const { return node_; }
    bool is_up() const { return replica_ != nullptr; }
    bool is_paused() const { return world_.timeline.now() < paused_until_; }
    std::uint64_t life() const { return life_; }
    consensus::Incarnation incarnation() const { return disk_.mark().incarnation; }
    node::Replica& replica() { return *replica_; }
    SimDisk& disk() { return disk_; }
    const SimDisk& disk() const { return disk_; }
    const SimStore& store() const { return store_; }
    const ledger::Head& head() const { return ledger_->head(); }
    bool is_quarantined() const { return quarantined_; }
    // What its ledger says of nodes and memberships.
    ledger::Roster known_roster() const;
    // The newest in its log.
    consensus::Membership membership() const;
    // Whether it takes that node's connections, and dials it.
    bool knows(NodeId node) const { return known_.contains(node); }
    bool remembers(NodeId node) const { return remembered_.second.contains(node); }

    // --- the process ---
    void start();
    void crash();
    void pause(Micros time);
    void resume();
    // What a process that stops in good order does first.
    void drain();

    // --- the clock ---
    void set_clock(std::int64_t offset_ms, std::int64_t drift_ppm);
    void jump(std::int64_t ms) { offset_ms_ += ms; }
    void set_tick(Micros tick) { tick_ = tick; }

    // --- from outside ---
    void hear(NodeId from, const Network::Lives& lives, const MessagePtr& message);
    void connect(
        NodeId peer, consensus::Incarnation incarnation, const consensus::Position& marked
    );
    // As NodeService does; done() may be called at once, later, or never if the process ends.
    void submit(const Wish& wish, bool until_certified, ledger::TimeMs wait, node::Done done);
    using Command = std::function<std::shared_ptr<ledger::Prepared>()>;
    void submit(Command make, bool until_certified, ledger::TimeMs wait, node::Done done);
    using ReadDone = std::function<void(ledger::Result<ledger::BlockIndex>)>;
    void read(ledger::TimeMs wait, ReadDone done);
    bool has_account(std::uint64_t account) const;
    // Does that in the loop, then what follows from it.
    void in_loop(std::function<void(node::Replica&)> what);
    void set_twist(Twist twist) { twist_ = std::move(twist); }
    void send_raw(NodeId to, const MessagePtr& message);

    // A state that it lacks: fetched, installed at a start.
    void fetch(const SnapshotPtr& snapshot);
    std::uint64_t installed() const { return installed_; }
    std::uint64_t newcomer_again() const { return newcomer_again_; }

    // --- the ports ---
    void write(node::DiskWrite write) override;
    void mark_head(const node::CosignedHead& head) override;
    void read(Index first, std::uint64_t count, std::uint64_t bytes_max, Read done) override;
    void send(NodeId to, node::PeerMessage message) override;
    void turn_away(NodeId node, consensus::Incarnation incarnation) override;
    void hang_up(NodeId node) override;
    void needs_snapshot(NodeId node) override;
    void apply(Index index, node::SealedBlockPtr block) override;
    void keep(const ledger::CheckpointCertificate& certificate) override;
    std::optional<ledger::BlockRow> row(ledger::BlockIndex block) const override;
    ledger::Hash root_at(ledger::TreeSize size) const override;
    ledger::Hash leaf_at(ledger::LeafIndex index) const override;
    std::vector<ledger::Hash> consistency(ledger::TreeSize from, ledger::TreeSize to)
        const override;
    ledger::TimeMs now_ms() const override;
    void sealed(std::size_t, std::size_t) override {}
    void certified(ledger::TreeSize, std::int64_t) override {}
    void role_changed(const consensus::Status& status) override;
    void peer_event(NodeId peer, std::string_view event, const std::string& sentence) override;
    void quarantined(node::Quarantine reason, const std::string& sentence) override;
    void evidence(const ledger::Evidence& evidence) override;
    void divergence(const std::string& report) override;

private:
    SimDisk::Found open_disk_and_ledger();
    SimDisk::Found open_disk();
    bool open_ledger(Index log_end);
    bool restore_ledger(Index log_end);
    void keep_snapshot(Index block);
    void prune();
    void install(const SnapshotPtr& snapshot);
    void follow(const std::shared_ptr<const ledger::Roster>& roster);
    static consensus::Membership membership_at(
        const consensus::Restored& restored, Index from, const ledger::Roster& roster
    );
    void post(Micros delay, std::function<void()> what);
    void go_on();
    void tick();
    void work();
    void flush();
    void after_run();
    void trace(const std::string& what) const;
    std::optional<ledger::Bytes> block(ledger::BlockIndex index) const;

    World& world_;
    NodeId node_;
    std::string cosigner_;
    Draw draw_;
    SimDisk disk_;
    SimStore store_;
    std::unique_ptr<ledger::Ledger> ledger_;
    std::unique_ptr<node::Replica> replica_;
    std::uint64_t life_ = 0;
    Micros paused_until_ = 0;
    std::deque<std::function<void()>> held_;  // what came during a pause
    // A busy loop looks at what several inputs led to at once.
    Draw bursts_;
    std::uint64_t burst_percent_;
    bool running_late_ = false;
    Micros tick_ = 50'000;
    std::int64_t offset_ms_ = 0;
    std::int64_t drift_ppm_ = 0;
    bool quarantined_ = false;
    struct Work {
        Index index = 0;
        node::SealedBlockPtr block;
        std::optional<ledger::CheckpointCertificate> certificate;
    };
    std::deque<Work> work_;  // of the thread that applies
    bool working_ = false;
    Twist twist_;
    std::deque<SnapshotPtr> snapshots_;  // the two newest, the older one first
    SnapshotPtr fetching_;
    std::uint64_t installed_ = 0;
    std::uint64_t newcomer_again_ = 0;
    // On its disk, whatever becomes of log and ledger: as of which membership, and whom.
    std::pair<std::uint64_t, std::set<NodeId>> remembered_;
    // As applied: who counts, and who is let in.
    std::shared_ptr<const ledger::Roster> roster_;
    std::shared_ptr<const node::Electorate> electorate_;
    std::set<NodeId> known_;
    // Of this process: what its handshakes say of its mark, whom it heard, whom it hears no more.
    consensus::Position greeting_;
    std::map<NodeId, consensus::Incarnation> greeted_;
    std::map<NodeId, consensus::Incarnation> turned_away_;
    std::map<NodeId, Micros> kept_out_until_;
};

}  // namespace tanji::simulation
