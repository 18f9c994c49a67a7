#include "ledger/command/batch.h"

#include "ledger/proof/merkle.h"
#include "ledger/value/archive.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::size_t header_inputs_max = 8;
constexpr std::size_t evidence_max = 1'000'000;
// The least wire record and the length before it.
constexpr std::size_t wire_record_bytes_least = 4 + 163;

constexpr std::array<std::string_view, 3> ranks{"operator", "payer", "app"};

std::unexpected<Error> malformed(std::string_view why) {
    return refuse(ErrorCode::command_malformed, "not a batch: {}", why);
}

BatchHeader::Input read_input(
    const JsonValue& value, const std::string& pointer, JsonFaults& faults
) {
    JsonReader in(value, pointer, faults);
    // Whether it is an input's name, the methodology says.
    BatchHeader::Input input{.name = in.text("name", 48), .sum = in.amount_or_zero("sum")};
    in.finish();
    return input;
}

Result<std::vector<Record>> read_wire_records(BinaryReader& in) {
    const std::size_t count = in.take<std::uint32_t>();
    if (!in.ok() || count == 0 || count > batch_records_max ||
        count * wire_record_bytes_least > in.left().size()) {
        return malformed("its number of records is not 1..10,000, or not that of its bytes");
    }
    std::vector<Record> records;
    records.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t length = in.take<std::uint32_t>();
        const ByteView wire = length > record_bytes_max ? ByteView{} : in.take_bytes(length);
        auto record = read_wire_record(wire);
        if (!record) {
            record.error().index = i;
            return refusal(record);
        }
        records.push_back(std::move(*record));
    }
    if (!in.ok() || !in.left().empty()) {
        return malformed("something stands after the last record");
    }
    return records;
}

void append_records(Bytes& out, std::span<const Record> records) {
    append_u32(out, static_cast<std::uint32_t>(records.size()));
    for (const Record& record : records) {
        const Bytes wire = to_wire(record);
        append_u32(out, static_cast<std::uint32_t>(wire.size()));
        out.append(wire);
    }
}

Tag keyed_name(std::string_view use, ByteView key, std::string_view kind, std::string_view text) {
    assert(kind.find('\n') == std::string_view::npos);
    const Hash mac = hmac_sha256(key, fmt::format("{}\n{}\n{}", use, kind, text));
    return *Tag::from(mac.view());
}

}  // namespace

BatchHeader read_batch_header(
    const JsonValue& body, const std::string& pointer, JsonFaults& faults
) {
    JsonReader in(body, pointer, faults);
    BatchHeader header;
    header.provider = in.slug("provider");
    header.scheme = in.slug("scheme");
    header.methodology = in.ref("methodology");
    header.methodology_digest = in.digest("methodology_digest");
    header.factors = in.ref("factors");
    header.factors_digest = in.digest("factors_digest");
    if (!in.is_null("programme")) {
        header.programme = in.slug("programme");
    }
    header.rank = ranks.at(in.word("rank", ranks));
    header.region = in.region("region");
    const auto last_second = static_cast<std::uint64_t>(time_s_max);
    header.period_start = static_cast<TimeS>(in.integer("period_start", 0, last_second));
    header.period_end = static_cast<TimeS>(in.integer("period_end", 0, last_second));
    header.count = static_cast<std::uint32_t>(in.integer("count", 1, batch_records_max));
    for (const JsonValue& input : in.elements("inputs", 1, header_inputs_max)) {
        const std::string at = fmt::format("{}/{}", in.pointer("inputs"), header.inputs.size());
        header.inputs.push_back(read_input(input, at, faults));
    }
    header.reduction_ug = in.signed_amount("reduction_ug");
    header.records_root = in.digest("records_root");
    header.evidence_count = in.integer("evidence_count", 0, evidence_max);
    header.evidence_root = in.digest("evidence_root");
    if (header.evidence_count == 0 && header.evidence_root != empty_root()) {
        in.fault("evidence_root", "is not that of no evidence");
    }
    if (!in.is_null("corrects")) {
        header.corrects = in.id("corrects");
    }
    in.finish();
    return header;
}

void write(JsonWriter& out, const BatchHeader& header) {
    out.open_object().member("provider", header.provider).member("scheme", header.scheme);
    out.member("methodology", header.methodology);
    out.member("methodology_digest", header.methodology_digest.hex());
    out.member("factors", header.factors).member("factors_digest", header.factors_digest.hex());
    out.name("programme");
    header.programme ? out.string(*header.programme) : out.null();
    out.member("rank", header.rank).member("region", header.region);
    out.member("period_start", static_cast<std::uint64_t>(header.period_start));
    out.member("period_end", static_cast<std::uint64_t>(header.period_end));
    out.member("count", std::uint64_t{header.count}).name("inputs").open_array();
    for (const BatchHeader::Input& input : header.inputs) {
        out.open_object().member("name", input.name).amount_member("sum", input.sum);
        out.close_object();
    }
    out.close_array().amount_member("reduction_ug", header.reduction_ug);
    out.member("records_root", header.records_root.hex());
    out.member("evidence_count", header.evidence_count);
    out.member("evidence_root", header.evidence_root.hex()).name("corrects");
    header.corrects ? out.string(header.corrects->hex()) : out.null();
    out.close_object();
}

Result<Container> read_container(ByteView bytes) {
    if (bytes.size() > container_bytes_max) {
        return malformed("over 4 MiB");
    }
    BinaryReader in(bytes);
    const std::size_t length = in.take<std::uint32_t>();
    if (length == 0 || length > stored_bytes_max) {
        return malformed("its header is not 1..40,000 bytes long");
    }
    Container container{.payload = Bytes(in.take_bytes(length)), .records = {}};
    auto records = read_wire_records(in);
    if (!records) {
        return refusal(records);
    }
    container.records = std::move(*records);
    return container;
}

Bytes to_container(ByteView payload, std::span<const Record> records) {
    Bytes out;
    append_u32(out, static_cast<std::uint32_t>(payload.size()));
    out.append(payload);
    append_records(out, records);
    return out;
}

Bytes to_attachment(std::span<const Record> records) {
    Bytes out;
    append_records(out, records);
    return out;
}

Result<std::vector<Record>> read_attachment(ByteView bytes) {
    if (bytes.size() > container_bytes_max) {
        return malformed("over 4 MiB");
    }
    BinaryReader in(bytes);
    return read_wire_records(in);
}

Result<TextBatch> read_ndjson(ByteView bytes) {
    if (bytes.size() > ndjson_bytes_max) {
        return malformed("over 4 MiB");
    }
    if (bytes.ends_with('\n')) {
        bytes.remove_suffix(1);
    }
    const std::size_t first = bytes.find('\n');
    const ByteView envelope_line = bytes.substr(0, first);
    if (first == ByteView::npos || envelope_line.find('\r') != ByteView::npos) {
        return malformed("an envelope and at least one record, each on a line, are expected");
    }
    auto envelope = read_envelope(envelope_line);
    if (!envelope) {
        return refusal(envelope);
    }
    TextBatch batch{.envelope = std::move(*envelope), .records = {}};
    for (std::size_t at = first; at != ByteView::npos;) {
        const std::size_t begin = at + 1;
        at = bytes.find('\n', begin);
        auto record = read_record(bytes.substr(begin, at == ByteView::npos ? at : at - begin));
        if (!record) {
            record.error().index = batch.records.size();
            return refusal(record);
        }
        if (batch.records.size() == batch_records_max) {
            return malformed("more than 10,000 records");
        }
        batch.records.push_back(std::move(*record));
    }
    return batch;
}

std::string to_ndjson(const Envelope& envelope, std::span<const Record> records) {
    std::string text = to_text(envelope) + '\n';
    for (const Record& record : records) {
        append_text(text, record);
        text.push_back('\n');
    }
    return text;
}

std::vector<Hash> record_hashes(std::span<const Record> records) {
    std::vector<Hash> hashes;
    hashes.reserve(records.size());
    std::string buffer;
    for (const Record& record : records) {
        hashes.push_back(record_hash(record, buffer));
    }
    return hashes;
}

Hash records_root(std::span<const Record> records) {
    return tree_root(record_hashes(records));
}

Bytes to_entry(const Reading& reading) {
    Bytes entry;
    append_u64(entry, reading.start);
    append_u32(entry, reading.seconds);
    append_u64(entry, reading.value);
    return entry;
}

Result<Reading> read_entry(ByteView entry) {
    if (entry.size() != reading_bytes) {
        return refuse(ErrorCode::bad_request, "a reading has 20 bytes");
    }
    return Reading{
        .start = read_u64(entry),
        .seconds = read_u32(entry.substr(8)),
        .value = read_u64(entry.substr(12)),
    };
}

Hash readings_root(std::span<const Reading> readings) {
    TreeBuilder tree;
    for (const Reading& reading : readings) {
        tree.append(leaf_hash(to_entry(reading)));
    }
    return tree.root();
}

Status check_readings(const Record& record, std::span<const Reading> readings) {
    const auto wrong = [](std::string_view why) {
        return refuse(ErrorCode::bad_request, "these are not the readings: {}", why);
    };
    if (readings.empty() || readings.size() != record.readings_count) {
        return wrong("their number differs");
    }
    std::uint64_t next = static_cast<std::uint64_t>(record.start);
    std::uint64_t value = 0;
    for (const Reading& reading : readings) {
        if (reading.start != next || reading.seconds == 0) {
            return wrong("there is a gap or an overlap");
        }
        if (reading.value < value) {
            return wrong("the register falls");
        }
        next += reading.seconds;
        value = reading.value;
    }
    if (next != static_cast<std::uint64_t>(record.end)) {
        return wrong("the last one does not end with the record");
    }
    if (readings_root(readings) != record.readings_root) {
        return wrong("their root differs");
    }
    return {};
}

Tag event_tag(ByteView key, std::string_view kind, std::string_view text) {
    return keyed_name("tanji/nullifier@v1", key, kind, text);
}

Tag subject_tag(ByteView key, std::string_view kind, std::string_view text) {
    return keyed_name("tanji/subject@v1", key, kind, text);
}

Hash sampling_seed(const CommandId& batch, TreeSize size, const Hash& root) {
    Bytes seed = "tanji/sample@v1\n";
    seed.append(batch.view());
    append_u64(seed, size);
    seed.append(root.view());
    return sha256(seed);
}

std::vector<std::uint32_t> draw_sample(
    const Hash& seed, std::uint32_t count, std::uint32_t wanted
) {
    assert(count > 0 && wanted <= count);
    std::vector<std::uint32_t> drawn;
    std::vector<bool> taken(count, false);
    for (std::uint32_t draw = 0; drawn.size() < wanted; ++draw) {
        Bytes number;
        append_u32(number, draw);
        const Hash hash = sha256(seed.view(), number);
        const auto index = static_cast<std::uint32_t>(read_u64(hash.view()) % count);
        if (!taken[index]) {
            taken[index] = true;
            drawn.push_back(index);
        }
    }
    return drawn;
}

}  // namespace tanji::ledger
