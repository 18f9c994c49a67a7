#include "tests/consensus/scenario_storm.h"

#include "tests/consensus/scenario_climate.h"

#include <algorithm>

namespace tanji::consensus::scenario {
namespace {

class Storm {
public:
    Storm(std::uint64_t seed, bool traced)
        : dice_(seed),
          climate_(dice_),
          cluster_(setup_of(seed, climate_, dice_)) {
        cluster_.trace().record(traced);
    }

    Weather rage() {
        const std::uint64_t events = 500 + dice_.below(1'500);
        while (weather_.events < events) {
            ++weather_.events;
            event();
        }
        clear_up();
        weather_.committed = cluster_.checker().committed();
        return weather_;
    }

    // One line per member, with the membership that it thinks is in force.
    std::string states() {
        std::string text;
        for (const NodeId id : cluster_.ids()) {
            const Member& member = cluster_.at(id);
            text += cluster_.state_of(member, 0);
            text += member.runs() ? "  " + text_of(member.raft->status().membership) + "\n" : "\n";
        }
        return text;
    }
    std::string diagram() { return cluster_.trace().diagram(cluster_.ids()); }

private:
    NodeId anyone() {
        const auto ids = cluster_.ids();
        return dice_.one_of(ids);
    }
    // Faults of the leader teach more than others.
    NodeId victim() {
        const NodeId leader = cluster_.leader();
        return leader != 0 && dice_.chance(40) ? leader : anyone();
    }

    void event() {
        const std::uint64_t kind = dice_.below(1'000);
        if (kind < climate_.crashes) {
            crash_or_restart();
        } else if (kind < climate_.crashes + climate_.cuts) {
            cut_or_heal();
        } else if (kind < 60) {
            rare();
        } else if (kind < 260) {
            tick();
        } else if (kind < 340) {
            write();
        } else if (kind < 400) {
            sync();
        } else {
            message();
        }
    }

    void rare() {
        switch (dice_.below(7)) {
            case 0:
                return transfer();
            case 1:
                return change();
            case 2:
                return snapshot();
            case 3:
                return read();
            case 4:
                return reconnect();
            case 5:
                return cosign();
            default:
                return slow_down();
        }
    }

    // Somebody who is down for good would end every story early.
    void crash_or_restart() {
        const NodeId id = victim();
        if (!cluster_.at(id).runs()) {
            cluster_.restart(id);
            return;
        }
        ++weather_.crashes;
        cluster_.crash(id, dice_.chance(50), dice_.chance(50));
        if (climate_.damage && (damaged_ == 0 || damaged_ == id) && dice_.chance(40)) {
            damage(id);
        }
        if (dice_.chance(50)) {
            cluster_.restart(id);
        }
    }

    // One member, and it stays the only one: a majority must keep what it promised.
    void damage(NodeId id) {
        Disk& disk = cluster_.at(id).disk;
        const Log& log = disk.synced();
        if (log.last() <= std::max(log.first(), disk.applied())) {
            return;
        }
        const Index lowest = std::max(log.first(), disk.applied()) + 1;
        disk.damage_block(lowest + dice_.below(log.last() - lowest + 1), Disk::Damage::flip);
        damaged_ = id;
        ++weather_.damaged;
    }

    void cut_or_heal() {
        Network& network = cluster_.network();
        if (dice_.chance(40)) {
            cluster_.heal();
            return;
        }
        ++weather_.cuts;
        const NodeId id = victim();
        const std::uint64_t how = dice_.below(3);
        for (const NodeId other : cluster_.ids()) {
            if (other == id || (how == 0 && dice_.chance(50))) {
                continue;
            }
            if (how != 1 || dice_.chance(50)) {
                network.cut({id, other});
            }
            if (how != 2 || dice_.chance(50)) {
                network.cut({other, id});
            }
        }
    }

    void tick() {
        // Mostly all of them, as time does; sometimes one alone, as skew does.
        if (dice_.chance(20)) {
            const NodeId hasty = anyone();
            for (std::uint64_t left = 1 + dice_.below(6); left > 0; --left) {
                elect(hasty);
            }
            return;
        }
        for (const NodeId id : cluster_.ids()) {
            if (dice_.chance(80)) {
                elect(id);
            }
        }
    }

    void elect(NodeId id) {
        const NodeId before = cluster_.leader();
        cluster_.tick(id);
        weather_.elections += cluster_.leader() != before ? 1 : 0;
    }

    void write() {
        cluster_.propose(anyone(), "w" + std::to_string(++written_));
        if (const NodeId leader = cluster_.leader(); leader != 0 && dice_.chance(60)) {
            cluster_.propose(leader, "w" + std::to_string(++written_));
        }
    }

    void sync() {
        const NodeId id = anyone();
        if (cluster_.at(id).runs()) {
            cluster_.sync(id, 1 + dice_.below(3));
        }
    }

    void message() {
        Network& network = cluster_.network();
        const auto busy = network.busy();
        if (busy.empty()) {
            return tick();
        }
        const Network::Link link = dice_.one_of(busy);
        const std::size_t waiting = network.under_way(link).size();
        if (dice_.chance(climate_.loss)) {
            ++weather_.lost;
            return cluster_.drop(link, dice_.below(waiting));
        }
        if (waiting < 50 && dice_.chance(climate_.repeats)) {
            ++weather_.repeated;
            network.repeat(link, 1 + dice_.below(waiting));
        }
        const bool disorderly = dice_.chance(climate_.disorder);
        weather_.reordered += disorderly && waiting > 1 ? 1 : 0;
        cluster_.deliver(link, disorderly ? dice_.below(waiting) : 0);
    }

    void transfer() {
        const NodeId leader = cluster_.leader();
        if (climate_.transfers && leader != 0 && cluster_.transfer(leader, anyone())) {
            ++weather_.transfers;
        }
    }

    void change() {
        const NodeId leader = cluster_.leader();
        if (!climate_.changes || leader == 0) {
            return;
        }
        Membership target;
        for (const NodeId id : cluster_.ids()) {
            const std::uint64_t fate = dice_.below(10);
            if (fate < 7) {
                target.voters.push_back(id);
            } else if (fate < 9) {
                target.learners.push_back(id);
            }
        }
        // Two wait for each other, and so do three if one of them may lose what it promised.
        if (target.voters.size() >= (climate_.damage ? 3U : 2U) &&
            cluster_.change(leader, target)) {
            ++weather_.changes;
        }
    }

    void snapshot() {
        const NodeId id = anyone();
        const Disk& disk = cluster_.at(id).disk;
        if (climate_.snapshots && cluster_.at(id).runs() &&
            disk.applied() <= disk.synced().last() && disk.applied() > disk.log().first()) {
            ++weather_.snapshots;
            cluster_.take_snapshot(id);
            cluster_.compact(id, disk.applied() - dice_.below(2));
        }
    }

    void read() {
        const NodeId leader = cluster_.leader();
        if (leader != 0) {
            ++weather_.reads;
            cluster_.request_read(leader, "r" + std::to_string(weather_.reads));
        }
    }

    void reconnect() {
        const NodeId one = anyone();
        const NodeId other = anyone();
        if (one != other) {
            cluster_.reconnect(one, other);
        }
    }

    void cosign() {
        const NodeId id = anyone();
        const Member& member = cluster_.at(id);
        if (member.runs() && member.raft->status().fit &&
            member.disk.applied() > member.disk.mark().cosigned) {
            cluster_.cosign(id, member.disk.applied());
        }
    }

    void slow_down() {
        Member& member = cluster_.at(anyone());
        if (climate_.slow_disks && !member.slow) {
            member.slow = true;
        } else {
            speed_up(member);
        }
    }

    void speed_up(Member& member) {
        member.slow = false;
        if (member.runs()) {
            cluster_.sync(member.id, member.disk.unsynced());
        }
    }

    // No more faults: what runs must come to agree, soon.
    void clear_up() {
        cluster_.heal();
        for (const NodeId id : cluster_.ids()) {
            if (!cluster_.at(id).runs()) {
                cluster_.restart(id);
            }
            speed_up(cluster_.at(id));
        }
        const std::uint32_t patience = 40 * cluster_.settings().election_ticks;
        const std::string last = "last";
        for (std::uint32_t ticks = 0; ticks < patience; ++ticks) {
            for (const NodeId id : cluster_.ids()) {
                cluster_.tick(id);
            }
            cluster_.settle();
            const NodeId leader = cluster_.leader();
            if (leader != 0 && !cluster_.was_applied(last)) {
                cluster_.propose(leader, last);
                cluster_.settle();
            }
            if (cluster_.was_applied(last) && agrees()) {
                return;
            }
        }
        throw Broken("no agreement long after the last fault");
    }

    bool agrees() {
        const NodeId leader = cluster_.leader();
        if (leader == 0) {
            return false;
        }
        const Membership membership = cluster_.at(leader).raft->status().membership;
        const Log& log = cluster_.at(leader).disk.synced();
        for (const auto& list : {membership.voters, membership.learners}) {
            for (const NodeId id : list) {
                const Member& member = cluster_.at(id);
                const bool equal = member.disk.synced().holds(id_of(log.blocks.back()->ref));
                if (!member.runs() || !equal || member.disk.synced().last() != log.last() ||
                    member.disk.applied() != log.last()) {
                    return false;
                }
            }
        }
        return !membership.is_joint();
    }

    Dice dice_;
    Climate climate_;
    Cluster cluster_;
    Weather weather_;
    NodeId damaged_ = 0;
    std::uint64_t written_ = 0;
};

}  // namespace

Weather storm(std::uint64_t seed, bool traced) {
    Storm one(seed, traced);
    try {
        return one.rage();
    } catch (const Broken& broken) {
        if (!traced) {
            throw;
        }
        throw Broken(std::string(broken.what()) + "\n" + one.states() + one.diagram());
    }
}

}  // namespace tanji::consensus::scenario
