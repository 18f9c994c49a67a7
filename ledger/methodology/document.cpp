#include "ledger/methodology/document.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 3> status_names = {"verified", "secondary", "platform-rule"};

constexpr std::size_t sources_max = 32;

// How deep the brackets of a text nest, those in strings not counted. Good enough to name the
// reason for which parse_json refused.
std::size_t nesting(ByteView text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\' ? 1 : 0;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

}  // namespace

std::string_view name_of(SourceStatus status) {
    return status_names.at(static_cast<std::size_t>(status));
}

const Citation* find_source(const std::vector<Citation>& sources, std::string_view name) {
    const auto found = std::ranges::find(sources, name, &Citation::source);
    return found == sources.end() ? nullptr : &*found;
}

bool is_local_name(std::string_view text) {
    std::string without(text);
    std::ranges::replace(without, '_', '-');
    return !text.starts_with('_') && is_name(without);
}

Result<JsonValue> parse_document(ByteView document, ErrorCode code) {
    if (document.size() > document_bytes_max) {
        return refuse_document(
            code,
            "document_malformed",
            "",
            "The document has {} bytes, at most {} are allowed.",
            document.size(),
            document_bytes_max
        );
    }
    auto value = parse_json(document, code);
    if (!value) {
        const bool too_deep =
            code == ErrorCode::methodology_invalid && nesting(document) > json_depth_max;
        value.error().reason = too_deep ? "too_complex" : "document_malformed";
    }
    return value;
}

std::string read_name(JsonReader& in, std::string_view name) {
    std::string text = in.text(name, document_bytes_max);
    if (!is_name(text)) {
        in.fault(name, "is not [a-z0-9][a-z0-9.-]{0,47}");
    }
    return text;
}

std::string read_local_name(JsonReader& in, std::string_view name) {
    std::string text = in.text(name, document_bytes_max);
    if (!is_local_name(text)) {
        in.fault(name, "is not [a-z0-9][a-z0-9._-]{0,47}");
    }
    return text;
}

std::optional<Date> read_date_or_null(JsonReader& in, std::string_view name) {
    if (in.is_null(name)) {
        return std::nullopt;
    }
    const auto date = parse_date(in.text(name, document_bytes_max));
    if (!date) {
        in.fault(name, "is neither null nor a day written YYYY-MM-DD");
    }
    return date;
}

SourceStatus read_status(JsonReader& in, std::string_view name) {
    return static_cast<SourceStatus>(in.word(name, status_names));
}

Title read_title(JsonReader& in, std::string_view name) {
    const JsonValue* value = in.member(name);
    if (value == nullptr) {
        return {};
    }
    JsonReader title(*value, in.pointer(name), in.faults());
    Title read = {
        .en = title.text("en", document_bytes_max), .zh = title.text("zh", document_bytes_max)
    };
    title.finish();
    return read;
}

std::vector<Citation> read_sources(JsonReader& in, std::string_view name) {
    std::vector<Citation> sources;
    for (const JsonValue& element : in.elements(name, 0, document_bytes_max)) {
        const std::string place = fmt::format("{}/{}", in.pointer(name), sources.size());
        JsonReader source(element, place, in.faults());
        Citation read = {
            .source = source.text("source", document_bytes_max),
            .title = source.text("title", document_bytes_max),
            .locator = source.text("locator", document_bytes_max),
            .status = read_status(source, "status"),
        };
        if (find_source(sources, read.source) != nullptr) {
            source.fault("source", "is named twice");
        }
        source.finish();
        sources.push_back(std::move(read));
    }
    return sources;
}

Status check_sources(const std::vector<Citation>& sources, ErrorCode code) {
    if (sources.empty() || sources.size() > sources_max) {
        return refuse_document(
            code,
            "source_missing",
            "/sources",
            "There are {} sources, not 1..{}.",
            sources.size(),
            sources_max
        );
    }
    return {};
}

}  // namespace tanji::ledger
