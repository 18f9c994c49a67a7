#pragma once

#include "node/replica/replica.h"
#include "node/storage/startup.h"

namespace tanji::node {

// What the loop has to know of the log that was found at a start: every block from the newest one
// known to be committed on (applied, or cosigned), and where the terms before began.
struct FoundLog {
    consensus::Restored restored;
    std::vector<BlockTime> times;  // of restored.log
    ledger::TimeMs last_time = 0;
    ledger::Bytes last_header;
};

// Reads every header. `mark` is the storage's own; `applied` is where the ledger stands, and
// `membership` what is in force there.
//
// While the node is recovering the log ends where the ledger stands: what a damaged log gives
// behind that may have been cut before, and only a leader knows. It is filled again from there.
ledger::Result<FoundLog> read_log(
    LogStore& log,
    const Storage& storage,
    const Mark& mark,
    consensus::Index applied,
    const consensus::Membership& membership
);

}  // namespace tanji::node
