#pragma once

#include "ledger/command/envelope.h"
#include "ledger/command/record.h"
#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

inline constexpr std::string_view batch_media_type = "application/vnd.tanji.batch+cereal";
inline constexpr std::size_t batch_records_max = 10'000;
inline constexpr std::size_t container_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t ndjson_bytes_max = container_bytes_max;

// The body of activity.submit: what the provider signs.
struct BatchHeader {
    struct Input {
        std::string name;
        Amount sum = 0;

        bool operator==(const Input&) const = default;
    };

    std::string provider;
    std::string scheme;
    std::string methodology;  // ref
    Hash methodology_digest;
    std::string factors;  // ref
    Hash factors_digest;
    std::optional<std::string> programme;
    std::string rank;  // operator, payer, app
    std::string region;
    TimeS period_start = 0;
    TimeS period_end = 0;
    std::uint32_t count = 0;
    std::vector<Input> inputs;
    Int128 reduction_ug = 0;
    Hash records_root;
    std::uint64_t evidence_count = 0;
    Hash evidence_root;
    std::optional<CommandId> corrects;

    bool operator==(const BatchHeader&) const = default;
};

BatchHeader read_batch_header(
    const JsonValue& body, const std::string& pointer, JsonFaults& faults
);
// Members in the order of formats §3.1.
void write(JsonWriter& out, const BatchHeader& header);

// The container (formats §3.4) without its signature, which travels in `Tanji-Signature`.
struct Container {
    Bytes payload;  // of the header
    std::vector<Record> records;
};

Result<Container> read_container(ByteView bytes);
Bytes to_container(ByteView payload, std::span<const Record> records);

// The tail `u32 count …` of a container: the attachment of a stored activity.submit.
Bytes to_attachment(std::span<const Record> records);
Result<std::vector<Record>> read_attachment(ByteView bytes);

// The same as text: the envelope, then one record a line.
struct TextBatch {
    Envelope envelope;
    std::vector<Record> records;
};

Result<TextBatch> read_ndjson(ByteView bytes);
std::string to_ndjson(const Envelope& envelope, std::span<const Record> records);

std::vector<Hash> record_hashes(std::span<const Record> records);
Hash records_root(std::span<const Record> records);

// A reading of a meter: an entry of the tree under a record.
struct Reading {
    std::uint64_t start = 0;  // Unix s
    std::uint32_t seconds = 0;
    std::uint64_t value = 0;  // cumulative register

    bool operator==(const Reading&) const = default;
};

inline constexpr std::size_t reading_bytes = 20;

Bytes to_entry(const Reading& reading);
Result<Reading> read_entry(ByteView entry);
Hash readings_root(std::span<const Reading> readings);
// Starts ascend without gap or overlap, the register never falls, first start and last end, count
// and root are the record's.
Status check_readings(const Record& record, std::span<const Reading> readings);

// Keyed names of a source event, and of the subject of an interval. `kind` and `text` as listed in
// the ledger rules §6.1. REQUIRES: no newline in `kind`.
Tag event_tag(ByteView key, std::string_view kind, std::string_view text);
Tag subject_tag(ByteView key, std::string_view kind, std::string_view text);

// 抽样: (size, root) is the tree right after the block that holds the submit.
Hash sampling_seed(const CommandId& batch, TreeSize size, const Hash& root);
// The first `wanted` distinct indexes below `count` in the order in which they are drawn.
std::vector<std::uint32_t> draw_sample(const Hash& seed, std::uint32_t count, std::uint32_t wanted);

}  // namespace tanji::ledger
