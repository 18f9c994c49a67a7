// Members of strict JSON, read field by field.
#include "ledger/value/json.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

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

bool is_plain_text(std::string_view text) {
    return is_text(text, false);
}

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
    : value_(value),
      pointer_(std::move(pointer)),
      faults_(faults) {
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
        fault(
            name, fmt::format("has {} elements, not {}..{}", found->array()->size(), least, most)
        );
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

}  // namespace tanji::ledger
