#include "ledger/value/json.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

// Canonical text escapes LF, CR and TAB: whoever writes it has refused other control characters.
bool is_writable(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') {
            return false;
        }
    }
    return true;
}

bool is_writable(const JsonValue& value) {
    bool good = value.string() == nullptr || is_writable(*value.string());
    if (const JsonValue::Array* elements = value.array()) {
        for (const JsonValue& element : *elements) {
            good = good && is_writable(element);
        }
    }
    if (const JsonValue::Object* members = value.object()) {
        for (const JsonMember& member : *members) {
            good = good && is_writable(member.name) && is_writable(member.value);
        }
    }
    return good;
}

}  // namespace

// Strict JSON: what is read has one canonical text, and that text is read as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    const auto value = parse_json(input);
    require(!value || parse_tolerant_json(input).has_value());
    if (value && is_writable(*value)) {
        const std::string text = to_canonical_text(*value);
        const auto again = parse_json(text);
        require(again && to_canonical_text(*again) == text);
    }
    parse_tolerant_json(input);
    return 0;
}
