#include "ledger/proof/evidence.h"
#include "ledger/proof/header.h"
#include "ledger/proof/witness.h"
#include "tests/fuzz/fuzz.h"
#include "tests/proof/sample_log.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

struct Known {
    sample::Log log;
    Pinned pinned = log.pinned();
    std::vector<NoteKey> keys = log_keys();
    Hash root = tree_root(log.leaf_hashes());

    std::vector<NoteKey> log_keys() const {
        std::vector<NoteKey> made;
        for (std::size_t i = 0; i < 4; ++i) {
            made.push_back(log_key(sample::origin, log.member(i).log.public_key()));
        }
        return made;
    }
};

const Known& known() {
    static const Known made;
    return made;
}

void ask_witness(ByteView input) {
    WitnessedLog watched;
    watched.keys = known().keys;
    const auto answer = decide_add_checkpoint(input, [&](std::string_view origin) {
        return origin == sample::origin ? &watched : nullptr;
    });
    // A signature of the sample's members is needed, and they signed one tree only.
    require(!answer.to_cosign || answer.to_cosign->root == known().root);
    require((answer.status == 200) == answer.to_cosign.has_value());
}

}  // namespace

// Signed notes, checkpoints, proofs around them, what a witness is sent, evidence of a fork.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto note = parse_note(input)) {
        require(to_text(*note) == input);
        if (const auto checkpoint = parse_checkpoint(note->text)) {
            require(to_text(*checkpoint) == note->text);
        }
    }
    if (const auto verdict = check_note(input, known().pinned)) {
        require(verdict->checkpoint.root == known().root);
    }
    if (const auto proof = parse_log_proof(input)) {
        // An extra line that is no base64 is read past: nobody trusts what it says.
        const bool passed_over = !proof->extra && input.find("\nextra ") != ByteView::npos;
        require(passed_over || to_text(*proof) == input);
        require(proof->path.size() <= proof_hashes_max);
    }
    if (const auto request = parse_add_checkpoint(input)) {
        require(to_text(*request) == input && request->proof.size() <= proof_hashes_max);
    }
    ask_witness(input);
    if (const auto fork = read_evidence(input)) {
        const auto again = read_evidence(to_text(*fork));
        require(again && to_text(*again) == to_text(*fork));
        const auto convicted = convict(*fork, known().keys);
        require(!convicted || !convicted->empty());
    }
    return 0;
}
