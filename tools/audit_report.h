#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/proof/policy.h"
#include "ledger/replay.h"
#include "tools/tool.h"

namespace tanji::tools {

// An audit that found nothing wrong.
struct Audited {
    const ledger::Genesis& genesis;
    const ledger::NoteVerdict& checkpoint;
    const ledger::Replay& replay;
    double seconds = 0;
    unsigned jobs = 1;
};

void print_audit(const Tool& tool, const Audited& audited);

}  // namespace tanji::tools
