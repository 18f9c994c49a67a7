#include "ledger/value/json.h"

#include <algorithm>
#include <cassert>

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

Result<JsonValue> parse_json(ByteView text, ErrorCode code) {
    return parse(text, code, false);
}

Result<JsonValue> parse_tolerant_json(ByteView text, ErrorCode code) {
    return parse(text, code, true);
}

}  // namespace tanji::ledger
