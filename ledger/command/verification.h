#pragma once

#include "ledger/command/leaf.h"
#include "ledger/proof/policy.h"
#include "ledger/proof/receipt.h"
#include "ledger/value/result.h"

#include <string>
#include <vector>

// Whether a receipt proves what it says, with nothing else at hand than what is pinned: formats
// §7.3.
namespace tanji::ledger {

// A tick: what was found to be right, and a few words about it.
struct Step {
    std::string name;
    std::string detail;
};

struct Verdict {
    Standing standing = Standing::committed;
    Checkpoint checkpoint;
    std::vector<std::string> cosigners;  // with a good line, named as in the policy
    Leaf leaf;
    std::vector<Step> steps;
};

// Every check must hold: there is no partial verdict. `reason` of a refusal is the step that
// failed: proof, note, origin, policy, signature, log, path, leaf, genesis, payload, part;
// `pointer` says which part.
Result<Verdict> verify_receipt(const Receipt& receipt, const Pinned& pinned, const KnownKeys& keys);

// Both receipts, and that the attestation is of that batch and the allocation of that account.
Result<std::vector<Verdict>> verify_certificate(
    const Certificate& certificate, const Pinned& pinned, const KnownKeys& keys
);

// A tlog-proof alone, for a leaf that is known otherwise.
Result<Verdict> verify_log_proof(
    ByteView proof, ByteView leaf, const Pinned& pinned, const KnownKeys& keys
);

}  // namespace tanji::ledger
