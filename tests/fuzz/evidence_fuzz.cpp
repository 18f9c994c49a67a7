#include "ledger/leader_fault.h"
#include "ledger/proof/evidence.h"
#include "tests/fuzz/fuzz.h"
#include "tests/proof/evidence_samples.h"

#include <algorithm>

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

// The keys of the sample log, the guilty ones of the seeds first: they signed two things. The
// others never did, so nothing whatever may convict them.
struct Known {
    sample::Log log;
    std::vector<NoteKey> keys = sample::known_keys(log);
    std::vector<NoteKey> honest{
        sample::log_key_of(log, 0), sample::log_key_of(log, 3), sample::cosign_key_of(log, 2)
    };
};

const Known& known() {
    static const Known made;
    return made;
}

}  // namespace

// Evidence of every kind: the form, and what is proven by it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto evidence = read_evidence(tanji::fuzz::bytes_of(data, size));
    if (!evidence) {
        return 0;
    }
    const std::string text = to_text(*evidence);
    const auto again = read_evidence(text);
    require(again && to_text(*again) == text);
    const auto guilty = convict(*evidence, known().keys, failed_test);
    require(!guilty || !guilty->empty());
    for (const NoteKey& key : guilty.value_or(std::vector<NoteKey>{})) {
        require(std::ranges::find(known().honest, key) == known().honest.end());
    }
    if (const auto* wrong = std::get_if<WrongRoot>(&*evidence)) {
        require(!guilty);
        const auto signers = accused(*wrong, known().keys);
        require(!signers || !signers->empty());
    }
    subject_of(*evidence);
    return 0;
}
