#pragma once

#include "ledger/value/result.h"
#include "node/storage/chain.h"
#include "node/storage/directory.h"
#include "node/storage/log_store.h"
#include "node/storage/mark.h"
#include "node/storage/startup.h"

#include <optional>
#include <string>

// A log that cannot stay in use is rebuilt from the blocks that can still be read. Order, so that a
// crash at any step loses nothing and the next start goes on:
//
//   log.copy       tables linked, the rest copied; what reading it changes does not matter
//   log.building   block 1 and as many as follow it, synced, closed
//   log.new        the same, whole: the name says so
//   log            → log.damaged-<incarnation>, kept until people remove it
//   log.new        → log
//
// The directory is synced after each step.
namespace tanji::node {

// Goes on where a rebuild was interrupted: afterwards `log` is there if it ever was, and nothing of
// the other names is left but `log.damaged-…`.
ledger::Status finish_salvage(const DataDirectory& directory);

struct Salvaged {
    Chain chain;                     // of the blocks in log.building
    std::optional<Promise> promise;  // that stood beside them, if it could be read
};

// Up to log.building; `log` is only read. Block 1 is taken from `first` when the log does not give
// it. Refused when there is no block 1, or the log belongs to somebody else.
ledger::Result<Salvaged> build_salvaged(
    const DataDirectory& directory,
    const LogOptions& options,
    const Mark& mark,
    const std::optional<FirstBlock>& first
);

// The rest. Says under which name the damaged log is kept; empty if there was none.
ledger::Result<std::string> put_salvaged_in_place(
    const DataDirectory& directory, std::uint64_t incarnation
);

// Away with log.building instead.
ledger::Status drop_salvaged(const DataDirectory& directory);

}  // namespace tanji::node
