#pragma once

#include "ledger/store/state.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <optional>
#include <string>
#include <vector>

// What the ledger keeps about itself.
namespace tanji::ledger {

// Where the ledger stands: after which block, with which tree.
struct Head {
    Hash ledger;
    BlockIndex block = 0;  // the last one applied
    Hash block_hash;
    TimeMs time = 0;  // of that block
    TreeSize size = 0;
    Hash root;
    std::uint64_t rules = 1;
    std::vector<Hash> edge;  // right edge of the tree, the greatest subtree first

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(ledger, block, block_hash, time, size, root, rules);
        archive(counted<std::uint8_t>(edge, 64));
    }
};

struct BlockRow {
    Hash hash;
    TimeMs time = 0;
    LeafIndex first = 0;      // of its leaves
    std::uint32_t count = 0;  // leaves it made
    TreeSize size = 0;        // after it
    Hash root;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(hash, time, first, count, size, root);
    }
};

// A command id is spent for ever: by which bytes, and with which outcome.
struct CommandRow {
    Hash digest;
    std::string type;
    LeafIndex leaf = 0;
    BlockIndex block = 0;
    std::uint32_t position = 0;  // among the commands of the block
    TimeMs time = 0;
    bool applied = false;
    std::string code;    // of a refusal
    std::string detail;  // its sentence, for the signer
    std::string reason;
    std::int64_t index = -1;  // of the offending record, or -1
    std::string pointer;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(digest, text(type), leaf, block, position, time, applied, text(code));
        archive(text(detail), text(reason), index, text(pointer));
    }
};

// A checkpoint that enough members have cosigned.
struct CheckpointCertificate {
    TreeSize size = 0;
    std::string note;  // with the log's line and the cosignatures
};

}  // namespace tanji::ledger
