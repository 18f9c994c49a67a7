#pragma once

#include "consensus/raft.h"
#include "tests/consensus/scenario_network.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace tanji::consensus::scenario {

// What a lying member changes in its messages; its core is honest.
struct Lies {
    bool any = false;
    bool fork = false;    // every second follower gets other blocks
    bool forge = false;   // blocks whose contents are not what was hashed
    bool commit = false;  // calls committed whatever it sent
    std::optional<Term> term;
    std::optional<Index> longer;  // a candidate's log, by so many blocks

    std::map<Hash, BlockPtr> forks;  // what the others get instead of the block of that hash
};

// One process and its disk.
struct Member {
    Member(NodeId number, const BlockPtr& genesis) : id(number), disk(genesis) {}

    NodeId id;
    Disk disk;
    std::optional<Raft> raft;  // none while it is down
    Incarnation incarnation = 0;
    std::uint64_t process = 0;  // no two starts share one
    std::string refused;        // why it does not run
    bool slow = false;          // writes wait until the disk is told to sync
    std::int64_t clock_ms = 0;  // beside everybody else's
    Lies lies;
    std::optional<Snapshot> snapshot;  // the newest one taken here

    struct Known {
        Incarnation incarnation = 0;
        std::uint64_t process = 0;
    };
    std::map<NodeId, Known> known;                 // by handshake, in this process
    std::map<Position, Hash> seen;                 // blocks that came in, kept as evidence
    std::set<std::pair<Noticed, NodeId>> notices;  // since it was started
    std::set<NodeId> convicted;                    // by two headers of one key

    bool runs() const { return raft.has_value(); }
};

}  // namespace tanji::consensus::scenario
