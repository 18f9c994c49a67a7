#include "ledger/command/block.h"
#include "ledger/command/envelope.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// A DSSE envelope as JSON, the `Tanji-Signature` header, the stored form of a command.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto envelope = read_any_envelope(input)) {
        const auto again = read_any_envelope(to_text(*envelope));
        require(again && *again == *envelope);
    }
    if (const auto envelope = read_envelope(input)) {
        require(check_size(*envelope).has_value());
        require(envelope->signatures.size() <= signatures_max);
        if (!envelope->signatures.empty()) {
            const StoredCommand command{.envelope = *envelope, .attachment = {}};
            const auto stored = read_stored(to_stored(command));
            require(stored && *stored == command);
        }
    }
    if (const auto signatures = read_signature_header(input)) {
        require(!signatures->empty() && signatures->size() <= signatures_max);
        const auto again = read_signature_header(to_signature_header(*signatures));
        require(again && *again == *signatures);
    }
    if (const auto stored = read_stored(input)) {
        require(to_stored(*stored) == input);
    }
    const auto detached = detached_envelope("application/json", Bytes(input), input);
    require(!detached || detached->payload == input);
    return 0;
}
