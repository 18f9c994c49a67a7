#pragma once

#include "tests/consensus/scenario_checker.h"
#include "tests/consensus/scenario_trace.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

// Real cores, a simple disk each, queues between them, and the duties of their driver. After each
// event C1–C5 are checked; `Broken` says which rule failed.
namespace tanji::consensus::scenario {

struct Setup {
    std::vector<NodeId> voters;
    std::vector<NodeId> learners;
    std::vector<NodeId> spares;  // run, but are in no list
    std::uint64_t seed = 1;
    Settings settings;
};

enum class Read { open, granted, dropped };

class Cluster {
public:
    explicit Cluster(const Setup& setup);

    Member& at(NodeId id);
    std::vector<NodeId> ids() const;
    Network& network() { return network_; }
    Trace& trace() { return trace_; }
    Checker& checker() { return checker_; }
    const Settings& settings() const { return setup_.settings; }

    // --- time and messages ---
    void tick(NodeId id);
    // The message at that place of the link arrives.
    void deliver(Network::Link link, std::size_t place = 0);
    void deliver_late(Network::Link link);
    // Everything that is under way arrives, oldest first, link by link, until nothing is.
    void settle();
    // Elections only, among these.
    void settle_election(const std::vector<NodeId>& among);
    // How often it asks for votes in messages that are under way.
    std::size_t questions_of(NodeId id);
    // A message that the member might have sent; blocks come from its log.
    void say(Network::Link link, const Message& message);
    // What it asked others about its own election is gone.
    void keep_silent(NodeId id);
    void drop(Network::Link link, std::size_t place = 0);
    void heal();
    void heal(Network::Link link);
    // A connection between them broke and is new.
    void reconnect(NodeId one, NodeId other);

    // --- what a driver asks of a core ---
    // False: nobody took it.
    bool propose(NodeId id, const std::string& text);
    void request_read(NodeId id, const std::string& name);
    bool transfer(NodeId from, NodeId to);
    bool change(NodeId id, const Membership& target);
    void cosign(NodeId id, Index block);
    void take_snapshot(NodeId id);
    void compact(NodeId id, Index first);
    // Its newest snapshot leaves for that member.
    void ship(Network::Link link);
    void set_electable(NodeId id, bool electable);

    // --- disks and processes ---
    void sync(NodeId id, std::size_t writes);
    // `also_sent`: what it sent and did not arrive is gone with it.
    void crash(NodeId id, bool unsynced, bool also_sent = true);
    void restart(NodeId id);
    void trust_no_more(NodeId id);

    // --- what can be seen ---
    // The leader of the highest term among those that run; 0: none.
    NodeId leader() const;
    bool was_applied(const std::string& text) const { return applied_.contains(text); }
    Read read_state(const std::string& name) const { return reads_.at(name).state; }
    Index read_index(const std::string& name) const { return reads_.at(name).index; }
    // One line per member.
    std::string states() const;
    std::string state_of(const Member& member, std::size_t role_width) const;

private:
    struct OpenRead {
        Read state = Read::open;
        Index index = 0;
        Index needed = 0;  // what was committed when it began
    };

    void pump(Member& member);
    bool pump_once(Member& member);
    void store(Member& member, const Write& write);
    void leave(Member& member, const Send& send);
    static Envelope addressed(const Member& from, const Member& to);
    void send(Envelope envelope);
    void fill(const Member& member, Append& append, std::vector<BlockPtr>& blocks) const;
    void lie(Member& member, Envelope& envelope);
    static void forge(Append& append, Envelope& envelope);
    void fork(Member& member, Append& append, Envelope& envelope);
    void seal(Member& member, const SealRequest& request);
    std::uint64_t time_at(const Member& member, const Slot& slot);
    BlockPtr sealed_for(const Member& member, const Slot& slot, const std::string& text);
    void apply(Member& member, const ApplyRange& range);
    void send_snapshot(Member& member, NodeId to);
    void install(Member& member, const Snapshot& snapshot);
    // Processes that do not know each other yet shake hands, as soon as both can reach the other.
    void meet_all();
    void meet(Member& one, Member& other);
    static bool knows(const Member& member, const Member& peer);
    void introduce(Member& member, const Member& peer);
    void arrive(Envelope envelope);
    // What a driver refuses before the core sees it: bad chains, hashes, signatures, clocks.
    bool accepts(Member& member, const Envelope& envelope, const Message& message);
    bool accepts_blocks(Member& member, const Append& append, const Envelope& envelope);
    void refuse_blocks(Member& member, const Append& append, NodeId to);
    void convict(Member& member, const Notice& notice);
    void remember(Member& member, const BlockPtr& block);

    Setup setup_;
    BlockPtr genesis_;
    Checker checker_;
    Network network_;
    Trace trace_;
    std::map<NodeId, std::unique_ptr<Member>> members_;
    std::map<Hash, BlockPtr> contents_;
    std::set<std::string> applied_;
    std::map<std::string, OpenRead> reads_;
    std::vector<std::string> tickets_;
    std::uint64_t processes_ = 0;
    std::uint64_t time_ms_ = 1'000'000'000;
};

std::string_view name_of(Role role);
// `2: voters 1,2,3 old voters 1,2`
std::string text_of(const Membership& membership);

}  // namespace tanji::consensus::scenario
