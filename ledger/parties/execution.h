#pragma once

#include "ledger/command/command.h"
#include "ledger/command/effect.h"
#include "ledger/parties/member.h"
#include "ledger/store/state.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <string>
#include <utility>
#include <vector>

namespace tanji::ledger {

// A key that signed the command at hand, and whose it is.
struct Signer {
    KeyId id;
    KeyRow row;
};

// One command being carried out, or one kind of sweep: what a rule sees and what it leaves behind.
// A rule tests everything first and changes `state` only when nothing is left to refuse; if it
// refuses all the same (amount_overflow), whoever called it throws `state` away.
struct Execution {
    State& state;
    TimeMs now = 0;  // ledger time: the block's
    BlockIndex block = 0;
    std::uint32_t position = 0;  // of the command among those of the block
    LeafIndex leaf = 0;          // the one it will make
    CommandId id;
    Salt salt;
    std::vector<Signer> signers;
    bool unchecked = false;  // a dry run without signatures: whoever has to sign has signed

    // What it leaves behind.
    Effects effects;
    std::vector<Line> postings;           // every change of a balance; salts are added at the end
    std::vector<Allocation> allocations;  // likewise
    std::vector<Conflict> conflicts;
};

}  // namespace tanji::ledger
