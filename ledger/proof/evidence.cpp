#include "ledger/proof/evidence.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/log_proof.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

template <typename... Args>
std::unexpected<Error> no_proof(fmt::format_string<Args...> why, Args&&... args) {
    return refuse(ErrorCode::bad_request, why, std::forward<Args>(args)...);
}

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

void add_once(std::vector<NoteKey>& keys, const NoteKey& key) {
    if (std::ranges::find(keys, key) == keys.end()) {
        keys.push_back(key);
    }
}

// The known keys with a good line under every one of the notes; refused when there is none, or when
// a known key signed badly.
Result<std::vector<NoteKey>> signers_of_all(
    std::span<const Note* const> notes, std::span<const NoteKey> known
) {
    std::vector<NoteKey> signers;
    for (const NoteKey& key : known) {
        bool everywhere = true;
        for (const Note* note : notes) {
            const Signed found = signed_by(key, *note);
            if (found == Signed::badly) {
                return no_proof("a signature of {} is not good", key.name);
            }
            everywhere = everywhere && found == Signed::well;
        }
        if (everywhere) {
            add_once(signers, key);
        }
    }
    if (signers.empty()) {
        return no_proof("no known key signed {}", notes.size() == 1 ? "it" : "both");
    }
    return signers;
}

Result<std::vector<NoteKey>> signers_of_both(
    const SignedCheckpoint& a, const SignedCheckpoint& b, std::span<const NoteKey> known
) {
    const std::array notes{&a.note, &b.note};
    return signers_of_all(notes, known);
}

// The log keys that the header names and that signed it.
Result<std::vector<NoteKey>> leader_of(const BlockHeader& header, std::span<const NoteKey> known) {
    std::vector<NoteKey> leaders;
    for (const NoteKey& key : known) {
        if (key.type == NoteKeyType::log && key_id(key.key) == header.leader) {
            if (!verify_header(header, key.key)) {
                return no_proof("the signature under a header is not good");
            }
            add_once(leaders, key);
        }
    }
    if (leaders.empty()) {
        return no_proof("the leader {} of a header is no known log key", header.leader.hex());
    }
    return leaders;
}

// --- block-fork ---

Result<std::vector<NoteKey>>
judge(const BlockFork& fork, std::span<const NoteKey> known, const CommandTest&) {
    const BlockHeader& a = fork.a;
    const BlockHeader& b = fork.b;
    if (a.ledger != b.ledger || a.term != b.term || a.index != b.index || a.leader != b.leader) {
        return no_proof("the headers are not of one place and one leader");
    }
    if (!(hash_of(a) < hash_of(b))) {
        return no_proof("two different headers are expected, that with the smaller hash first");
    }
    if (auto first = leader_of(a, known); !first) {
        return first;
    }
    return leader_of(b, known);
}

// --- checkpoint-fork ---

// Whether neither tree can begin with the other.
Status check_fork(const Checkpoint& a, const Checkpoint& b, const CheckpointFork& fork) {
    if (a.origin != b.origin) {
        return no_proof("the checkpoints are of two logs");
    }
    if (a.size > b.size) {
        return no_proof("the smaller checkpoint stands first");
    }
    if (a.size == b.size) {
        if (a.root == b.root) {
            return no_proof("the checkpoints agree");
        }
        if (fork.prefix_root || !fork.prefix_proof.empty()) {
            return no_proof("equal sizes need no prefix");
        }
        return {};
    }
    if (!fork.prefix_root) {
        return no_proof("two sizes need a prefix root and its proof");
    }
    if (*fork.prefix_root == a.root) {
        return no_proof("the newer tree begins with the older one");
    }
    return verify_consistency(a.size, b.size, *fork.prefix_root, b.root, fork.prefix_proof);
}

Result<std::vector<NoteKey>>
judge(const CheckpointFork& fork, std::span<const NoteKey> known, const CommandTest&) {
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
    return signers_of_both(*a, *b, known);
}

// --- wrong-root ---

Result<std::vector<NoteKey>>
judge(const WrongRoot& wrong, std::span<const NoteKey> known, const CommandTest&) {
    if (auto signers = accused(wrong, known); !signers) {
        return signers;
    }
    return refuse_because(
        ErrorCode::bad_request, "replay", "only the log can tell which root is right"
    );
}

// --- leader-fault ---

Result<std::vector<NoteKey>> judge(
    const LeaderFault& fault, std::span<const NoteKey> known, const CommandTest& test
) {
    auto leader = leader_of(fault.header, known);
    if (!leader) {
        return leader;
    }
    if (fault.header.kind != BlockKind::commands) {
        return no_proof("the block is none of commands");
    }
    const auto inside = verify_inclusion(
        fault.index,
        fault.header.command_count,
        leaf_hash(fault.command),
        fault.path,
        fault.header.body_root
    );
    if (!inside) {
        return std::unexpected(inside.error());
    }
    if (!test) {
        return refuse_because(ErrorCode::bad_request, "replay", "the command was not tested");
    }
    const std::string code = test(fault);
    if (code.empty() || code != fault.code) {
        return no_proof(
            "the command is said to fail with {}, and {}",
            fault.code,
            code.empty() ? "passes what can be tested without the log" : "fails with " + code
        );
    }
    return leader;
}

// --- certificate-conflict ---

struct Branch {
    LogProof proof;
    SignedCheckpoint head;
};

Result<Branch> read_branch(std::string_view text, const Hash& leaf) {
    auto proof = parse_log_proof(text);
    if (!proof) {
        return refusal(proof);
    }
    if (proof->extra || to_text(*proof) != text) {
        return no_proof("a proof has an extra line");
    }
    auto head = read_signed(proof->note);
    if (!head) {
        return refusal(head);
    }
    const Checkpoint& tree = head->checkpoint;
    if (auto in = verify_inclusion(proof->index, tree.size, leaf, proof->path, tree.root); !in) {
        return refusal(in);
    }
    return Branch{std::move(*proof), std::move(*head)};
}

Result<std::vector<NoteKey>>
judge(const CertificateConflict& conflict, std::span<const NoteKey> known, const CommandTest&) {
    auto a = read_branch(conflict.a, conflict.leaf_a);
    if (!a) {
        return refusal(a);
    }
    auto b = read_branch(conflict.b, conflict.leaf_b);
    if (!b) {
        return refusal(b);
    }
    if (a->head.checkpoint.origin != b->head.checkpoint.origin) {
        return no_proof("the proofs are of two logs");
    }
    if (a->proof.index != b->proof.index || conflict.leaf_a == conflict.leaf_b) {
        return no_proof("two different leaves at one place are expected");
    }
    return signers_of_both(a->head, b->head, known);
}

std::string origin_of(std::string_view note) {
    return std::string(note.substr(0, note.find('\n')));
}

std::string origin_of_proof(std::string_view proof) {
    const std::size_t note = proof.find("\n\n");
    return note == std::string_view::npos ? std::string() : origin_of(proof.substr(note + 2));
}

}  // namespace

BlockFork fork_between(const BlockHeader& one, const BlockHeader& other) {
    return hash_of(one) < hash_of(other) ? BlockFork{.a = one, .b = other}
                                         : BlockFork{.a = other, .b = one};
}

Result<std::vector<NoteKey>> convict(
    const Evidence& evidence, std::span<const NoteKey> known, const CommandTest& test
) {
    return std::visit([&](const auto& one) { return judge(one, known, test); }, evidence);
}

Result<std::vector<NoteKey>> accused(const WrongRoot& wrong, std::span<const NoteKey> known) {
    if (wrong.header) {
        if (wrong.header->claim_root == wrong.root) {
            return no_proof("the claim of the header is the root it is measured against");
        }
        return leader_of(*wrong.header, known);
    }
    auto head = read_signed(wrong.note);
    if (!head) {
        return refusal(head);
    }
    if (head->checkpoint.root == wrong.root) {
        return no_proof("the checkpoint has the root it is measured against");
    }
    const std::array notes{static_cast<const Note*>(&head->note)};
    return signers_of_all(notes, known);
}

EvidenceSubject subject_of(const Evidence& evidence) {
    if (const auto* fork = std::get_if<BlockFork>(&evidence)) {
        return {.origin = {}, .ledger = fork->a.ledger};
    }
    if (const auto* fault = std::get_if<LeaderFault>(&evidence)) {
        return {.origin = {}, .ledger = fault->header.ledger};
    }
    if (const auto* fork = std::get_if<CheckpointFork>(&evidence)) {
        return {.origin = origin_of(fork->a), .ledger = {}};
    }
    if (const auto* conflict = std::get_if<CertificateConflict>(&evidence)) {
        return {.origin = origin_of_proof(conflict->a), .ledger = {}};
    }
    const auto& wrong = std::get<WrongRoot>(evidence);
    return {
        .origin = wrong.header ? std::string() : origin_of(wrong.note),
        .ledger = wrong.header ? wrong.header->ledger : Hash{},
    };
}

}  // namespace tanji::ledger
