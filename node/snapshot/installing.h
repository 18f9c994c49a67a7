#pragma once

#include "ledger/store/rocks_store.h"
#include "ledger/value/result.h"
#include "node/snapshot/folder.h"
#include "node/storage/directory.h"
#include "node/storage/log_store.h"

#include <optional>
#include <string>
#include <vector>

// A state from a snapshot takes the place of the ledger at a start, before anything is open. Order,
// so that a crash at any step is safe and the next start goes on:
//
//   snapshots/fetching     every chunk there, each checked when it came, synced
//   ledger.new             made of them; the whole is checked, flushed, closed
//   snapshots/install      the header of its block: from here on the state is that one
//   ledger.new → ledger
//   log                    begins after that block, unless it holds it; then the mark (startup.h)
//   snapshots/fetching     → one of the kept ones
//   snapshots/install      goes
//
namespace tanji::node {

// Up to `ledger.new → ledger`. Gives the header at which the log has to begin, or hold that block;
// nothing when there is nothing to install. What was fetched and is not what its manifest says is
// dropped; `notes` say so. Refused, with everything as it was, when it contradicts what the mark
// says this node cosigned.
ledger::Result<std::optional<ledger::Bytes>> install_state(
    const DataDirectory& directory,
    const ledger::RocksOptions& options,
    std::vector<std::string>& notes
);

// The rest, once the log is as it should be.
ledger::Status finish_install(const DataDirectory& directory);

// A ledger made of the newest own snapshot from which the log leads on: for a ledger that was lost
// when the blocks from the first on are pruned. Refused with `pruned` when there is none.
// REQUIRES: there is no `ledger`.
ledger::Result<ledger::BlockIndex> restore_ledger(
    const DataDirectory& directory, const ledger::RocksOptions& options, const LogStore& log
);

}  // namespace tanji::node
