#pragma once

#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What methodologies and factor sets have in common: both are immutable UTF-8 documents with a
// title in two languages and a list of the sources that their numbers come from.
namespace tanji::ledger {

inline constexpr std::size_t document_bytes_max = 32'768;

// How well a source, and what rests on it, is known. Schemes say which they accept.
enum class SourceStatus : std::uint8_t {
    verified,       // the source or a direct quotation was read
    secondary,      // a reprint, or somebody's code
    platform_rule,  // a company's rule, not a method: `platform-rule`
};

std::string_view name_of(SourceStatus status);

struct Title {
    std::string en;
    std::string zh;
};

struct Citation {
    std::string source;  // the name by which the document refers to it
    std::string title;
    std::string locator;
    SourceStatus status = SourceStatus::verified;
};

// The source of that name, or null.
const Citation* find_source(const std::vector<Citation>& sources, std::string_view name);

// --- For the two readers.
// -------------------------------------------------------------------------

// [a-z0-9][a-z0-9._-]{0,47}: names that a methodology gives to its own inputs, keys, factors and
// parameters. Beside names of factor sets they may have underscores (`distance_m`).
bool is_local_name(std::string_view text);

// How deep strict JSON may nest (json.h); the deepest legal expression just fits.
inline constexpr std::size_t json_depth_max = 16;

// The document as a value; refuses with `code` and a reason. One that nests deeper than any legal
// expression is `too_complex` where `code` knows that reason.
Result<JsonValue> parse_document(ByteView document, ErrorCode code);

std::string read_name(JsonReader& in, std::string_view name);
std::string read_local_name(JsonReader& in, std::string_view name);
// `null`, or a day that exists.
std::optional<Date> read_date_or_null(JsonReader& in, std::string_view name);
SourceStatus read_status(JsonReader& in, std::string_view name);
Title read_title(JsonReader& in, std::string_view name);
// Form only; `check_sources` counts them.
std::vector<Citation> read_sources(JsonReader& in, std::string_view name);

// 1..32 sources, or `source_missing`.
Status check_sources(const std::vector<Citation>& sources, ErrorCode code);

// A refusal with reason and place.
template <typename... Args>
std::unexpected<Error> refuse_document(
    ErrorCode code,
    std::string_view reason,
    std::string pointer,
    fmt::format_string<Args...> sentence,
    Args&&... args
) {
    auto refused = refuse_at(code, std::move(pointer), sentence, std::forward<Args>(args)...);
    refused.error().reason = reason;
    return refused;
}

}  // namespace tanji::ledger
