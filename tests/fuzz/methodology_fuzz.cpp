#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/methodology.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// A methodology document. One that is accepted has been evaluated on its own vectors by then.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto methodology = read_methodology(tanji::fuzz::bytes_of(data, size));
    if (!methodology) {
        require(methodology.error().code == ErrorCode::methodology_invalid);
        require(!methodology.error().reason.empty());
        return 0;
    }
    require(methodology->nodes.size() <= methodology_nodes_max);
    for (std::size_t i = 0; i < methodology->nodes.size(); ++i) {
        for (const NodeIndex part : methodology->nodes[i].parts) {
            require(part < i);
        }
    }
    return 0;
}
