#pragma once

#include "ledger/command_outcome.h"
#include "ledger/decoded_block.h"
#include "ledger/methodology/catalogue.h"
#include "ledger/reductions/known_accounts.h"
#include "ledger/rows.h"
#include "ledger/store/store.h"
#include "ledger/view.h"

#include <functional>
#include <memory>
#include <vector>

namespace tanji::ledger {

// What applying a block gave.
struct Applied {
    BlockIndex block = 0;
    TreeSize size = 0;  // of the tree after it
    Hash root;
    // One per command, in their order: an outcome (also a replayed one), or why it has no leaf
    // (id_reused, or what an honest leader never seals).
    std::vector<Result<CommandOutcome>> outcomes;
    // All nodes and memberships after it, if the block changed anything of them.
    std::shared_ptr<const Roster> roster;
    // The block introduces a membership that nobody decided: it changed nothing.
    bool unauthorised = false;
};

// The state machine. Blocks are applied in order, each in one atomic batch; the state after block n
// is a function of genesis and blocks 1…n, on every node the same. One thread applies; views may be
// taken and used by any.
class Ledger {
public:
    // Bytes of a block that was applied, or is being applied; nothing when it is not kept and all
    // that a rule may still read of it has its row (kept_records.h).
    using BlockReader = View::BlockReader;

    // Goes on where the store stands; an empty store awaits block 1.
    Ledger(Store& store, BlockReader blocks);

    // Where the ledger stands; block 0 before genesis.
    const Head& head() const { return head_; }

    // REQUIRES: the block follows head() (index, prev_hash, time). Block 1 is that of a genesis
    // file that read_genesis accepts.
    Applied apply(const DecodedBlock& block);

    // What the command would come to now, at that ledger time: the same tests and rules on a
    // snapshot, nothing kept. `index` and `leaf` of the outcome are those it would have next.
    // Signatures are taken as verified; without any, tests 4 to 7 are left out.
    Result<CommandOutcome> dry_run(const Prepared& command, TimeMs now) const;

    // When the next sweep is due, or nothing.
    std::optional<TimeMs> next_due() const;

    // REQUIRES: block 1 was applied.
    std::shared_ptr<const View> view() const;

private:
    // `is_gone`: records that it needed are not kept any more.
    Result<CommandOutcome> try_dry_run(const Prepared& command, TimeMs now, bool& is_gone) const;
    void read_stored_genesis();

    Store& store_;
    BlockReader blocks_;
    MethodCache methods_;
    KnownAccounts accounts_;
    Head head_;
    std::shared_ptr<const Genesis> genesis_;  // null before block 1
};

}  // namespace tanji::ledger
