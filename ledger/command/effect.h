#pragma once

#include "ledger/command/entry.h"
#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a command did: the public part, which stands in its leaf. The entries whose roots it names
// are in entry.h.
namespace tanji::ledger {

// A total over all lines with the same unit, from and to. Never 0.
struct Move {
    std::string unit;  // credit class or programme
    std::string from;  // bucket
    std::string to;
    Amount amount = 0;

    auto operator<=>(const Move&) const = default;
};

struct CountRoot {
    std::uint64_t count = 0;
    Hash root;

    bool operator==(const CountRoot&) const = default;
};

// What a batch issued. A scheme that books no credits uses no serials: both are 0 then.
struct IssueEffect {
    Amount grams = 0;
    Amount reserved = 0;
    Amount points = 0;
    Amount first = 0;  // serials
    Amount last = 0;

    bool operator==(const IssueEffect&) const = default;
};

struct BatchEffect {
    CommandId id;
    std::string state;
    std::optional<IssueEffect> issue;

    bool operator==(const BatchEffect&) const = default;
};

struct RedemptionEffect {
    CommandId id;
    std::string state;
    std::optional<TimeMs> until;

    bool operator==(const RedemptionEffect&) const = default;
};

struct RetirementEffect {
    CommandId id;
    Amount first = 0;
    Amount last = 0;

    bool operator==(const RetirementEffect&) const = default;
};

struct DocumentEffect {
    std::string ref;
    Hash digest;

    bool operator==(const DocumentEffect&) const = default;
};

struct ProgrammeEffect {
    std::string slug;
    std::uint64_t version = 0;

    bool operator==(const ProgrammeEffect&) const = default;
};

struct OfferEffect {
    std::string id;
    std::uint64_t revision = 0;
    std::string state;

    bool operator==(const OfferEffect&) const = default;
};

struct ObligationEffect {
    std::string member;
    std::string scheme;
    Amount owed = 0;  // in all, after the command

    bool operator==(const ObligationEffect&) const = default;
};

struct CountsEffect {
    std::uint64_t counted = 0;
    std::uint64_t cut = 0;
    std::uint64_t capped = 0;
    std::uint64_t zero = 0;
    std::uint64_t ineligible = 0;
    std::uint64_t conflict = 0;

    bool operator==(const CountsEffect&) const = default;
};

struct ClearingEffect {
    std::string unit;
    std::string debtor;
    std::string creditor;
    Amount points = 0;
    Amount value = 0;

    bool operator==(const ClearingEffect&) const = default;
};

struct PolicyEffect {
    std::uint64_t version = 0;
    Hash digest;

    bool operator==(const PolicyEffect&) const = default;
};

// The members of `effects`, in the order in which they are written; absent ones are empty.
struct Effects {
    std::optional<BatchEffect> batch;
    std::optional<RedemptionEffect> redemption;
    std::optional<RetirementEffect> retirement;
    std::optional<DocumentEffect> document;
    std::optional<ProgrammeEffect> programme;
    std::optional<OfferEffect> offer;
    std::optional<ObligationEffect> obligation;
    std::optional<CountsEffect> counts;
    std::optional<Int128> counted_ug;
    std::optional<Hash> results_root;
    std::optional<CountRoot> conflicts;
    std::vector<Move> credits;  // sorted by (unit, from, to), each once
    std::vector<Move> points;   // likewise
    std::vector<ClearingEffect> clearing;
    std::optional<CountRoot> lines;
    std::optional<CountRoot> allocations;
    std::optional<std::uint64_t> membership;  // its number
    std::optional<PolicyEffect> policy;

    bool operator==(const Effects&) const = default;
};

void write(JsonWriter& out, const Effects& effects);
// Faults at /effects/… . Order and spelling are not looked at: a leaf is compared as a whole.
Effects read_effects(const JsonValue& value, const std::string& pointer, JsonFaults& faults);

}  // namespace tanji::ledger
