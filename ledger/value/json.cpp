#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

namespace tanji::ledger {
namespace {

namespace bj = boost::json;

constexpr std::size_t depth_max = 16;
constexpr std::uint64_t integer_max = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t elements_max = 1'000'000;

// Builds a JsonValue from the events of the parser, and stops at what strict JSON does not allow.
struct TreeBuilder {
    static constexpr std::size_t max_array_size = elements_max;
    static constexpr std::size_t max_object_size = elements_max;
    static constexpr std::size_t max_string_size = 64U << 20U;
    static constexpr std::size_t max_key_size = 4096;

    bool tolerant = false;
    std::string fault;
    JsonValue root;
    std::vector<JsonValue*> open;  // the objects and arrays that are being read
    std::string text;              // a string or name that comes in parts

    bool refuse_here(std::string why, bj::error_code& ec) {
        fault = std::move(why);
        ec = bj::make_error_code(bj::error::syntax);
        return false;
    }

    JsonValue& place() {
        if (open.empty()) {
            return root;
        }
        if (auto* array = std::get_if<JsonValue::Array>(&open.back()->value)) {
            return array->emplace_back();
        }
        return std::get<JsonValue::Object>(open.back()->value).back().value;
    }

    bool put(decltype(JsonValue::value) value) {
        place().value = std::move(value);
        return true;
    }

    bool begin(decltype(JsonValue::value) container) {
        JsonValue& at = place();
        at.value = std::move(container);
        open.push_back(&at);
        return true;
    }
    bool end() {
        open.pop_back();
        return true;
    }

    // The last name read must not stand in its object already. Objects from outside are small
    // (every reader names its members), so looking at each is cheaper than an index.
    bool name(bj::error_code& ec) {
        auto& members = std::get<JsonValue::Object>(open.back()->value);
        const bool repeated =
            std::ranges::any_of(members, [&](const auto& member) { return member.name == text; });
        if (repeated) {
            return refuse_here(fmt::format("member \"{}\" stands twice", text), ec);
        }
        if (members.size() >= 4096) {
            return refuse_here("an object has more than 4,096 members", ec);
        }
        members.push_back({.name = std::move(text), .value = {}});
        text.clear();
        return true;
    }

    bool number(std::uint64_t value, bj::string_view spelled, bj::error_code& ec) {
        if (spelled.starts_with('-')) {
            return unusual_number(spelled, "has a sign", ec);
        }
        if (value > integer_max) {
            return unusual_number(spelled, "is above 2^53 - 1", ec);
        }
        return put(value);
    }

    bool unusual_number(bj::string_view spelled, std::string_view why, bj::error_code& ec) {
        if (tolerant) {
            return put(std::string(spelled));
        }
        return refuse_here(fmt::format("number {} {}", std::string_view(spelled), why), ec);
    }

    // What basic_parser calls; its names are fixed.
    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&) { return begin(JsonValue::Object{}); }
    bool on_object_end(std::size_t, bj::error_code&) { return end(); }
    bool on_array_begin(bj::error_code&) { return begin(JsonValue::Array{}); }
    bool on_array_end(std::size_t, bj::error_code&) { return end(); }
    bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
        text.append(part);
        return true;
    }
    bool on_key(bj::string_view part, std::size_t, bj::error_code& ec) {
        text.append(part);
        return name(ec);
    }
    bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
        text.append(part);
        return true;
    }
    bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
        text.append(part);
        const bool done = put(std::move(text));
        text.clear();
        return done;
    }
    bool on_number_part(bj::string_view, bj::error_code&) { return true; }
    bool on_int64(std::int64_t value, bj::string_view spelled, bj::error_code& ec) {
        return number(static_cast<std::uint64_t>(value), spelled, ec);
    }
    bool on_uint64(std::uint64_t value, bj::string_view spelled, bj::error_code& ec) {
        return number(value, spelled, ec);
    }
    // The parser hands over a binary fraction here, which is never looked at.
    template <typename Fraction>
    bool on_double(Fraction, bj::string_view spelled, bj::error_code& ec) {
        return unusual_number(spelled, "is no plain integer", ec);
    }
    bool on_bool(bool value, bj::error_code&) { return put(value); }
    bool on_null(bj::error_code&) { return put(std::monostate{}); }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

Result<JsonValue> parse(ByteView text, ErrorCode code, bool tolerant) {
    bj::parse_options options;
    options.max_depth = depth_max;
    bj::basic_parser<TreeBuilder> parser(options);
    parser.handler().tolerant = tolerant;
    bj::error_code ec;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
    if (!parser.handler().fault.empty()) {
        return refuse(code, "{} (at byte {})", parser.handler().fault, read);
    }
    if (ec) {
        return refuse(code, "not JSON: {} at byte {}", ec.message(), read);
    }
    if (read != text.size()) {
        return refuse(code, "something stands after the JSON value, at byte {}", read);
    }
    return std::move(parser.handler().root);
}

// Where bytes are plain text, and which control characters a file may have.
bool is_text(std::string_view text, bool line_breaks) {
    return std::ranges::none_of(text, [&](char c) {
        const auto byte = static_cast<std::uint8_t>(c);
        const bool line_break = c == '\n' || c == '\r' || c == '\t';
        return byte == 0x7f || (byte < 0x20 && !(line_breaks && line_break));
    });
}

const JsonValue::Array no_elements;

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    const Object* members = object();
    if (members == nullptr) {
        return nullptr;
    }
    const auto found =
        std::ranges::find_if(*members, [&](const auto& member) { return member.name == name; });
    return found == members->end() ? nullptr : &found->value;
}

Result<JsonValue> parse_json(ByteView text, ErrorCode code) { return parse(text, code, false); }

Result<JsonValue> parse_tolerant_json(ByteView text, ErrorCode code) {
    return parse(text, code, true);
}

bool is_plain_text(std::string_view text) { return is_text(text, false); }

void JsonFaults::add(std::string pointer, std::string sentence) {
    if (!first_) {
        first_ = Error{
            .code = code_,
            .detail = std::move(sentence),
            .pointer = std::move(pointer),
            .reason = {},
            .index = {},
        };
    }
}

JsonReader::JsonReader(const JsonValue& value, std::string pointer, JsonFaults& faults)
    : value_(value), pointer_(std::move(pointer)), faults_(faults) {
    if (value_.object() == nullptr) {
        faults_.add(pointer_, "is no JSON object");
    }
}

std::string JsonReader::pointer(std::string_view name) const {
    return fmt::format("{}/{}", pointer_, name);
}

void JsonReader::fault(std::string_view name, std::string_view sentence) {
    faults_.add(pointer(name), fmt::format("{} {}", name, sentence));
}

const JsonValue* JsonReader::member(std::string_view name) {
    read_.push_back(name);
    const JsonValue* found = value_.find(name);
    if (found == nullptr) {
        fault(name, "is missing");
    }
    return found;
}

bool JsonReader::is_null(std::string_view name) {
    const JsonValue* found = value_.find(name);
    if (found == nullptr || !found->is_null()) {
        return false;
    }
    read_.push_back(name);
    return true;
}

const std::string* JsonReader::string(std::string_view name) {
    const JsonValue* found = member(name);
    if (found != nullptr && found->string() == nullptr) {
        fault(name, "is no string");
    }
    return found != nullptr ? found->string() : nullptr;
}

std::string JsonReader::text(std::string_view name, std::size_t bytes_max) {
    const std::string* found = string(name);
    if (found == nullptr) {
        return {};
    }
    if (found->size() > bytes_max) {
        fault(name, fmt::format("has {} bytes, at most {} are allowed", found->size(), bytes_max));
        return {};
    }
    if (!is_plain_text(*found)) {
        fault(name, "has a control character");
        return {};
    }
    return *found;
}

std::string JsonReader::document(std::string_view name, std::size_t bytes_max) {
    const std::string* found = string(name);
    if (found == nullptr) {
        return {};
    }
    if (found->size() > bytes_max) {
        fault(name, fmt::format("has {} bytes, at most {} are allowed", found->size(), bytes_max));
        return {};
    }
    if (!is_text(*found, true)) {
        fault(name, "has a control character that no text file has");
        return {};
    }
    return *found;
}

std::string JsonReader::slug(std::string_view name) {
    const std::string* found = string(name);
    if (found != nullptr && !is_slug(*found)) {
        fault(name, "is not [a-z][a-z0-9-]{1,31}");
        return {};
    }
    return found != nullptr ? *found : std::string{};
}

std::string JsonReader::ref(std::string_view name) {
    const std::string* found = string(name);
    if (found != nullptr && !is_ref(*found)) {
        fault(name, "is no slug@version");
        return {};
    }
    return found != nullptr ? *found : std::string{};
}

std::string JsonReader::region(std::string_view name) {
    const std::string* found = string(name);
    if (found != nullptr && !is_region(*found)) {
        fault(name, "is no region of GB/T 2260 or ISO 3166");
        return {};
    }
    return found != nullptr ? *found : std::string{};
}

std::string JsonReader::credit_class(std::string_view name) {
    const std::string* found = string(name);
    if (found != nullptr && !is_class(*found)) {
        fault(name, "is no scheme:methodology:region:year");
        return {};
    }
    return found != nullptr ? *found : std::string{};
}

Account JsonReader::account(std::string_view name) {
    const std::string* found = string(name);
    const auto read = found != nullptr ? Account::parse(*found) : std::nullopt;
    if (found != nullptr && !read) {
        fault(name, "is no account: 32 lower-case hex digits, or a member");
    }
    return read.value_or(Account{});
}

std::uint64_t JsonReader::integer(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const JsonValue* found = member(name);
    if (found == nullptr) {
        return least;
    }
    if (found->integer() == nullptr) {
        fault(name, "is no integer");
        return least;
    }
    if (*found->integer() < least || *found->integer() > most) {
        fault(name, fmt::format("is {}, not within {}..{}", *found->integer(), least, most));
        return least;
    }
    return *found->integer();
}

bool JsonReader::boolean(std::string_view name) {
    const JsonValue* found = member(name);
    if (found != nullptr && found->boolean() == nullptr) {
        fault(name, "is neither true nor false");
    }
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

Amount JsonReader::amount(std::string_view name) {
    const Amount read = amount_or_zero(name);
    if (read == 0) {
        fault(name, "is zero");  // kept only if nothing was found wrong before
    }
    return read;
}

Amount JsonReader::amount_or_zero(std::string_view name) {
    const std::string* found = string(name);
    const auto read = found != nullptr ? parse_amount(*found) : std::nullopt;
    if (found != nullptr && !read) {
        fault(name, "is no amount: a decimal string of at most 18 digits without sign");
    }
    return read.value_or(0);
}

Int128 JsonReader::signed_amount(std::string_view name) {
    const std::string* found = string(name);
    const auto read = found != nullptr ? parse_signed(*found) : std::nullopt;
    if (found != nullptr && !read) {
        fault(name, "is no signed decimal string of at most 38 digits");
    }
    return read.value_or(0);
}

std::size_t JsonReader::word(std::string_view name, std::span<const std::string_view> words) {
    const std::string* found = string(name);
    if (found == nullptr) {
        return 0;
    }
    const auto at = std::ranges::find(words, *found);
    if (at == words.end()) {
        fault(name, fmt::format("is none of: {}", fmt::join(words, ", ")));
        return 0;
    }
    return static_cast<std::size_t>(at - words.begin());
}

CommandId JsonReader::id(std::string_view name) {
    const auto read = fixed<CommandId>(name);
    if (read.is_zero()) {
        fault(name, "is zero");
    }
    return read;
}

PublicKey JsonReader::public_key(std::string_view name) {
    const std::string* found = string(name);
    const auto read = found != nullptr ? PublicKey::from_base64(*found) : std::nullopt;
    if (found != nullptr && !read) {
        fault(name, "is no base64 of a 32-byte public key");
    }
    return read.value_or(PublicKey{});
}

const JsonValue::Array& JsonReader::elements(
    std::string_view name, std::size_t least, std::size_t most
) {
    const JsonValue* found = member(name);
    if (found == nullptr) {
        return no_elements;
    }
    if (found->array() == nullptr) {
        fault(name, "is no array");
        return no_elements;
    }
    if (found->array()->size() < least || found->array()->size() > most) {
        fault(name, fmt::format("has {} elements, not {}..{}", found->array()->size(), least, most));
        return no_elements;
    }
    return *found->array();
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> JsonReader::ranges(std::string_view name) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> read;
    for (const JsonValue& element : elements(name, 1, 1'000)) {
        const JsonValue::Array* pair = element.array();
        const bool numbers = pair != nullptr && pair->size() == 2 &&
                             (*pair)[0].integer() != nullptr && (*pair)[1].integer() != nullptr;
        const std::uint64_t first = numbers ? *(*pair)[0].integer() : 0;
        const std::uint64_t last = numbers ? *(*pair)[1].integer() : 0;
        const bool ascending = first <= last && (read.empty() || first > read.back().second);
        if (!numbers || !ascending || last > UINT32_MAX) {
            fault(name, "is no ascending list of disjoint [first, last]");
            return {};
        }
        read.emplace_back(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
    }
    return read;
}

void JsonReader::finish() {
    const JsonValue::Object* members = value_.object();
    if (members == nullptr) {
        return;
    }
    for (const JsonMember& member : *members) {
        if (std::ranges::find(read_, member.name) == read_.end()) {
            fault(member.name, "is not a known member");
            return;
        }
    }
}

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

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::amount(Int128 value) {
    if (value >= 0 && value <= amount_max) {
        separate();
        std::array<char, 20> digits{};
        const auto end = std::to_chars(
                             digits.data(), digits.data() + digits.size(),
                             static_cast<std::uint64_t>(value)
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
