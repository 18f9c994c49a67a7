#pragma once

#include "tests/consensus/scenario_member.h"

#include <map>
#include <set>
#include <stdexcept>

// C1–C5 of docs/consensus.md over everything that ever happened.
namespace tanji::consensus::scenario {

// A rule is broken: what, where, by whom.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Checker {
public:
    explicit Checker(const BlockPtr& genesis);

    // Any block that a member put into its log.
    void appended(const Member& member, const BlockPtr& block);
    // After writes became durable.
    void synced(const Member& member);
    // Before a message leaves.
    void leaves(const Member& member, NodeId to, const Message& message);
    void applies(const Member& member, Index index);
    // A new process. What it found must be what the last one promised, unless its disk is an old
    // image.
    void started(const Member& member, const Restored& restored);
    // After each event at that member.
    void observe(const Member& member);
    // From now on that member's own statements prove nothing.
    void distrust(NodeId member) { liars_.insert(member); }

    Index committed() const { return committed_.rbegin()->first; }
    bool was_committed(const BlockId& block) const;

private:
    // What may never go back, of one member. The first part belongs to a process.
    struct Past {
        Term term = 0;
        Index committed = 0;
        Role role = Role::follower;

        Term durable_term = 0;
        std::optional<NodeId> durable_vote;
        Term announced = 0;
        std::uint64_t seq = 0;
        Index cosigned = 0;
    };

    void check_leader(const Member& member, const Status& status);
    void check_commit(const Member& member, const Status& status);
    bool is_durable_on_majority(const Membership& membership, const Hash& hash) const;
    bool has_voted(NodeId voter, Term term, NodeId candidate) const;
    bool was_elected(const Membership& membership, Term term, NodeId leader) const;

    std::map<NodeId, Past> past_;
    std::map<Position, Hash> blocks_;                 // C2
    std::map<Term, NodeId> leaders_;                  // C1
    std::map<Term, std::map<NodeId, NodeId>> votes_;  // durable ones
    std::map<Hash, std::set<NodeId>> durable_;        // who ever had it on disk
    std::map<Index, Hash> committed_;                 // C3
    std::map<Index, Term> committed_in_;              // the term of who committed it first
    std::set<NodeId> liars_;
};

}  // namespace tanji::consensus::scenario
