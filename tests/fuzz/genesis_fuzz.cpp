#include "ledger/governance/genesis.h"
#include "ledger/proof/policy.h"
#include "ledger/value/crypto.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// The file that every member has agreed to. The policy that follows from it is one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    const auto genesis = read_genesis(input);
    if (!genesis) {
        return 0;
    }
    require(genesis->ledger == sha256(input) && input.back() == '\n');
    require(!genesis->members.empty() && size <= genesis_bytes_max);
    const auto policy = Policy::parse(genesis->policy());
    require(policy && !policy->logs().empty());
    for (const NoteKey& key : policy->logs()) {
        require(key.name == genesis->origin);
    }
    return 0;
}
