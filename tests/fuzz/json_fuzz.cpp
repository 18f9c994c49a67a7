#include "ledger/value/json.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// Strict JSON: what is read has one canonical text, and that text is read as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto value = parse_json(input)) {
        const std::string text = to_canonical_text(*value);
        const auto again = parse_json(text);
        require(again && to_canonical_text(*again) == text);
        require(parse_tolerant_json(input).has_value());
    }
    parse_tolerant_json(input);
    return 0;
}
