#include "ledger/proof/evidence.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

constexpr std::string_view format = "tanji/evidence@v1";
constexpr std::string_view kind = "checkpoint-fork";
constexpr std::size_t evidence_bytes_max = 131'072;

struct SignedCheckpoint {
    Note note;
    Checkpoint checkpoint;
};

Result<SignedCheckpoint> read_signed(std::string_view text) {
    auto note = parse_note(text);
    if (!note) {
        return refusal(note);
    }
    auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) {
        return refusal(checkpoint);
    }
    return SignedCheckpoint{std::move(*note), std::move(*checkpoint)};
}

enum class Signed : std::uint8_t { no, well, badly };

Signed signed_by(const NoteKey& key, const Note& note) {
    Signed found = Signed::no;
    for (const NoteLine& line : note.lines) {
        if (line.is_by(key)) {
            if (!is_good(line, key, note.text)) {
                return Signed::badly;
            }
            found = Signed::well;
        }
    }
    return found;
}

// Whether neither tree can begin with the other.
Status check_fork(const Checkpoint& a, const Checkpoint& b, const CheckpointFork& fork) {
    if (a.origin != b.origin) {
        return refuse(ErrorCode::bad_request, "the checkpoints are of two logs");
    }
    if (a.size > b.size) {
        return refuse(ErrorCode::bad_request, "the smaller checkpoint stands first");
    }
    if (a.size == b.size) {
        if (a.root == b.root) {
            return refuse(ErrorCode::bad_request, "the checkpoints agree");
        }
        if (fork.prefix_root || !fork.prefix_proof.empty()) {
            return refuse(ErrorCode::bad_request, "equal sizes need no prefix");
        }
        return {};
    }
    if (!fork.prefix_root) {
        return refuse(ErrorCode::bad_request, "two sizes need a prefix root and its proof");
    }
    if (*fork.prefix_root == a.root) {
        return refuse(ErrorCode::bad_request, "the newer tree begins with the older one");
    }
    return verify_consistency(a.size, b.size, *fork.prefix_root, b.root, fork.prefix_proof);
}

Hash read_hash(const JsonValue& value, const std::string& pointer, JsonFaults& faults) {
    const auto hash = value.string() == nullptr ? std::nullopt : Hash::from_base64(*value.string());
    if (!hash) {
        faults.add(pointer, "is not base64 of 32 bytes");
    }
    return hash.value_or(Hash{});
}

}  // namespace

std::string to_text(const CheckpointFork& fork) {
    JsonWriter out;
    out.open_object().member("evidence", format).member("kind", kind);
    out.member("a", fork.a).member("b", fork.b);
    if (fork.prefix_root) {
        out.member("prefix_root", to_base64(fork.prefix_root->view()));
        out.name("prefix_proof").open_array();
        for (const Hash& hash : fork.prefix_proof) {
            out.string(to_base64(hash.view()));
        }
        out.close_array();
    }
    out.close_object();
    return out.take();
}

Result<CheckpointFork> read_evidence(ByteView json) {
    if (json.size() > evidence_bytes_max) {
        return refuse(ErrorCode::bad_request, "evidence over 128 KiB");
    }
    auto value = parse_json(json, ErrorCode::bad_request);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    JsonReader in(*value, "", faults);
    if (in.document("evidence", 64) != format || in.document("kind", 64) != kind) {
        in.fault("kind", "is not evidence of a kind that is known");
    }
    CheckpointFork fork;
    fork.a = in.document("a", note_bytes_max);
    fork.b = in.document("b", note_bytes_max);
    if (value->find("prefix_root") != nullptr) {
        fork.prefix_root = read_hash(*in.member("prefix_root"), in.pointer("prefix_root"), faults);
        for (const JsonValue& hash : in.elements("prefix_proof", 0, proof_hashes_max)) {
            fork.prefix_proof.push_back(read_hash(hash, in.pointer("prefix_proof"), faults));
        }
    }
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    return fork;
}

Result<std::vector<NoteKey>> convict(const CheckpointFork& fork, std::span<const NoteKey> known) {
    auto a = read_signed(fork.a);
    if (!a) {
        return refusal(a);
    }
    auto b = read_signed(fork.b);
    if (!b) {
        return refusal(b);
    }
    if (auto forked = check_fork(a->checkpoint, b->checkpoint, fork); !forked) {
        return refusal(forked);
    }
    std::vector<NoteKey> guilty;
    for (const NoteKey& key : known) {
        const Signed first = signed_by(key, a->note);
        const Signed second = signed_by(key, b->note);
        if (first == Signed::badly || second == Signed::badly) {
            return refuse(ErrorCode::bad_request, "a signature of {} is not good", key.name);
        }
        if (first == Signed::well && second == Signed::well) {
            guilty.push_back(key);
        }
    }
    if (guilty.empty()) {
        return refuse(ErrorCode::bad_request, "no known key signed both");
    }
    return guilty;
}

}  // namespace tanji::ledger
