#include "ledger/methodology/vector_reader.h"

#include <algorithm>
#include <functional>
#include <map>

namespace tanji::ledger {
namespace {

using Texts = std::map<std::string, std::string, std::less<>>;
using Amounts = std::map<std::string, Amount, std::less<>>;

Texts read_texts(JsonReader& in, std::string_view member) {
    Texts read;
    const JsonValue* value = in.member(member);
    if (value == nullptr || value->object() == nullptr) {
        in.fault(member, "is no object");
        return read;
    }
    for (const JsonMember& entry : *value->object()) {
        if (entry.value.string() == nullptr) {
            in.fault(member, fmt::format("has {}, which is no string", entry.name));
            break;
        }
        read.emplace(entry.name, *entry.value.string());
    }
    return read;
}

Amounts read_amounts(JsonReader& in, std::string_view member) {
    Amounts read;
    for (const auto& [name, text] : read_texts(in, member)) {
        const auto amount = parse_amount(text);
        if (!amount) {
            in.fault(member, fmt::format("has {}, which is no amount", name));
        }
        read.emplace(name, amount.value_or(0));
    }
    return read;
}

VectorRecord read_record(JsonReader& in, const Methodology& methodology) {
    VectorRecord record;
    record.account = in.text("account", document_bytes_max);
    if (!in.is_null("subject")) {
        record.subject = in.text("subject", document_bytes_max);
    }
    const auto day = parse_date(in.text("day", document_bytes_max));
    if (!day) {
        in.fault("day", "is no day written YYYY-MM-DD");
    }
    record.day = day.value_or(Date{});
    record.inputs = read_amounts(in, "inputs");
    for (const Input& input : methodology.inputs) {
        if (!record.inputs.contains(input.name)) {
            in.fault("inputs", fmt::format("lacks {}", input.name));
        }
    }
    record.keys = read_texts(in, "keys");
    record.quality = in.text("quality", document_bytes_max);
    record.outcome = in.text("outcome", document_bytes_max);
    record.micrograms = in.signed_amount("micrograms");
    in.finish();
    return record;
}

// A factor is stated under its name for all records, under `name#index` for one.
bool is_stated_name(std::string_view name, const Vector& vector, const Methodology& methodology) {
    const std::size_t mark = name.find('#');
    if (std::ranges::find(methodology.factors, name.substr(0, mark), &FactorBinding::name) ==
        methodology.factors.end()) {
        return false;
    }
    if (mark == std::string_view::npos) {
        return true;
    }
    const auto index = parse_amount(name.substr(mark + 1));
    return index && *index < std::ssize(vector.records);
}

}  // namespace

Vector read_vector(JsonReader& in, const Methodology& methodology) {
    Vector vector;
    vector.name = in.text("vector", document_bytes_max);
    vector.factors = read_amounts(in, "factors");
    for (const JsonValue& element : in.elements("records", 0, document_bytes_max)) {
        JsonReader record(
            element, fmt::format("{}/{}", in.pointer("records"), vector.records.size()), in.faults()
        );
        vector.records.push_back(read_record(record, methodology));
    }
    for (const auto& [name, value] : vector.factors) {
        if (!is_stated_name(name, vector, methodology)) {
            in.fault("factors", fmt::format("states {}, which no record has", name));
        }
    }
    vector.grams = read_amounts(in, "grams");
    return vector;
}

}  // namespace tanji::ledger
