#include "ledger/command/record.h"

#include "ledger/proof/merkle.h"
#include "ledger/value/archive.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

namespace tanji::ledger {

// The wire form (formats §3.3). cereal finds this by name.
template <typename Archive>
void serialize(Archive& archive, Record& record) {
    constexpr std::size_t region_bytes_max = 6;
    archive(record.account, record.source, record.tag, record.start, record.end);
    archive(counted<std::uint8_t>(record.region, region_bytes_max), record.quality);
    archive(counted<std::uint8_t>(record.inputs, record_inputs_max));
    archive(counted<std::uint8_t>(record.keys, record_keys_max));
    archive(record.readings_count, record.readings_root, record.evidence, record.salt);
}

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::unexpected<Error> malformed(std::string_view why) {
    return refuse(ErrorCode::command_malformed, "not a record: {}", why);
}

void append_hex(std::string& out, ByteView bytes) {
    std::size_t at = out.size();
    out.resize(at + 2 * bytes.size());
    for (const char byte : bytes) {
        const auto value = static_cast<std::uint8_t>(byte);
        out[at++] = hex_digits[value >> 4];
        out[at++] = hex_digits[value & 0x0f];
    }
}

// What a hexadecimal digit counts; 16 for anything else.
unsigned digit_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return static_cast<unsigned>(digit - '0');
    }
    return digit >= 'a' && digit <= 'f' ? static_cast<unsigned>(digit - 'a') + 10 : 16;
}

void append_number(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_hash_or_null(std::string& out, const Hash& hash) {
    if (hash.is_zero()) {
        out += "null";
        return;
    }
    out.push_back('"');
    append_hex(out, hash.view());
    out.push_back('"');
}

// Reads a text that has one spelling, piece by piece. The first fault makes everything after it
// zero or empty.
class Scanner {
public:
    explicit Scanner(std::string_view text) : left_(text) {}

    bool ok() const { return ok_; }
    bool done() const { return ok_ && left_.empty(); }
    void fail() {
        ok_ = false;
        left_ = {};
    }

    // Whether `piece` stands here; if so it is taken.
    bool take(std::string_view piece) {
        if (!left_.starts_with(piece)) {
            return false;
        }
        left_.remove_prefix(piece.size());
        return true;
    }
    void expect(std::string_view piece) {
        if (!take(piece)) {
            fail();
        }
    }
    // 0 or [1-9][0-9]*, at most `most`.
    std::uint64_t number(std::uint64_t most) {
        std::uint64_t value = 0;
        const auto read = std::from_chars(left_.data(), left_.data() + left_.size(), value);
        const auto length = static_cast<std::size_t>(read.ptr - left_.data());
        if (read.ec != std::errc{} || value > most || (length > 1 && left_.front() == '0')) {
            fail();
            return 0;
        }
        left_.remove_prefix(length);
        return value;
    }
    template <typename Fixed>
    Fixed hex() {
        Fixed read;
        if (left_.size() < 2 * Fixed::length) {
            fail();
            return read;
        }
        for (std::size_t i = 0; i < Fixed::length; ++i) {
            const unsigned high = digit_value(left_[2 * i]);
            const unsigned low = digit_value(left_[2 * i + 1]);
            if (high > 15 || low > 15) {
                fail();
                return {};
            }
            read.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
        }
        left_.remove_prefix(2 * Fixed::length);
        return read;
    }
    // `null`, or hex in quotation marks.
    Hash hash_or_null() {
        if (take("null")) {
            return {};
        }
        expect("\"");
        const Hash read = hex<Hash>();
        if (read.is_zero()) {
            fail();
        }
        expect("\"");
        return read;
    }
    // What stands before the next quotation mark, which is taken too.
    std::string_view until_quote() {
        const std::size_t end = left_.find('"');
        if (end == std::string_view::npos) {
            fail();
            return {};
        }
        const std::string_view text = left_.substr(0, end);
        left_.remove_prefix(end + 1);
        return text;
    }

private:
    std::string_view left_;
    bool ok_ = true;
};

void scan_source(Scanner& in, Record& record) {
    if (in.take("event\"")) {
        record.source = Source::event;
    } else if (in.take("interval\"")) {
        record.source = Source::interval;
    } else {
        in.fail();
    }
}

void scan_inputs(Scanner& in, Record& record) {
    do {
        in.expect("\"");
        record.inputs.push_back(static_cast<Amount>(in.number(amount_max)));
        in.expect("\"");
    } while (in.take(",") && record.inputs.size() < record_inputs_max);
    in.expect("]");
}

void scan_keys(Scanner& in, Record& record) {
    if (in.take("]")) {
        return;
    }
    do {
        record.keys.push_back(static_cast<std::uint16_t>(in.number(0xffff)));
    } while (in.take(",") && record.keys.size() < record_keys_max);
    in.expect("]");
}

void scan_readings(Scanner& in, Record& record) {
    if (in.take("null")) {
        return;
    }
    in.expect("{\"count\":");
    record.readings_count = static_cast<std::uint32_t>(in.number(readings_max));
    if (record.readings_count == 0) {
        in.fail();
    }
    in.expect(",\"root\":\"");
    record.readings_root = in.hex<Hash>();
    in.expect("\"}");
}

}  // namespace

std::string_view name_of(Source source) {
    return source == Source::event ? "event" : "interval";
}

Status check(const Record& record) {
    const auto in_range = [](TimeS time) { return time >= 0 && time <= time_s_max; };
    const auto is_amount = [](Amount input) { return input >= 0 && input <= amount_max; };
    if (record.source != Source::event && record.source != Source::interval) {
        return malformed("unknown source");
    }
    if (!in_range(record.start) || !in_range(record.end) || record.start >= record.end) {
        return malformed("the start is not before the end");
    }
    if (!is_region(record.region)) {
        return malformed("no region");
    }
    if (record.quality < 'A' || record.quality > 'Z') {
        return malformed("the quality is not A..Z");
    }
    if (record.inputs.empty() || record.inputs.size() > record_inputs_max ||
        !std::ranges::all_of(record.inputs, is_amount)) {
        return malformed("not 1..8 inputs of at most 18 digits");
    }
    if (record.keys.size() > record_keys_max) {
        return malformed("more than 4 keys");
    }
    if (record.readings_count > readings_max ||
        (record.readings_count == 0 && !record.readings_root.is_zero())) {
        return malformed("the number of readings is not that of a root");
    }
    if (record.account.is_zero()) {
        return malformed("the account is zero");
    }
    return {};
}

void append_text(std::string& out, const Record& record) {
    out += "{\"record\":1,\"account\":\"";
    append_hex(out, record.account.view());
    out += "\",\"source\":\"";
    out += name_of(record.source);
    out += "\",\"tag\":\"";
    append_hex(out, record.tag.view());
    out += "\",\"start\":";
    append_number(out, static_cast<std::uint64_t>(record.start));
    out += ",\"end\":";
    append_number(out, static_cast<std::uint64_t>(record.end));
    out += ",\"region\":\"";
    out += record.region;
    out += "\",\"quality\":\"";
    out.push_back(static_cast<char>(record.quality));
    out += "\",\"inputs\":[";
    for (std::size_t i = 0; i < record.inputs.size(); ++i) {
        out += i == 0 ? "\"" : ",\"";
        append_number(out, static_cast<std::uint64_t>(record.inputs[i]));
        out.push_back('"');
    }
    out += "],\"keys\":[";
    for (std::size_t i = 0; i < record.keys.size(); ++i) {
        out += i == 0 ? "" : ",";
        append_number(out, record.keys[i]);
    }
    out += "],\"readings\":";
    if (record.readings_count == 0) {
        out += "null";
    } else {
        out += "{\"count\":";
        append_number(out, record.readings_count);
        out += ",\"root\":\"";
        append_hex(out, record.readings_root.view());
        out += "\"}";
    }
    out += ",\"evidence\":";
    append_hash_or_null(out, record.evidence);
    out += ",\"salt\":\"";
    append_hex(out, record.salt.view());
    out += "\"}";
}

std::string to_text(const Record& record) {
    std::string text;
    append_text(text, record);
    return text;
}

Result<Record> read_record(std::string_view text) {
    if (text.size() > record_bytes_max) {
        return malformed("over 1,024 bytes");
    }
    Scanner in(text);
    Record record;
    in.expect("{\"record\":1,\"account\":\"");
    record.account = in.hex<UserId>();
    in.expect("\",\"source\":\"");
    scan_source(in, record);
    in.expect(",\"tag\":\"");
    record.tag = in.hex<Tag>();
    in.expect("\",\"start\":");
    record.start = static_cast<TimeS>(in.number(static_cast<std::uint64_t>(time_s_max)));
    in.expect(",\"end\":");
    record.end = static_cast<TimeS>(in.number(static_cast<std::uint64_t>(time_s_max)));
    in.expect(",\"region\":\"");
    record.region = in.until_quote();
    in.expect(",\"quality\":\"");
    const std::string_view quality = in.until_quote();
    record.quality = quality.size() == 1 ? static_cast<std::uint8_t>(quality.front()) : 0;
    in.expect(",\"inputs\":[");
    scan_inputs(in, record);
    in.expect(",\"keys\":[");
    scan_keys(in, record);
    in.expect(",\"readings\":");
    scan_readings(in, record);
    in.expect(",\"evidence\":");
    record.evidence = in.hash_or_null();
    in.expect(",\"salt\":\"");
    record.salt = in.hex<Salt>();
    in.expect("\"}");
    if (!in.done()) {
        return malformed("not in canonical form");
    }
    if (auto fits = check(record); !fits) {
        return refusal(fits);
    }
    return record;
}

Bytes to_wire(const Record& record) {
    return encode(record);
}

Result<Record> read_wire_record(ByteView wire) {
    Record record;
    if (wire.size() > record_bytes_max || !decode(wire, record)) {
        return malformed("its wire form does not decode");
    }
    if (auto fits = check(record); !fits) {
        return refusal(fits);
    }
    return record;
}

Hash record_hash(const Record& record, std::string& buffer) {
    buffer.clear();
    append_text(buffer, record);
    return leaf_hash(buffer);
}

}  // namespace tanji::ledger
