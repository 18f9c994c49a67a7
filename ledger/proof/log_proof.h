#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <optional>
#include <string>
#include <vector>

namespace tanji::ledger {

// C2SP tlog-proof@v1: that a leaf is in the tree of a checkpoint, for whoever has the leaf.
struct LogProof {
    std::optional<Bytes> extra;  // never trusted
    LeafIndex index = 0;
    std::vector<Hash> path;
    std::string note;  // a checkpoint note, byte for byte
};

std::string to_text(const LogProof& proof);
Result<LogProof> parse_log_proof(ByteView text);

}  // namespace tanji::ledger
