#pragma once

#include "ledger/governance/membership.h"
#include "ledger/prepared.h"
#include "ledger/proof/header.h"
#include "ledger/value/result.h"

#include <memory>
#include <optional>
#include <vector>

namespace tanji::ledger {

// A block as it is applied: header, and its commands prepared.
struct DecodedBlock {
    BlockHeader header;
    Bytes genesis_file;                    // of block 1
    std::optional<Membership> membership;  // that a membership block introduces
    // Null where a command is one that an honest leader never seals: it makes no leaf.
    std::vector<std::shared_ptr<const Prepared>> commands;
};

// Bytes of a block: the 272 of its header, then its body. Refused when header and body do not fit
// together (count, length, body_root), or the membership of a membership block is none. Whether the
// block follows another, and who signed it, is for the caller to test.
Result<DecodedBlock> decode_block(ByteView block, const Hash& ledger);

// Header and body of a block, as one text of bytes.
Bytes encode_block(const BlockHeader& header, std::span<const Bytes> commands);

// The block that every node writes at init: the genesis file is its one command.
Bytes genesis_block(ByteView genesis_file, TimeMs time);

// The stored bytes of the command at that place of a block, or nothing if there is none.
std::optional<Bytes> command_in_block(ByteView block, std::uint32_t position);
// The records of the batch that a stored command submits, or nothing if it submits none.
std::shared_ptr<const DecodedBatch> batch_in_command(ByteView stored);
// The records of the batch at that place of a block, or nothing if there is none.
std::shared_ptr<const DecodedBatch> batch_in_block(ByteView block, std::uint32_t position);

}  // namespace tanji::ledger
