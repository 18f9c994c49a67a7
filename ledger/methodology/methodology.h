#pragma once

#include "ledger/methodology/document.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/unit.h"
#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

inline constexpr std::size_t methodology_nodes_max = 64;
inline constexpr std::size_t methodology_depth_max = 8;

enum class NodeKind : std::uint8_t {
    // numbers
    input,
    factor,
    parameter,
    sum,
    difference,
    product,
    min,
    max,
    clamp,
    choice,  // written `if`
    ratio,
    // conditions: 1 or 0
    less,
    at_least,
    is,
    all,
    any,
    negation,  // written `not`
};

// The word that the document has for it.
std::string_view name_of(NodeKind kind);
bool is_condition(NodeKind kind);

using NodeIndex = std::uint16_t;

// One expression or condition. Its parts stand before it in Methodology::nodes, so one pass in
// order evaluates everything.
struct Node {
    NodeKind kind = NodeKind::input;
    bool round_up = false;        // ratio
    std::uint16_t subject = 0;    // place of the input, factor or parameter; `is`: of the key
    std::uint16_t key_value = 0;  // `is`: place of the value in the key's list
    std::uint16_t depth = 1;
    std::vector<NodeIndex> parts;  // ratio: of, times, over; choice: when, then, else
    std::string place;             // JSON pointer
    Unit unit;                     // of a number, set by the unit check
};

struct Input {
    std::string name;
    Unit unit;
    Amount min = 0;
    Amount max = 0;
    std::string meaning;
};

struct Key {
    std::string name;
    std::vector<std::string> values;
    std::string meaning;
};

// One dimension of a binding: a value of its own, or that of the record's key.
struct BoundDim {
    std::string dim;
    std::string value;
    std::optional<std::size_t> key;
};

struct FactorBinding {
    std::string name;
    std::string quantity;
    std::vector<BoundDim> where;
    bool latest = false;
    Unit unit;
    Amount max = 0;
};

struct Parameter {
    std::string name;
    Unit unit;
    Amount value = 0;
    std::string source;
};

enum class CapPer : std::uint8_t { account, subject };
enum class CapWindow : std::uint8_t { day, month };
std::string_view name_of(CapPer per);
std::string_view name_of(CapWindow window);

// Exactly one of the two limits is there.
struct Cap {
    std::string group;
    CapPer per = CapPer::account;
    CapWindow window = CapWindow::day;
    std::optional<std::uint64_t> records;
    std::optional<Amount> micrograms;
};

// A vector's record and what must come of it.
struct VectorRecord {
    std::string account;
    std::string subject;  // empty for null
    Date day;
    std::map<std::string, Amount, std::less<>> inputs;
    std::map<std::string, std::string, std::less<>> keys;
    std::string quality;
    std::string outcome;
    Int128 micrograms = 0;
};

struct Vector {
    std::string name;
    std::map<std::string, Amount, std::less<>> factors;  // `name`, or `name#index` for one record
    std::vector<VectorRecord> records;
    std::map<std::string, Amount, std::less<>> grams;
};

// How inputs become micrograms. One that came through read_methodology is fully checked: units fit,
// every intermediate stays inside 128 bits, no divisor can be zero, and its own vectors come out as
// they say. Evaluating it can therefore only fail for want of a factor.
struct Methodology {
    std::string ref;
    Hash digest;  // SHA-256 of the document's bytes
    Title title;
    SourceStatus status = SourceStatus::verified;
    std::string note;
    std::vector<std::string> regions;
    int utc_offset_minutes = 0;
    std::optional<Date> valid_from;
    std::optional<Date> valid_to;
    std::vector<Citation> sources;

    // event
    std::string kind;
    bool by_interval = false;
    std::int64_t tolerance_s = 0;
    std::vector<std::string> reporters;  // best first

    // handling
    std::int64_t report_within_days = 0;
    std::int64_t settle_days = 0;
    std::int64_t attest_within_days = 0;

    std::vector<Input> inputs;
    std::vector<Key> keys;
    std::vector<FactorBinding> factors;
    std::vector<Parameter> parameters;

    std::vector<Node> nodes;
    std::optional<NodeIndex> require;
    NodeIndex baseline = 0;
    std::optional<NodeIndex> project;
    std::optional<NodeIndex> leakage;

    bool net = false;  // `negative`: a loss is kept and set against gains
    std::map<char, std::uint32_t> discounts_ppm;  // per quality
    std::vector<Cap> caps;
    std::vector<Vector> vectors;

    // Whether a region of a record or batch lies in one of the methodology's.
    bool covers(std::string_view region) const;
    // Whether a local day lies in valid_from (included) .. valid_to (excluded).
    bool is_valid_on(const Date& date) const;
    bool has_reporter(std::string_view rank) const;

    // What binding `factor` asks of a factor set for a record with these keys.
    // REQUIRES: one key value per key, each in its list.
    FactorQuery query(std::size_t factor, std::span<const std::uint16_t> key_values) const;
};

// Refuses with `methodology_invalid` and, in this order, the reason document_malformed,
// source_missing, unit_mismatch, too_complex, may_overflow, factor_out_of_bounds or vector_failed,
// and the place. The W2 expression `history` is document_malformed.
Result<Methodology> read_methodology(ByteView document);

}  // namespace tanji::ledger
