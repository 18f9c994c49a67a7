#include "ledger/proof/receipt.h"

#include "ledger/proof/merkle.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::size_t parts_max = 1'024;
constexpr std::size_t certificate_receipts_max = 16;
constexpr std::size_t reading_entry_bytes = 20;

constexpr std::array<std::string_view, 8> kinds{
    "record",
    "result",
    "conflict",
    "allocation",
    "line",
    "reading",
    "command",
    "opening",
};

// Reads members of an object that unknown tools may have written: what is unknown is not looked at.
class TolerantReader {
public:
    TolerantReader(const JsonValue& value, std::string pointer, JsonFaults& faults)
        : value_(value),
          pointer_(std::move(pointer)),
          faults_(faults) {
        if (value_.object() == nullptr) {
            faults_.add(pointer_, "is not an object");
        }
    }

    bool has(std::string_view name) const { return value_.find(name) != nullptr; }

    std::string string(std::string_view name) {
        const JsonValue* found = value_.find(name);
        if (found == nullptr || found->string() == nullptr) {
            fault(name, "is not a string");
            return {};
        }
        return *found->string();
    }
    std::uint64_t integer(std::string_view name) {
        const JsonValue* found = value_.find(name);
        if (found == nullptr || found->integer() == nullptr) {
            fault(name, "is not a whole number");
            return 0;
        }
        return *found->integer();
    }
    template <typename Fixed>
    Fixed fixed(std::string_view name) {
        const auto read = Fixed::from_hex(string(name));
        if (!read) {
            fault(name, "is not lower-case hex of the right length");
        }
        return read.value_or(Fixed{});
    }
    const JsonValue::Array& array(std::string_view name, std::size_t most) {
        static const JsonValue::Array none;
        const JsonValue* found = value_.find(name);
        if (found == nullptr || found->array() == nullptr || found->array()->size() > most) {
            fault(name, "is not an array of a size that is allowed");
            return none;
        }
        return *found->array();
    }
    std::vector<Hash> hashes(std::string_view name) {
        std::vector<Hash> read;
        for (const JsonValue& element : array(name, proof_hashes_max)) {
            const auto hash =
                element.string() == nullptr ? std::nullopt : Hash::from_base64(*element.string());
            if (!hash) {
                fault(name, "is not base64 of 32 bytes each");
            }
            read.push_back(hash.value_or(Hash{}));
        }
        return read;
    }
    const JsonValue* member(std::string_view name) { return value_.find(name); }
    std::string pointer(std::string_view name) const {
        return fmt::format("{}/{}", pointer_, name);
    }
    void fault(std::string_view name, std::string_view sentence) {
        faults_.add(pointer(name), std::string(sentence));
    }

private:
    const JsonValue& value_;
    std::string pointer_;
    JsonFaults& faults_;
};

void read_entry_part(TolerantReader& in, ReceiptPart& part) {
    part.n = in.integer("n");
    if (in.has("text")) {
        part.text = in.string("text");
    }
    if (in.has("hash")) {
        part.hash = in.fixed<Hash>("hash");
    }
    if (!part.text && !part.hash) {
        in.fault("text", "is missing, and there is no hash either");
    }
    part.siblings = in.hashes("siblings");
}

void read_reading_part(TolerantReader& in, ReceiptPart& part) {
    part.of = in.integer("of");
    part.n = in.integer("n");
    part.entry = from_hex(in.string("entry")).value_or(Bytes{});
    if (part.entry.size() != reading_entry_bytes) {
        in.fault("entry", "is not 20 bytes in hex");
    }
    part.siblings = in.hashes("siblings");
}

ReceiptPart read_part(const JsonValue& value, const std::string& pointer, JsonFaults& faults) {
    TolerantReader in(value, pointer, faults);
    ReceiptPart part;
    const auto* kind = std::ranges::find(kinds, in.string("kind"));
    if (kind == kinds.end()) {
        in.fault("kind", "is unknown");
        return part;
    }
    part.kind = static_cast<ReceiptPart::Kind>(kind - kinds.begin());
    switch (part.kind) {
        case ReceiptPart::Kind::record:
        case ReceiptPart::Kind::result:
        case ReceiptPart::Kind::conflict:
        case ReceiptPart::Kind::allocation:
        case ReceiptPart::Kind::line:
            read_entry_part(in, part);
            break;
        case ReceiptPart::Kind::reading:
            read_reading_part(in, part);
            break;
        case ReceiptPart::Kind::command: {
            const JsonValue* envelope = in.member("envelope");
            if (envelope == nullptr || envelope->object() == nullptr) {
                in.fault("envelope", "is not an object");
            } else {
                part.envelope = to_canonical_text(*envelope);
            }
            break;
        }
        case ReceiptPart::Kind::opening:
            part.salt = in.fixed<Salt>("salt");
            part.account = in.fixed<UserId>("account");
            break;
    }
    return part;
}

void read_parts(TolerantReader& in, std::vector<ReceiptPart>& parts, JsonFaults& faults) {
    if (!in.has("parts")) {
        return;  // nothing is shown besides the leaf
    }
    for (const JsonValue& part : in.array("parts", parts_max)) {
        const std::string pointer = fmt::format("{}/{}", in.pointer("parts"), parts.size());
        parts.push_back(read_part(part, pointer, faults));
    }
}

Receipt read_one(const JsonValue& value, const std::string& pointer, JsonFaults& faults) {
    TolerantReader in(value, pointer, faults);
    Receipt receipt;
    if (in.integer("receipt") != 1) {
        in.fault("receipt", "is not a version that is known");
    }
    if (in.has("ledger")) {
        receipt.ledger = in.fixed<Hash>("ledger");
        if (receipt.ledger.is_zero()) {
            in.fault("ledger", "is zero, which no ledger id is");
        }
    }
    if (const JsonValue* certified = in.member("certified"); certified && certified->boolean()) {
        receipt.certified = *certified->boolean();
    }
    receipt.leaf_index = in.integer("leaf_index");
    receipt.leaf = in.string("leaf");
    receipt.proof = in.string("proof");
    read_parts(in, receipt.parts, faults);
    return receipt;
}

void write_hashes(JsonWriter& out, const std::vector<Hash>& hashes) {
    out.name("siblings").open_array();
    for (const Hash& hash : hashes) {
        out.string(to_base64(hash.view()));
    }
    out.close_array();
}

void write(JsonWriter& out, const ReceiptPart& part) {
    out.open_object().member("kind", name_of(part.kind));
    if (part.kind == ReceiptPart::Kind::command) {
        out.name("envelope").raw(part.envelope);
    } else if (part.kind == ReceiptPart::Kind::opening) {
        out.member("salt", part.salt.hex());
        out.member("account", part.account.hex());
    } else {
        if (part.kind == ReceiptPart::Kind::reading) {
            out.member("of", part.of);
        }
        out.member("n", part.n);
        if (part.kind == ReceiptPart::Kind::reading) {
            out.member("entry", to_hex(part.entry));
        }
        if (part.text) {
            out.member("text", *part.text);
        }
        if (part.hash) {
            out.member("hash", part.hash->hex());
        }
        write_hashes(out, part.siblings);
    }
    out.close_object();
}

void write_parts(JsonWriter& out, const std::vector<ReceiptPart>& parts) {
    out.name("parts").open_array();
    for (const ReceiptPart& part : parts) {
        write(out, part);
    }
    out.close_array();
}

void write(JsonWriter& out, const Receipt& receipt) {
    out.open_object().member("receipt", std::uint64_t{1});
    if (!receipt.ledger.is_zero()) {
        out.member("ledger", receipt.ledger.hex());
    }
    out.member("leaf_index", receipt.leaf_index);
    out.member("leaf", receipt.leaf);
    out.member("proof", receipt.proof);
    out.member("certified", receipt.certified);
    write_parts(out, receipt.parts);
    out.close_object();
}

Result<JsonValue> read_bounded(ByteView json, std::size_t most) {
    if (json.size() > most) {
        return refuse(ErrorCode::bad_request, "a receipt over {} bytes", most);
    }
    return parse_tolerant_json(json, ErrorCode::bad_request);
}

}  // namespace

std::string_view name_of(ReceiptPart::Kind kind) {
    return kinds.at(static_cast<std::size_t>(kind));
}

std::string to_text(const Receipt& receipt) {
    JsonWriter out;
    write(out, receipt);
    return out.take();
}

Result<Receipt> read_receipt(ByteView json) {
    auto value = read_bounded(json, receipt_bytes_max);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    Receipt receipt = read_one(*value, "", faults);
    if (faults.any()) {
        return faults.refusal();
    }
    return receipt;
}

std::string to_saved_text(const Receipt& receipt) {
    auto proof = parse_log_proof(receipt.proof);
    if (!proof) {
        return receipt.proof;  // not a proof to add anything to: it is kept as it came
    }
    JsonWriter out;
    out.open_object().member("leaf", receipt.leaf);
    write_parts(out, receipt.parts);
    out.close_object();
    proof->extra = out.take();
    return to_text(*proof);
}

Result<Receipt> read_saved_receipt(ByteView text) {
    auto proof = parse_log_proof(text);
    if (!proof) {
        return refusal(proof);
    }
    if (!proof->extra) {
        return refuse_because(
            ErrorCode::bad_request, "proof", "the tlog-proof has no extra line with the leaf"
        );
    }
    auto value = read_bounded(*proof->extra, receipt_bytes_max);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    TolerantReader in(*value, "", faults);
    Receipt receipt;
    receipt.leaf = in.string("leaf");
    read_parts(in, receipt.parts, faults);
    if (faults.any()) {
        return faults.refusal();
    }
    receipt.leaf_index = proof->index;
    proof->extra.reset();
    receipt.proof = to_text(*proof);
    return receipt;
}

std::string to_text(const Certificate& certificate) {
    JsonWriter out;
    out.open_object().member("certificate", std::uint64_t{1}).name("receipts").open_array();
    for (const Receipt& receipt : certificate.receipts) {
        write(out, receipt);
    }
    out.close_array().close_object();
    return out.take();
}

Result<Certificate> read_certificate(ByteView json) {
    auto value = read_bounded(json, 2 * receipt_bytes_max);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    TolerantReader in(*value, "", faults);
    if (in.integer("certificate") != 1) {
        in.fault("certificate", "is not a version that is known");
    }
    Certificate certificate;
    for (const JsonValue& receipt : in.array("receipts", certificate_receipts_max)) {
        const std::string pointer = fmt::format("/receipts/{}", certificate.receipts.size());
        certificate.receipts.push_back(read_one(receipt, pointer, faults));
    }
    if (faults.any()) {
        return faults.refusal();
    }
    return certificate;
}

}  // namespace tanji::ledger
