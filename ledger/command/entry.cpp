#include "ledger/command/entry.h"

#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::uint64_t number_max = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t unit_bytes_max = 128;

constexpr std::array<std::string_view, 2> rules{"event", "interval"};

std::string read_bucket(JsonReader& in, std::string_view name) {
    std::string bucket = in.text(name, 64);
    if (!is_word(bucket)) {
        in.fault(name, "is no bucket");
    }
    return bucket;
}

void write_account(JsonWriter& out, std::string_view name, const std::optional<Account>& account) {
    out.name(name);
    account ? out.string(account->text()) : out.null();
}

std::optional<Account> read_account(JsonReader& in, std::string_view name) {
    return in.is_null(name) ? std::nullopt : std::optional(in.account(name));
}

// Reads one entry with `read`, and refuses what to_text does not write.
template <typename Entry>
Result<Entry> read_entry(ByteView text, std::string_view kind, const auto& read) {
    auto value = parse_json(text, ErrorCode::bad_request);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    JsonReader in(*value, "", faults);
    in.integer(kind, 1, 1);
    Entry entry = read(in);
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    if (to_text(entry) != text) {
        return refuse(ErrorCode::bad_request, "a {} that is not in canonical form", kind);
    }
    return entry;
}

}  // namespace

bool is_class_unit(std::string_view unit) {
    return unit.find(':') != std::string_view::npos;
}

bool is_word(std::string_view text) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && text.size() <= 64 && is_lower(text.front()) &&
           std::ranges::all_of(text, [&](char c) {
               return is_lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
           });
}

std::string to_text(const Line& line) {
    JsonWriter out;
    out.open_object().member("line", std::uint64_t{1}).member("unit", line.unit);
    out.member("from", line.from);
    write_account(out, "from_account", line.from_account);
    out.member("to", line.to);
    write_account(out, "to_account", line.to_account);
    out.amount_member("amount", line.amount).member("salt", line.salt.hex()).close_object();
    return out.take();
}

std::string to_text(const Allocation& allocation) {
    JsonWriter out;
    out.open_object().member("allocation", std::uint64_t{1}).member("index", allocation.index);
    out.member("account", allocation.account.text()).amount_member("ug", allocation.ug);
    out.amount_member("grams", allocation.grams).amount_member("reserved", allocation.reserved);
    out.amount_member("held", allocation.held).amount_member("points", allocation.points);
    out.member("salt", allocation.salt.hex()).close_object();
    return out.take();
}

void append_text(std::string& out, const RecordResult& result) {
    fmt::format_to(
        std::back_inserter(out),
        R"({{"result":1,"index":{},"record":"{}","outcome":"{}","ug":"{}"}})",
        result.index,
        result.record.hex(),
        name_of(result.outcome),
        to_text(result.ug)
    );
}

std::string to_text(const RecordResult& result) {
    std::string text;
    append_text(text, result);
    return text;
}

std::string to_text(const Conflict& conflict) {
    return fmt::format(
        R"({{"conflict":1,"record":{},"rule":"{}","leaf":{},"first":{}}})",
        conflict.record,
        rules.at(static_cast<std::size_t>(conflict.rule)),
        conflict.leaf,
        conflict.first
    );
}

Result<Line> read_line(ByteView text) {
    return read_entry<Line>(text, "line", [](JsonReader& in) {
        Line line;
        line.unit = in.text("unit", unit_bytes_max);
        line.from = read_bucket(in, "from");
        line.from_account = read_account(in, "from_account");
        line.to = read_bucket(in, "to");
        line.to_account = read_account(in, "to_account");
        line.amount = in.amount("amount");
        line.salt = in.fixed<Salt>("salt");
        return line;
    });
}

Result<Allocation> read_allocation(ByteView text) {
    return read_entry<Allocation>(text, "allocation", [](JsonReader& in) {
        Allocation allocation;
        allocation.index = in.integer("index", 0, number_max);
        allocation.account = in.account("account");
        allocation.ug = in.signed_amount("ug");
        allocation.grams = in.amount_or_zero("grams");
        allocation.reserved = in.amount_or_zero("reserved");
        allocation.held = in.amount_or_zero("held");
        allocation.points = in.amount_or_zero("points");
        allocation.salt = in.fixed<Salt>("salt");
        return allocation;
    });
}

Result<RecordResult> read_result(ByteView text) {
    return read_entry<RecordResult>(text, "result", [](JsonReader& in) {
        RecordResult result;
        result.index = in.integer("index", 0, number_max);
        result.record = in.digest("record");
        result.outcome = static_cast<Outcome>(in.word("outcome", outcome_names));
        result.ug = in.signed_amount("ug");
        return result;
    });
}

Result<Conflict> read_conflict(ByteView text) {
    return read_entry<Conflict>(text, "conflict", [](JsonReader& in) {
        Conflict conflict;
        conflict.record = in.integer("record", 0, number_max);
        conflict.rule = static_cast<Conflict::Rule>(in.word("rule", rules));
        conflict.leaf = in.integer("leaf", 0, number_max);
        conflict.first = in.integer("first", 0, number_max);
        return conflict;
    });
}

bool stands_before(const Line& a, const Line& b) {
    return std::tie(a.unit, a.from, a.from_account, a.to, a.to_account) <
           std::tie(b.unit, b.from, b.from_account, b.to, b.to_account);
}

Salt entry_salt(
    std::string_view kind, const Salt& account_salt, LeafIndex leaf, std::uint32_t entry
) {
    assert(kind == "line" || kind == "allocation");
    Bytes seed = "tanji/entry-salt@v1\n";
    seed.append(kind).push_back('\n');
    seed.append(account_salt.view());
    append_u64(seed, leaf);
    append_u32(seed, entry);
    return *Salt::from(sha256(seed).view().substr(0, Salt::length));
}

}  // namespace tanji::ledger
