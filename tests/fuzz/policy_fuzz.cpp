#include "ledger/proof/policy.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// A tlog-policy, and the verifier keys in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto key = parse_vkey(input)) {
        require(to_vkey(*key) == input);
    }
    const auto policy = Policy::parse(input);
    if (!policy) {
        return 0;
    }
    std::set<std::string, std::less<>> all;
    for (const Policy::Witness& witness : policy->witnesses()) {
        require(all.insert(witness.name).second);
        const auto key = parse_vkey(to_vkey(witness.key));
        require(key && *key == witness.key);
    }
    // More witnesses never make it worse.
    require(policy->satisfied(all) || !policy->satisfied({}));
    return 0;
}
