#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

inline constexpr std::size_t record_bytes_max = 1'024;
inline constexpr std::size_t record_inputs_max = 8;
inline constexpr std::size_t record_keys_max = 4;
inline constexpr std::uint32_t readings_max = 86'400;

enum class Source : std::uint8_t { event = 1, interval = 2 };
std::string_view name_of(Source source);

// One act of one account: a line of a batch.
struct Record {
    UserId account;
    Source source = Source::event;
    Tag tag;
    TimeS start = 0;
    TimeS end = 0;
    std::string region;
    std::uint8_t quality = 'A';
    std::vector<Amount> inputs;        // in the methodology's order
    std::vector<std::uint16_t> keys;   // index of each key's value
    std::uint32_t readings_count = 0;  // 0: none
    Hash readings_root;
    Hash evidence;  // commitment; zero: none
    Salt salt;

    bool operator==(const Record&) const = default;
};

// Whether the fields keep to the grammar of formats §3.2. Everything below that makes a Record has
// checked it; a Record made by hand has to be checked before it is written.
Status check(const Record& record);

// The canonical text, the entry that records_root hashes. REQUIRES: check(record).
void append_text(std::string& out, const Record& record);
std::string to_text(const Record& record);
// Strict: only what to_text writes; else command_malformed.
Result<Record> read_record(std::string_view text);

// Transport only, never hashed. REQUIRES: check(record).
Bytes to_wire(const Record& record);
Result<Record> read_wire_record(ByteView wire);

// The leaf hash of the text, using `buffer` for it: no allocation per record.
Hash record_hash(const Record& record, std::string& buffer);

}  // namespace tanji::ledger
