// Canonical text.
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tanji::ledger {

void JsonWriter::separate() {
    if (!fresh_) {
        text_.push_back(',');
    }
    fresh_ = false;
}

JsonWriter& JsonWriter::open_object() {
    separate();
    text_.push_back('{');
    fresh_ = true;
    return *this;
}

JsonWriter& JsonWriter::close_object() {
    text_.push_back('}');
    fresh_ = false;
    return *this;
}

JsonWriter& JsonWriter::open_array() {
    separate();
    text_.push_back('[');
    fresh_ = true;
    return *this;
}

JsonWriter& JsonWriter::close_array() {
    text_.push_back(']');
    fresh_ = false;
    return *this;
}

JsonWriter& JsonWriter::name(std::string_view name) {
    string(name);
    text_.push_back(':');
    fresh_ = true;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    separate();
    text_.push_back('"');
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find_first_of("\"\\\n\r\t"), text.size());
        text_.append(text.substr(0, plain));
        if (plain < text.size()) {
            constexpr std::string_view special = "\"\\\n\r\t";
            constexpr std::string_view letter = "\"\\nrt";
            text_.push_back('\\');
            text_.push_back(letter[special.find(text[plain])]);
        }
        text.remove_prefix(std::min(plain + 1, text.size()));
    }
    text_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::integer(std::uint64_t value) {
    separate();
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.append(digits.data(), end);
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
    return raw("null");
}

JsonWriter& JsonWriter::amount(Int128 value) {
    if (value >= 0 && value <= amount_max) {
        separate();
        std::array<char, 20> digits{};
        const auto end =
            std::to_chars(
                digits.data(), digits.data() + digits.size(), static_cast<std::uint64_t>(value)
            )
                .ptr;
        text_.push_back('"');
        text_.append(digits.data(), end);
        text_.push_back('"');
        return *this;
    }
    return string(to_text(value));
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    text_.append(json);
    return *this;
}

namespace {

struct CanonicalWriter {
    JsonWriter& out;

    void operator()(std::monostate) const { out.null(); }
    void operator()(bool value) const { out.boolean(value); }
    void operator()(std::uint64_t value) const { out.integer(value); }
    void operator()(const std::string& value) const { out.string(value); }
    void operator()(const JsonValue::Array& values) const {
        out.open_array();
        for (const JsonValue& value : values) {
            std::visit(*this, value.value);
        }
        out.close_array();
    }
    void operator()(const JsonValue::Object& members) const {
        out.open_object();
        for (const JsonMember& member : members) {
            out.name(member.name);
            std::visit(*this, member.value.value);
        }
        out.close_object();
    }
};

}  // namespace

std::string to_canonical_text(const JsonValue& value) {
    JsonWriter out;
    std::visit(CanonicalWriter{out}, value.value);
    return out.take();
}

}  // namespace tanji::ledger
