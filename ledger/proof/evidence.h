#pragma once

#include "ledger/proof/note.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

// `tanji/evidence@v1`: two statements that no honest key makes both of.
namespace tanji::ledger {

// Two checkpoints of one log of which neither tree begins with the other.
struct CheckpointFork {
    std::string a;  // notes, byte for byte; size(a) <= size(b)
    std::string b;
    // Where the sizes differ: the root that the tree of b had at size(a), and the proof of it.
    std::optional<Hash> prefix_root;
    std::vector<Hash> prefix_proof;
};

std::string to_text(const CheckpointFork& fork);
// At most 128 KiB; strict.
Result<CheckpointFork> read_evidence(ByteView json);

// The known keys that signed both: never empty. Refused when the evidence proves nothing.
Result<std::vector<NoteKey>> convict(const CheckpointFork& fork, std::span<const NoteKey> known);

}  // namespace tanji::ledger
