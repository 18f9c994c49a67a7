#include "ledger/command/record.h"
#include "ledger/proof/merkle.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// A record as text and over the wire: both are one to one, and mean the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto record = read_record(input)) {
        require(check(*record).has_value());
        require(to_text(*record) == input);
        const auto wired = read_wire_record(to_wire(*record));
        require(wired && *wired == *record);
        std::string buffer;
        require(record_hash(*record, buffer) == leaf_hash(input));
    }
    if (const auto record = read_wire_record(input)) {
        require(check(*record).has_value());
        require(to_wire(*record) == input);
        const auto read = read_record(to_text(*record));
        require(read && *read == *record);
    }
    return 0;
}
