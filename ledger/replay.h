#pragma once

#include "ledger/command/batch.h"
#include "ledger/command/command.h"
#include "ledger/command/leaf.h"
#include "ledger/governance/genesis.h"
#include "ledger/governance/membership.h"
#include "ledger/replay_points.h"
#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace tanji::ledger {

// Whether a leaf by itself may stand in the log of `genesis`: an open one has the digest of its
// payload, every signer that is a key of genesis was valid then, and its signature is good. Other
// keys belong to venues and users; who has to sign is a member, and that feed() asks. Needs no
// state, so leaves may be checked in any order, by many threads.
Status check_leaf(const Leaf& leaf, const Genesis& genesis);

// Where the grams of one class are, as far as the public leaves say.
struct ClassTotals {
    Amount issued = 0;
    Amount held = 0;
    Amount locked = 0;
    Amount frozen = 0;
    Amount reserved = 0;
    Amount retired = 0;
    Amount cancelled = 0;
    Amount exported = 0;
    Amount reversed = 0;

    bool conserved() const;
};

// Replays the public log: leaves go in from the first one on, totals come out, and the first leaf
// that contradicts those before it is refused with a sentence. What it knows afterwards rests on
// public data alone; records and accounts stay sealed.
class Replay {
public:
    struct Batch {
        std::string state;
        std::string provider;
        std::string scheme;
        std::string methodology;             // ref
        std::string programme;               // slug, or empty
        std::array<std::string, 2> classes;  // one of them is that of its grams
        std::string credit_class;            // empty until grams of it are issued
        Int128 counted_ug = 0;
        std::uint32_t count = 0;
        Amount grams = 0;    // at issue
        Amount revoked = 0;  // of them
    };

    // REQUIRES: `genesis` is that of the log and outlives this.
    explicit Replay(const Genesis& genesis)
        : genesis_(genesis),
          points_(genesis),
          roster_(first_roster(genesis)) {}

    // REQUIRES: `leaf` was read from the text of leaf number `leaves()`, and check_leaf passed.
    // After a refusal the object is of no more use.
    Status feed(const Leaf& leaf);

    std::uint64_t leaves() const { return leaves_; }
    std::uint64_t applied() const { return applied_; }
    std::uint64_t refused() const { return leaves_ - applied_; }
    // Records in the batches that were submitted.
    std::uint64_t records() const { return records_; }
    const std::map<std::string, ClassTotals, std::less<>>& classes() const { return classes_; }
    const std::map<CommandId, Batch>& batches() const { return batches_; }
    // Grams owed, by (scheme, member).
    const std::map<std::pair<std::string, std::string>, Amount>& owed() const { return owed_; }
    const PointsReplay& points() const { return points_; }
    const Roster& roster() const { return roster_; }

private:
    struct Document {
        Hash digest;
        bool net = false;  // of a methodology: losses are kept and set against gains
    };
    using Documents = std::map<std::string, Document, std::less<>>;  // by ref

    Status feed_order(const Leaf& leaf);
    Status feed_refused(const Leaf& leaf) const;
    Status feed_applied(const Leaf& leaf);
    Status feed_genesis(const Leaf& leaf) const;
    Status feed_open(const Leaf& leaf, const Command& command);
    Status feed_submit(const Leaf& leaf, const Command& command);
    Status feed_attest(const Leaf& leaf, const Command& command);
    Status feed_revoke(const Leaf& leaf, const Command& command);
    Status feed_document(const Leaf& leaf, const Command& command, Documents& documents);
    Status feed_retirement(const Leaf& leaf);
    Status feed_obligation(const Leaf& leaf, Amount change);
    Status feed_lapse(const Leaf& leaf);
    Status feed_moves(const Leaf& leaf);
    Status feed_decision(const Leaf& leaf);
    Status feed_change(const Leaf& leaf);
    Status feed_abandon(const Leaf& leaf);
    Status feed_issue(const Leaf& leaf, Batch& batch);

    const Genesis& genesis_;
    PointsReplay points_;
    Roster roster_;
    std::uint64_t leaves_ = 0;
    std::uint64_t applied_ = 0;
    std::uint64_t records_ = 0;
    BlockIndex block_ = 0;
    std::uint64_t pos_ = 0;
    TimeMs time_ = 0;
    std::set<CommandId> ids_;
    std::map<std::string, ClassTotals, std::less<>> classes_;
    std::map<CommandId, Batch> batches_;
    std::map<std::pair<std::string, std::string>, Amount> owed_;
    Documents methodologies_;
    Documents factor_sets_;
};

}  // namespace tanji::ledger
