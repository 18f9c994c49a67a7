#include "tools/desk.h"

#include "ledger/value/crypto.h"
#include "tools/files.h"

namespace tanji::tools {

Dispatch dispatch_of(const SendOptions& options) {
    return {
        .other_keys = options.other_keys,
        .save_envelope = options.envelope,
        .save_receipt = options.save,
        .delivery = {.dry_run = options.dry_run, .until_certified = options.until == "certified"},
    };
}

Attempt<std::optional<ledger::Hash>> digest_of(const std::string& hex_or_file) {
    if (hex_or_file.empty()) {
        return std::nullopt;
    }
    if (const auto digest = ledger::Hash::from_hex(hex_or_file)) {
        return digest;
    }
    auto bytes = read_file(hex_or_file);
    if (!bytes) {
        return failure(bytes);
    }
    return ledger::sha256(*bytes);
}

void member_or_null(ledger::JsonWriter& out, std::string_view name, const std::string& text) {
    out.name(name);
    text.empty() ? out.null() : out.string(text);
}

void member_or_null(
    ledger::JsonWriter& out, std::string_view name, const std::optional<ledger::Hash>& digest
) {
    out.name(name);
    digest ? out.string(digest->hex()) : out.null();
}

void write_ranges(
    ledger::JsonWriter& out, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ranges
) {
    out.open_array();
    for (const auto& [first, last] : ranges) {
        out.open_array().integer(first).integer(last).close_array();
    }
    out.close_array();
}

}  // namespace tanji::tools
