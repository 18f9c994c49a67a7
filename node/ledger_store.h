#pragma once

#include "ledger/store/rocks_store.h"
#include "ledger/store/store.h"
#include "node/storage/directory.h"
#include "node/storage/log_store.h"

#include <memory>
#include <string>
#include <vector>

namespace tanji::node {

struct OpenedLedger {
    std::unique_ptr<ledger::Store> store;
    std::vector<std::string> notes;  // for the log of the node: what was put aside, and why
};

// Opens the state under `ledger`, or makes an empty one when there is none. The state follows from
// the blocks, so one that is not to be trusted is put aside as `ledger.damaged-<n>`, and an empty
// one takes its place, into which the blocks are applied again: when a table disagrees with its
// checksums (each is read), when it does not open, when it is of another ledger, is ahead of the
// log or has applied another block than the log holds. A crash at any step is safe. A log whose
// first blocks are pruned needs a state to go on from: then the newest own snapshot is taken.
//
// Refused with `pruned` when there is no such snapshot; otherwise only when no store can be opened
// at all, and then everything stands where it stood.
ledger::Result<OpenedLedger> open_ledger_store(
    const DataDirectory& directory, const ledger::RocksOptions& options, const LogStore& log
);

}  // namespace tanji::node
