#pragma once

#include "ledger/command/effect.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tanji::ledger {

// open: with its payload; sealed: a user account or a redemption is named, so digests and
// commitments only; system: made by the ledger itself.
enum class LeafClass : std::uint8_t { open, sealed, system };
std::string_view name_of(LeafClass leaf_class);

// The public record of one command or sweep, an entry of the log's tree.
struct Leaf {
    LeafClass leaf_class = LeafClass::open;
    BlockIndex block = 0;
    std::uint64_t pos = 0;  // among the leaves of the block
    TimeMs time = 0;
    std::string type;

    // open and sealed
    CommandId id;
    Hash digest;
    std::vector<std::string> signers;  // key id (32 digits) or commitment (64), as written
    // open
    std::string payload;
    std::vector<Signature> signatures;
    // sealed and system: an object, its members in the order of docs/formats.md §4.1
    JsonValue public_part;

    bool applied = true;
    std::optional<std::string> code;  // when refused
    std::optional<std::string> reason;
    std::optional<std::uint64_t> index;  // of the offending record
    Effects effects;
};

std::string to_text(const Leaf& leaf);

// Reads a leaf strictly: at most 65,535 bytes, and only what to_text writes. Does not check
// signatures, nor an open leaf's payload (check_payload).
Result<Leaf> read_leaf(ByteView text);

// The public key of that id, if the caller knows it.
using KnownKeys = std::function<std::optional<PublicKey>(const KeyId&)>;

// For an open leaf: its digest is that of the payload, whose id, type and ledger are the leaf's
// (and `ledger`), and every signature by a known key is good. Anything else passes.
Status check_payload(const Leaf& leaf, const Hash& ledger, const KnownKeys& keys);

}  // namespace tanji::ledger
