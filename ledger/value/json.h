#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tanji::ledger {

struct JsonMember;

// A strictly read JSON value: no member twice, no float, no sign, no integer above 2^53 − 1, valid
// UTF-8, at most 16 objects and arrays inside one another. Members keep their order.
struct JsonValue {
    using Array = std::vector<JsonValue>;
    using Object = std::vector<JsonMember>;

    std::variant<std::monostate, bool, std::uint64_t, std::string, Array, Object> value;

    bool is_null() const { return std::holds_alternative<std::monostate>(value); }
    const bool* boolean() const { return std::get_if<bool>(&value); }
    const std::uint64_t* integer() const { return std::get_if<std::uint64_t>(&value); }
    const std::string* string() const { return std::get_if<std::string>(&value); }
    const Array* array() const { return std::get_if<Array>(&value); }
    const Object* object() const { return std::get_if<Object>(&value); }
    // The member of that name, or null; null also when this is no object.
    const JsonValue* find(std::string_view name) const;
};

struct JsonMember {
    std::string name;
    JsonValue value;
};

// Reads one value and nothing after it but white space. Refuses with `command_malformed`, or with
// `code`, at the byte where it stopped.
Result<JsonValue> parse_json(ByteView text, ErrorCode code = ErrorCode::command_malformed);

// As parse_json, but unknown tools wrote it: floats and signs are taken as text and repeated
// members are still refused. For replies and files that are only transport.
Result<JsonValue> parse_tolerant_json(ByteView text, ErrorCode code = ErrorCode::command_malformed);

// Reads the members of one object, each exactly once, and remembers the first fault. Reading goes
// on with harmless values after a fault, so a reader is written as a list of fields and asked once:
//
//     JsonReader in(value, "/body", faults);
//     body.scheme = in.slug("scheme");
//     body.amount = in.amount("amount");
//     in.finish();
//     if (faults.any()) { return faults.refusal(); }
class JsonFaults {
public:
    explicit JsonFaults(ErrorCode code = ErrorCode::command_malformed) : code_(code) {}

    bool any() const { return first_.has_value(); }
    // Keeps the first fault only.
    void add(std::string pointer, std::string sentence);
    // REQUIRES: any().
    std::unexpected<Error> refusal() const { return std::unexpected(*first_); }

private:
    ErrorCode code_;
    std::optional<Error> first_;
};

class JsonReader {
public:
    // The value need not be an object: that is the first fault then. Keeps references to both.
    JsonReader(const JsonValue& value, std::string pointer, JsonFaults& faults);

    // The member, or null with a fault when it is missing.
    const JsonValue* member(std::string_view name);
    // True if the member is there and is null: `null` stands where something does not apply.
    bool is_null(std::string_view name);

    // UTF-8 of at most `bytes_max` bytes without control characters.
    std::string text(std::string_view name, std::size_t bytes_max);
    // A whole file as text: LF, CR and TAB are allowed besides.
    std::string document(std::string_view name, std::size_t bytes_max);
    std::string slug(std::string_view name);
    std::string ref(std::string_view name);
    std::string region(std::string_view name);
    std::string credit_class(std::string_view name);
    Account account(std::string_view name);
    std::uint64_t integer(std::string_view name, std::uint64_t least, std::uint64_t most);
    bool boolean(std::string_view name);
    // A decimal string, 1..amount_max.
    Amount amount(std::string_view name);
    // A decimal string, 0..amount_max.
    Amount amount_or_zero(std::string_view name);
    Int128 signed_amount(std::string_view name);
    // One of `words`; its place in the list.
    std::size_t word(std::string_view name, std::span<const std::string_view> words);

    template <typename Fixed>
    Fixed fixed(std::string_view name) {
        const std::string* found = string(name);
        const auto read = found != nullptr ? Fixed::from_hex(*found) : std::nullopt;
        if (found != nullptr && !read) {
            fault(name, "is not " + std::to_string(2 * Fixed::length) + " lower-case hex digits");
        }
        return read.value_or(Fixed{});
    }
    CommandId id(std::string_view name);
    Hash digest(std::string_view name) { return fixed<Hash>(name); }
    // Base64 of exactly the right number of bytes.
    PublicKey public_key(std::string_view name);

    // The elements of an array of least..most; the pointer of element i is pointer(name) + "/i".
    const JsonValue::Array& elements(std::string_view name, std::size_t least, std::size_t most);
    // Ascending, disjoint [[first, last], …], both included; at most 1,000.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges(std::string_view name);

    std::string pointer(std::string_view name) const;
    void fault(std::string_view name, std::string_view sentence);
    JsonFaults& faults() { return faults_; }

    // Every member must have been read: anything else is unknown.
    void finish();

private:
    const std::string* string(std::string_view name);

    const JsonValue& value_;
    std::string pointer_;
    JsonFaults& faults_;
    std::vector<std::string_view> read_;
};

// Whether there is no control character (U+0000–001F, U+007F). That it is UTF-8 was seen by
// parse_json.
bool is_plain_text(std::string_view text);

// Writes canonical text: members in the order of the calls, no white space, only " \ LF CR TAB
// escaped (docs/formats.md, "Canonical text").
class JsonWriter {
public:
    JsonWriter& open_object();
    JsonWriter& close_object();
    JsonWriter& open_array();
    JsonWriter& close_array();
    JsonWriter& name(std::string_view name);
    JsonWriter& string(std::string_view text);
    JsonWriter& integer(std::uint64_t value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // An amount or another 128-bit number, as a decimal string.
    JsonWriter& amount(Int128 value);
    // Text that is JSON already.
    JsonWriter& raw(std::string_view json);

    // A member: name and value.
    JsonWriter& member(std::string_view key, std::string_view text) {
        return name(key).string(text);
    }
    JsonWriter& member(std::string_view key, const char* text) { return name(key).string(text); }
    JsonWriter& member(std::string_view key, std::uint64_t value) {
        return name(key).integer(value);
    }
    JsonWriter& member(std::string_view key, bool value) { return name(key).boolean(value); }
    JsonWriter& amount_member(std::string_view key, Int128 value) {
        return name(key).amount(value);
    }

    const std::string& text() const { return text_; }
    std::string take() { return std::move(text_); }

private:
    void separate();

    std::string text_;
    bool fresh_ = true;  // nothing stands before the next value at this level
};

// The value in canonical text, members in their order.
std::string to_canonical_text(const JsonValue& value);

}  // namespace tanji::ledger
