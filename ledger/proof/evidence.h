#pragma once

#include "ledger/proof/header.h"
#include "ledger/proof/note.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// `tanji/evidence@v1`: statements that no honest key makes, to be checked offline by anybody.
namespace tanji::ledger {

inline constexpr std::size_t evidence_bytes_max = std::size_t{1} << 20U;

// Two blocks of one leader at one place: same ledger, term and index. hash(a) < hash(b).
struct BlockFork {
    BlockHeader a;
    BlockHeader b;
};
// In the order that the file wants: of ascending hashes.
BlockFork fork_between(const BlockHeader& one, const BlockHeader& other);

// Two checkpoints of one log of which neither tree begins with the other.
struct CheckpointFork {
    std::string a;  // notes, byte for byte; size(a) <= size(b)
    std::string b;
    // Where the sizes differ: the root that the tree of b had at size(a), and the proof of it.
    std::optional<Hash> prefix_root;
    std::vector<Hash> prefix_proof;
};

// Signed roots that re-execution does not give. The log is the witness: a file alone only accuses.
struct WrongRoot {
    std::string note;                   // a checkpoint note; or empty, and then
    std::optional<BlockHeader> header;  // one whose claim it is
    Hash root;                          // that re-execution gives at that size
};

// A command that an honest leader never seals, and where it stands in a block.
struct LeaderFault {
    BlockHeader header;
    std::uint32_t index = 0;      // of the command in the block
    Bytes command;                // in stored form
    std::vector<Hash> path;       // to the header's body_root
    std::string code;             // of the test that fails, as `signature_invalid`
    std::vector<PublicKey> keys;  // signature_invalid: of signers; an id is the hash of its key
};

// Two trees that hold different leaves at one place, as a receipt and a certified branch that
// excludes it show. The proofs are of tlog-proof@v1, without extra line.
struct CertificateConflict {
    std::string a;
    Hash leaf_a;  // leaf hash
    std::string b;
    Hash leaf_b;
};

using Evidence =
    std::variant<BlockFork, CheckpointFork, WrongRoot, LeaderFault, CertificateConflict>;

// `block-fork`, `checkpoint-fork`, `wrong-root`, `leader-fault`, `certificate-conflict`
std::string_view kind_of(const Evidence& evidence);

std::string to_text(const Evidence& evidence);
// At most 1 MiB; strict.
Result<Evidence> read_evidence(ByteView json);

// `<kind>-<16 hex digits of the text's SHA-256>.json`
std::string file_name(const Evidence& evidence);

// The code of the first test, of those that need no state, that the command fails; empty if it
// passes them all. Rules decide that, so a caller who knows them brings it.
using CommandTest = std::function<std::string(const LeaderFault& fault)>;

// The known keys that are guilty: never empty. Refused when the evidence proves nothing; with
// reason `replay` when only the log can tell (wrong-root), or when there is no test for a
// leader-fault. Lines of unknown keys are passed over, a bad signature of a known one spoils all.
Result<std::vector<NoteKey>> convict(
    const Evidence& evidence, std::span<const NoteKey> known, const CommandTest& test = {}
);

// The known keys that signed what a wrong-root accuses: guilty if re-execution gives `root`.
Result<std::vector<NoteKey>> accused(const WrongRoot& wrong, std::span<const NoteKey> known);

// The origin of the log that the evidence is about, or the ledger where it says that instead.
struct EvidenceSubject {
    std::string origin;
    Hash ledger;
};
EvidenceSubject subject_of(const Evidence& evidence);

}  // namespace tanji::ledger
