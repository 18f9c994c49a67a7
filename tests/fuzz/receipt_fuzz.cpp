#include "tests/fuzz/fuzz.h"
#include "tests/proof/sample_log.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

struct Known {
    sample::Log log;
    Pinned pinned = log.pinned();
    KnownKeys keys = log.keys();
};

const Known& known() {
    static const Known made;
    return made;
}

// Nobody but the four members of the sample can certify: what verifies is a leaf of theirs.
void check_verdict(const Verdict& verdict, const std::string& leaf, LeafIndex index) {
    const auto& leaves = known().log.leaves();
    require(index < leaves.size() && leaves[index] == leaf);
    require(verdict.checkpoint.size == leaves.size());
}

void check_receipt(const Receipt& receipt) {
    const auto again = read_receipt(to_text(receipt));
    require(!again || to_text(*again) == to_text(receipt));
    if (const auto verdict = verify_receipt(receipt, known().pinned, known().keys)) {
        check_verdict(*verdict, receipt.leaf, receipt.leaf_index);
    }
}

}  // namespace

// What a stranger is shown: receipt, saved receipt, certificate, bare proof, and their verdicts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto receipt = read_receipt(input)) {
        check_receipt(*receipt);
    }
    if (const auto receipt = read_saved_receipt(input)) {
        check_receipt(*receipt);
    }
    if (const auto certificate = read_certificate(input)) {
        for (const Receipt& receipt : certificate->receipts) {
            check_receipt(receipt);
        }
        if (const auto v = verify_certificate(*certificate, known().pinned, known().keys)) {
            require(v->size() == certificate->receipts.size());
        }
    }
    for (const std::string& leaf : known().log.leaves()) {
        const auto verdict = verify_log_proof(input, leaf, known().pinned, known().keys);
        require(!verdict || verdict->checkpoint.size == known().log.leaves().size());
    }
    return 0;
}
