#pragma once

#include "ledger/command_outcome.h"
#include "ledger/decoded_block.h"
#include "ledger/reductions/commands.h"
#include "ledger/rows.h"
#include "ledger/sweep.h"
#include "ledger/tree.h"

namespace tanji::ledger {

// One block being applied over a state: sweeps, then commands, each making leaves.
class BlockRun {
public:
    // Keeps references to all but the header's values.
    BlockRun(
        State& state, const Head& before, const BlockHeader& header, const ReductionTools& tools
    );

    void apply_genesis(ByteView genesis_file);
    // What a membership block introduces; false, and nothing is changed, if nobody decided it.
    bool change_membership(const Membership& membership);
    // What falls due at or before the block's time, at most 1,000 items.
    void sweep();
    // One command at its place: an outcome, or why it has no leaf.
    Result<CommandOutcome> execute(const Prepared& command, std::uint32_t position);
    // Block row and head; the head as it stands now.
    Head close(const Hash& block_hash);

    // Tests 4 to 7 are left out: for a dry run without signatures.
    void leave_signatures_unchecked() { signatures_checked_ = false; }

private:
    Execution begin(State& state, const CommandId& id, const Salt& salt, std::uint32_t position);
    Result<std::vector<Signer>> signers_of(const Prepared& command) const;
    Status carry_out(Execution& execution, const Prepared& command) const;
    void add_leaf(const std::string& text);
    void close_sweep(Execution& execution, const SweepKind& kind, const Swept& swept);

    State& state_;
    const BlockHeader header_;
    const ReductionTools& tools_;
    StoredTree tree_;
    TreeSize size_before_ = 0;
    std::uint64_t rules_ = 1;
    bool signatures_checked_ = true;
};

}  // namespace tanji::ledger
