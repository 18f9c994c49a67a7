#include "api/conditions.h"

#include "ledger/value/bytes.h"

#include <algorithm>
#include <charconv>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

constexpr std::uint64_t integer_max = (std::uint64_t{1} << 53) - 1;

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text) {
    std::string made(text);
    std::ranges::transform(made, made.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return made;
}

// The next element of a comma-separated field.
std::string_view take_element(std::string_view& rest) {
    const auto comma = std::min(rest.find(','), rest.size());
    const std::string_view element = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    return element;
}

// Whether an element of Accept is worth nothing: `q=0`.
bool is_refused(std::string_view element) {
    const auto q = element.find("q=0");
    return q != std::string_view::npos &&
           element.find_first_of("123456789", q + 3) == std::string_view::npos;
}

bool covers(const std::string& range, std::string_view type) {
    if (range == "*/*") {
        return true;
    }
    if (range.ends_with("/*")) {
        return type.starts_with(std::string_view(range).substr(0, range.size() - 1));
    }
    return range == type;
}

Result<bool> flag(
    const Request& request, std::string_view name, std::string_view yes, std::string_view no
) {
    const std::string* text = request.parameter(name);
    if (text == nullptr || *text == no) {
        return false;
    }
    if (*text != yes) {
        return refuse(ErrorCode::query_invalid, "{} is {} or {}", name, yes, no);
    }
    return true;
}

}  // namespace

std::optional<std::uint64_t> parse_integer(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || text.size() > 16 || !std::ranges::all_of(text, digit) ||
        (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value <= integer_max ? std::optional(value) : std::nullopt;
}

Result<std::optional<std::uint64_t>> integer_parameter(
    const Request& request, std::string_view name, std::uint64_t least, std::uint64_t most
) {
    const std::string* text = request.parameter(name);
    if (text == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_integer(*text);
    if (!value || *value < least || *value > most) {
        return refuse(ErrorCode::query_invalid, "{} is an integer of {}..{}", name, least, most);
    }
    return value;
}

Result<Freshness> freshness(const Request& request) {
    Freshness made;
    Result<bool> local = flag(request, "consistency", "local", "linearizable");
    if (!local) {
        return refusal(local);
    }
    made.local = *local;
    if (const std::string* text = request.field("tanji-min-index")) {
        made.min_index = parse_integer(*text);
        if (!made.min_index) {
            return refuse(ErrorCode::bad_request, "Tanji-Min-Index is not an index");
        }
    }
    return made;
}

Result<std::size_t> page_limit(const Request& request) {
    auto limit = integer_parameter(request, "limit", 1, 500);
    if (!limit) {
        return refusal(limit);
    }
    return limit->value_or(50);
}

Result<SubmitOptions> submit_options(const Request& request) {
    Result<bool> dry_run = flag(request, "dry_run", "true", "false");
    if (!dry_run) {
        return refusal(dry_run);
    }
    Result<bool> certified = flag(request, "until", "certified", "committed");
    if (!certified) {
        return refusal(certified);
    }
    auto wait = integer_parameter(request, "wait", 1, 30);
    if (!wait) {
        return refusal(wait);
    }
    return SubmitOptions{
        .dry_run = *dry_run,
        .until_certified = *certified,
        .wait_s = static_cast<std::uint32_t>(wait->value_or(10)),
    };
}

bool is_known(const Request& request, std::string_view etag) {
    const std::string* field = request.field("if-none-match");
    if (field == nullptr) {
        return false;
    }
    const auto opaque = [](std::string_view tag) {
        return tag.starts_with("W/") ? tag.substr(2) : tag;
    };
    std::string_view rest = *field;
    while (!rest.empty()) {
        const std::string_view element = take_element(rest);
        if (element == "*" || opaque(element) == opaque(etag)) {
            return true;
        }
    }
    return false;
}

Result<std::string_view> negotiate(
    const Request& request, std::initializer_list<std::string_view> offered
) {
    const std::string* accept = request.field("accept");
    if (accept == nullptr || trim(*accept).empty()) {
        return *offered.begin();
    }
    std::string_view rest = *accept;
    while (!rest.empty()) {
        const std::string_view element = take_element(rest);
        const std::string range = media_type(element);
        for (const std::string_view type : offered) {
            if (!is_refused(element) && covers(range, type)) {
                return type;
            }
        }
    }
    return refuse(ErrorCode::not_acceptable, "this is offered as {}", fmt::join(offered, ", "));
}

std::string media_type(std::string_view field) {
    return lower(trim(field.substr(0, field.find(';'))));
}

Language preferred_language(const std::string* accept_language, Language otherwise) {
    if (accept_language == nullptr) {
        return otherwise;
    }
    std::string_view rest = *accept_language;
    while (!rest.empty()) {
        const std::string element = lower(take_element(rest));
        if (is_refused(element)) {
            continue;
        }
        if (element.starts_with("en")) {
            return Language::en;
        }
        if (element.starts_with("zh")) {
            return Language::zh;
        }
    }
    return otherwise;
}

std::optional<std::string> trace_id_of(const std::string* traceparent) {
    // 00-<32 hex>-<16 hex>-<2 hex>; ids of zeros are invalid.
    if (traceparent == nullptr || traceparent->size() < 55 || !traceparent->starts_with("00-") ||
        (*traceparent)[35] != '-') {
        return std::nullopt;
    }
    std::string id = traceparent->substr(3, 32);
    if (!ledger::from_hex(id) || id.find_first_not_of('0') == std::string::npos) {
        return std::nullopt;
    }
    return id;
}

}  // namespace tanji::api
