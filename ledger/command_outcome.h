#pragma once

#include "ledger/rows.h"
#include "ledger/store/store.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <optional>
#include <string>

namespace tanji::ledger {

// The end of a command that was executed: applied, or refused with a code. Every one has a leaf,
// whose effects say what changed.
struct CommandOutcome {
    CommandId command;
    std::string type;
    BlockIndex block = 0;
    LeafIndex leaf = 0;
    TimeMs time = 0;
    std::optional<Error> error;  // of a refusal
    bool replayed = false;       // decided before: this is the first outcome again
    std::string leaf_text;       // also of a dry run, where no such leaf is in the tree

    bool applied() const { return !error.has_value(); }
};

// The first outcome of a command that was executed before, from its row and leaf.
CommandOutcome recorded_outcome(const Reader& reader, const CommandId& id, const CommandRow& row);

}  // namespace tanji::ledger
