#include "ledger/command/leaf.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

template <typename Entry>
void check_entry(const Result<Entry>& entry, ByteView input) {
    require(!entry || to_text(*entry) == input);
}

}  // namespace

// A leaf of the public log, and the entries whose roots it names: canonical text, one to one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto leaf = read_leaf(input)) {
        require(to_text(*leaf) == input);
        const auto nobody = [](const KeyId&) -> std::optional<PublicKey> { return {}; };
        if (check_payload(*leaf, Hash{}, nobody)) {
            // A payload names its ledger, and none has the id zero.
            require(leaf->leaf_class != LeafClass::open || leaf->payload.find(Hash{}.hex()) != 0);
        }
    }
    check_entry(read_line(input), input);
    check_entry(read_allocation(input), input);
    check_entry(read_result(input), input);
    check_entry(read_conflict(input), input);
    return 0;
}
