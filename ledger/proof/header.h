#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <span>

// The header of a block: 272 bytes, the last 64 of which sign the 208 before them.
namespace tanji::ledger {

inline constexpr std::size_t header_bytes = 272;
inline constexpr std::size_t header_hashed_bytes = 208;
inline constexpr std::string_view header_type = "application/vnd.tanji.block-header";

enum class BlockKind : std::uint8_t { no_op = 0, commands = 1, membership = 2, genesis = 3 };

struct BlockHeader {
    BlockKind kind = BlockKind::no_op;
    std::uint8_t suite = suite_ed25519_sha256;
    Hash ledger;
    std::uint64_t term = 0;
    BlockIndex index = 0;
    TimeMs time_ms = 0;
    KeyId leader;  // of the log key that signs; zero in genesis
    std::uint64_t membership = 0;
    std::uint32_t command_count = 0;
    std::uint32_t body_bytes = 0;
    Hash prev_hash;
    Hash body_root;
    BlockIndex claim_index = 0;
    TreeSize claim_size = 0;
    Hash claim_root;
    Signature signature;  // zero in genesis

    bool operator==(const BlockHeader&) const = default;
};

Bytes encode_header(const BlockHeader& header);
// Refuses another length, magic, version, an unknown kind or suite, and a time after the year 9999.
Result<BlockHeader> decode_header(ByteView bytes);

// The hash of a block: SHA-256 of the header's first 208 bytes.
Hash hash_of(const BlockHeader& header);
// Fills in `signature`; `leader` is the key's id already.
void sign_header(BlockHeader& header, const SigningKey& log);
bool verify_header(const BlockHeader& header, const PublicKey& log);

// The tree over the commands' stored bytes; H("") without commands.
Hash body_root(std::span<const Bytes> commands);
Hash body_root(std::span<const ByteView> commands);

}  // namespace tanji::ledger
