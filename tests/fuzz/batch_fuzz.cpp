#include "ledger/command/batch.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

namespace {

void read_header(ByteView payload) {
    const auto json = parse_json(payload);
    const JsonValue* body = json ? json->find("body") : nullptr;
    if (body == nullptr) {
        return;
    }
    JsonFaults faults;
    const BatchHeader header = read_batch_header(*body, "/body", faults);
    if (faults.any()) {
        return;
    }
    JsonWriter out;
    write(out, header);
    const auto again = parse_json(out.text());
    JsonFaults none;
    require(again && read_batch_header(*again, "", none) == header && !none.any());
}

}  // namespace

// An activity batch: container, attachment, NDJSON, and the header that the provider signs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    if (const auto container = read_container(input)) {
        require(container->records.size() <= batch_records_max);
        require(to_container(container->payload, container->records) == input);
        read_header(container->payload);
        records_root(container->records);
    }
    if (const auto records = read_attachment(input)) {
        require(records->size() <= batch_records_max);
        require(to_attachment(*records) == input);
    }
    if (const auto batch = read_ndjson(input)) {
        require(batch->records.size() <= batch_records_max);
        const auto again = read_ndjson(to_ndjson(batch->envelope, batch->records));
        require(again && again->envelope == batch->envelope && again->records == batch->records);
        read_header(batch->envelope.payload);
    }
    if (const auto reading = read_entry(input)) {
        require(to_entry(*reading) == input);
    }
    return 0;
}
