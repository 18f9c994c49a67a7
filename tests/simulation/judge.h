#pragma once

#include "consensus/types.h"
#include "ledger/ledger.h"
#include "node/replica/electorate.h"
#include "node/replica/ports.h"
#include "tests/simulation/account_model.h"
#include "tests/simulation/history.h"
#include "tests/simulation/network.h"
#include "tests/simulation/sim_disk.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tanji::simulation {

using consensus::Term;

// Sees everything and forgives nothing: the checkers C1 to C12 of docs/consensus.md. Keeps the
// first fault it finds.
class Judge {
public:
    Judge(Timeline& timeline, Alliance& alliance, const Weather& weather);

    bool has_fault() const { return !fault_.empty(); }
    const std::string& fault() const { return fault_; }
    void blame(std::string_view checker, const std::string& what);
    // With liars, only what is certified is safe.
    bool is_strict() const { return weather_.lie == Lie::none; }
    bool is_honest(NodeId node) const { return node != weather_.liar || is_strict(); }

    // --- as it happens ---
    void restarted(NodeId node, const SimDisk& disk, const consensus::Status& status);
    void wrote(NodeId node, const node::DiskWrite& write);
    void marked(NodeId node, const SimMark& mark);
    void mark_was_damaged(NodeId node) { of(node).mark.reset(); }
    void ran(NodeId node, const consensus::Status& status);
    void sent(NodeId node, NodeId to, const node::PeerMessage& message, const SimDisk& disk);
    void applied(
        NodeId node,
        const ledger::Applied& applied,
        const ledger::DecodedBlock& block,
        const ledger::Reader& after
    );
    void kept(NodeId node, const ledger::CheckpointCertificate& certificate);
    void quarantined(NodeId node, node::Quarantine reason, const std::string& sentence);
    void saw_evidence(NodeId node, const ledger::Evidence& evidence);
    void saw_event(NodeId node, std::string_view event, const std::string& sentence);

    // --- at the end ---
    // The whole committed history through a small model and through a fresh ledger.
    void replay();
    void check(const History& history);
    // Of each lie that an honest node must have seen somebody has a file that convicts.
    void check_lies();
    // The trees of a node that is up, against every certificate.
    void check_tree(NodeId node, const ledger::Reader& store, const ledger::Head& head);

    Index committed() const { return committed_.size(); }
    // The newest that is committed.
    const consensus::Membership& membership() const { return membership_; }
    // The newest that some honest node applied.
    const ledger::Roster& roster() const { return roster_; }
    ledger::TimeMs newest_time() const { return newest_time_; }
    ledger::TreeSize certified() const { return certified_; }
    std::uint64_t convictions() const { return convictions_; }
    std::uint64_t forks() const { return forks_.size(); }
    std::uint64_t roots_compared() const { return roots_compared_; }
    std::uint64_t states_compared() const { return states_compared_; }
    // Histories for which an order was found by trying, and those where it was given up.
    std::uint64_t searched() const { return searched_; }
    std::uint64_t given_up() const { return given_up_; }

private:
    struct Seen {
        std::vector<consensus::Hash> log;  // [0] is block 1; what it holds, synced or not
        Index committed = 0;
        bool fit = true;
        std::map<consensus::Position, consensus::Hash> held;  // in this life of the process, ever
        bool removed = false;       // so it says, in this life of the process
        bool quiet = false;         // and should
        ledger::TreeSize kept = 0;  // of its newest certificate
        std::optional<SimMark> mark;
        std::map<ledger::TreeSize, ledger::Hash> said;  // cosigned, to whomever
    };
    struct Root {
        ledger::TreeSize size = 0;
        ledger::Hash root;
        NodeId node = 0;
    };
    struct Committed {
        consensus::Hash hash{};
        NodeId by = 0;
        consensus::Term in = 0;  // the term of who committed it first
    };

    Seen& of(NodeId node) { return seen_[node]; }
    void check_acknowledged(NodeId node, Index index, const SimDisk& disk, std::string_view what);
    void check_order(const History& history);
    void search(const History& history);
    void check_removed(NodeId node, const consensus::Status& status);
    bool execute(const ledger::DecodedBlock& block, const ledger::Applied& applied);
    // Whether all who applied that block hold the same rows.
    void compare_states(
        const std::string& whose, const ledger::BlockHeader& header, const ledger::Reader& after
    );

    Timeline& timeline_;
    Alliance& alliance_;
    const Weather& weather_;
    std::string fault_;
    std::map<NodeId, Seen> seen_;
    std::map<Term, NodeId> leaders_;
    std::map<std::pair<Term, Index>, consensus::Hash> blocks_;
    std::vector<Committed> committed_;                             // [0] is block 1
    std::map<consensus::Hash, node::BlockBytes> bytes_;            // of blocks that were written
    std::map<consensus::Hash, consensus::Membership> introduced_;  // by which block
    consensus::Membership membership_;
    ledger::Roster roster_;
    Index roster_of_ = 1;                                   // the block after which it was so
    ledger::Pinned pinned_;                                 // its policies
    std::map<std::pair<Index, ledger::Hash>, Root> roots_;  // after that block
    std::map<std::pair<Index, ledger::Hash>, ledger::Hash> states_;  // after some, every row
    std::map<ledger::TreeSize, ledger::Hash> certificates_;
    std::map<ledger::TreeSize, ledger::Hash> sizes_;  // of committed trees
    ledger::TreeSize certified_ = 0;
    ledger::TimeMs newest_time_ = 0;
    std::set<consensus::Position> forks_;  // where one honest node had the other block in its log
    std::set<consensus::Position> convicted_;  // by a file of some honest node
    std::uint64_t convictions_ = 0;
    std::uint64_t roots_compared_ = 0;
    std::uint64_t states_compared_ = 0;
    std::uint64_t searched_ = 0;
    std::uint64_t given_up_ = 0;
    AccountModel model_;
};

}  // namespace tanji::simulation
