#pragma once

#include "consensus/types.h"

#include <memory>
#include <string>

// Blocks with contents, for cores that are run without a ledger.
namespace tanji::consensus::scenario {

struct Block {
    BlockRef ref;
    NodeId leader = 0;  // who sealed it
    std::string text;   // the command it carries; empty: none
    std::uint64_t time_ms = 0;
};

using BlockPtr = std::shared_ptr<const Block>;

// Depends on all contents and on the block before.
Hash hash_of(const Block& block);
// The contents are what was sealed.
bool is_sound(const Block& block);

BlockPtr sealed(Block block);
// Block 1, the same for everybody.
BlockPtr genesis(const Membership& membership);

// A signature that only its maker could have made, as far as these tests are concerned.
std::array<std::uint8_t, 64> signed_by(NodeId signer, Term term, NodeId to);

std::string text_of(Position at);

}  // namespace tanji::consensus::scenario
