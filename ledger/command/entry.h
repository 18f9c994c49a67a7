#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/outcome.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a command did to single holders: entries that only they and the members see. Each has one
// canonical text; the leaf names count and root of their tree.
namespace tanji::ledger {

// Whether a text is a state, bucket, reason or code: [a-z][a-z0-9_-]{0,63}.
bool is_word(std::string_view text);

// Whether a unit is a class of credits: every other one is a programme of points.
bool is_class_unit(std::string_view unit);

// One double entry.
struct Line {
    std::string unit;
    std::string from;
    std::optional<Account> from_account;
    std::string to;
    std::optional<Account> to_account;
    Amount amount = 0;
    Salt salt;

    bool operator==(const Line&) const = default;
};

// What a batch gave one account.
struct Allocation {
    std::uint64_t index = 0;
    Account account;
    Int128 ug = 0;
    Amount grams = 0;
    Amount reserved = 0;
    Amount held = 0;
    Amount points = 0;
    Salt salt;

    bool operator==(const Allocation&) const = default;
};

// What submitting gave one record.
struct RecordResult {
    std::uint64_t index = 0;
    Hash record;  // its leaf hash
    Outcome outcome = Outcome::counted;
    Int128 ug = 0;

    bool operator==(const RecordResult&) const = default;
};

// 冲突回执: where the tag or the interval of a record was taken first.
struct Conflict {
    enum class Rule : std::uint8_t { event, interval };

    std::uint64_t record = 0;
    Rule rule = Rule::event;
    LeafIndex leaf = 0;
    std::uint64_t first = 0;  // index in that batch

    bool operator==(const Conflict&) const = default;
};

std::string to_text(const Line& line);
std::string to_text(const Allocation& allocation);
std::string to_text(const RecordResult& result);
std::string to_text(const Conflict& conflict);
// As to_text, at the end of `out`: written once per record of a batch.
void append_text(std::string& out, const RecordResult& result);

// Strict: only what to_text writes.
Result<Line> read_line(ByteView text);
Result<Allocation> read_allocation(ByteView text);
Result<RecordResult> read_result(ByteView text);
Result<Conflict> read_conflict(ByteView text);

// Bytewise by unit, from, from_account, to, to_account (nothing before everything).
bool stands_before(const Line& a, const Line& b);

// The salt of entry `entry` of the leaf `leaf`. `kind` is `line` or `allocation`; `account_salt` is
// the payload salt of the account.open of the entry's user, or zero.
Salt entry_salt(
    std::string_view kind, const Salt& account_salt, LeafIndex leaf, std::uint32_t entry
);

}  // namespace tanji::ledger
