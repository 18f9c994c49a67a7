#pragma once

#include "ledger/proof/note.h"
#include "ledger/value/bytes.h"
#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <string>
#include <string_view>

// C2SP tlog-checkpoint without extension lines, and tlog-cosignature/v1.
namespace tanji::ledger {

inline constexpr std::uint64_t tree_size_max = (std::uint64_t{1} << 53) - 1;

struct Checkpoint {
    std::string origin;
    TreeSize size = 0;
    Hash root;

    bool operator==(const Checkpoint&) const = default;
};

// `origin LF size LF b64(root) LF`
std::string to_text(const Checkpoint& checkpoint);
// Exactly three lines.
Result<Checkpoint> parse_checkpoint(std::string_view text);

NoteKey log_key(std::string_view origin, const PublicKey& key);
NoteKey cosign_key(std::string_view name, const PublicKey& key);
// The name of a member's cosign key when genesis names no other: origin + "/" + member.
std::string cosigner_name(std::string_view origin, std::string_view member);

// The log's line under the checkpoint. The key's name is the origin.
NoteLine sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key);

// What a cosignature signs. REQUIRES: `text` is the text of a checkpoint.
Bytes cosignature_message(std::uint64_t time_s, std::string_view text);
NoteLine cosign_checkpoint(
    const Checkpoint& checkpoint, std::string_view name, const SigningKey& key, std::uint64_t time_s
);

// Whether `line` is a good signature of `key` over `text`, of the kind that the key's type says.
// REQUIRES: line.is_by(key).
bool is_good(const NoteLine& line, const NoteKey& key, std::string_view text);

// The time a cosignature states. REQUIRES: is_good for a cosign key.
std::uint64_t cosigned_at(const NoteLine& line);

}  // namespace tanji::ledger
