#include "ledger/command/batch.h"

#include "ledger/command/command.h"
#include "ledger/command/effect.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"
#include "tests/support/vectors.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

using tests::Json;

std::vector<Record> records_of(const Json& batch) {
    std::vector<Record> records;
    for (const auto& one : batch["records"].each()) {
        records.push_back(read_record(one["text"].text()).value());
    }
    return records;
}

TEST(Record, TextAndWireFormAreOneToOneInTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    std::string buffer;
    for (const auto& batch : vectors["batches"].each()) {
        for (const auto& one : batch["records"].each()) {
            const auto record = read_record(one["text"].text());
            ASSERT_TRUE(record) << record.error().detail;
            EXPECT_EQ(to_text(*record), one["text"].text());
            EXPECT_EQ(to_hex(to_wire(*record)), one["wire"].text());
            EXPECT_EQ(*read_wire_record(one["wire"].hex()), *record);
            EXPECT_EQ(record_hash(*record, buffer).hex(), one["leaf_hash"].text());
        }
    }
}

TEST(Record, RefusesEveryTextOfTheVectorsThatIsNone) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    std::size_t count = 0;
    for (const auto& one : vectors["record_text_rejected"].each()) {
        const auto record = read_record(one["text"].text());
        ASSERT_FALSE(record) << one["name"].text();
        EXPECT_EQ(record.error().code, ErrorCode::command_malformed);
        ++count;
    }
    EXPECT_EQ(count, 26U);
}

TEST(Record, ATextWithAnyByteChangedIsAnotherRecordOrNone) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    for (const auto& batch : vectors["batches"].each()) {
        const std::string text = batch["records"][0]["text"].text();
        const Record record = read_record(text).value();
        for (std::size_t i = 0; i < text.size(); ++i) {
            for (int bit = 0; bit < 8; ++bit) {
                std::string changed = text;
                changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
                const auto read = read_record(changed);
                EXPECT_TRUE(!read || (*read != record && to_text(*read) == changed)) << changed;
            }
            EXPECT_FALSE(read_record(text.substr(0, i)));
        }
    }
}

TEST(Batch, ContainersAndTextsAreThoseOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    for (const auto& one : vectors["batches"].each()) {
        const auto records = records_of(one);
        EXPECT_EQ(records_root(records).hex(), one["records_root"].text());
        const Bytes container = to_container(one["payload"].text(), records);
        EXPECT_EQ(to_hex(container), one["container"].text());
        EXPECT_EQ(sha256(container).hex(), one["container_sha256"].text());
        const auto read = read_container(container);
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read->payload, one["payload"].text());
        EXPECT_EQ(read->records, records);
        EXPECT_EQ(*read_attachment(to_attachment(records)), records);
        EXPECT_TRUE(container.ends_with(to_attachment(records)));

        const auto text = read_ndjson(one["ndjson"].text());
        ASSERT_TRUE(text) << text.error().detail;
        EXPECT_EQ(text->records, records);
        EXPECT_EQ(digest(text->envelope).hex(), one["digest"].text());
        EXPECT_EQ(*read_envelope(one["envelope"].text()), text->envelope);
        EXPECT_EQ(to_ndjson(text->envelope, records), one["ndjson"].text());

        const auto hashes = record_hashes(records);
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            EXPECT_EQ(inclusion_path(hashes, i), one["records"][i]["proof"].base64_hashes());
        }
        std::vector<Hash> results;
        for (const auto& result : one["results"].each()) {
            const auto entry = read_result(result.text());
            ASSERT_TRUE(entry) << entry.error().detail;
            EXPECT_EQ(to_text(*entry), result.text());
            EXPECT_EQ(entry->record, hashes.at(entry->index));
            results.push_back(leaf_hash(result.text()));
        }
        EXPECT_EQ(tree_root(results).hex(), one["results_root"].text());
    }
}

TEST(Batch, HeaderIsReadFromItsPayloadAndWrittenInTheSameOrder) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    for (const auto& one : vectors["batches"].each()) {
        const auto command = read_command(one["payload"].text());
        ASSERT_TRUE(command);
        JsonFaults faults;
        const BatchHeader header = read_batch_header(command->body, "/body", faults);
        ASSERT_FALSE(faults.any()) << faults.refusal().error().detail;
        EXPECT_EQ(header.records_root.hex(), one["records_root"].text());
        EXPECT_EQ(header.count, one["records"].each().size());
        JsonWriter out;
        write(out, header);
        EXPECT_TRUE(one["payload"].text().ends_with(out.text() + "}")) << out.text();

        JsonValue body = command->body;
        std::get<JsonValue::Object>(body.value).pop_back();
        JsonFaults missing;
        read_batch_header(body, "/body", missing);
        ASSERT_TRUE(missing.any());
        EXPECT_EQ(missing.refusal().error().pointer, "/body/corrects");
    }
}

TEST(Batch, RefusesEveryContainerOfTheVectorsThatIsNone) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    std::size_t count = 0;
    for (const auto& one : vectors["container_rejected"].each()) {
        const auto read = read_container(one["container"].hex());
        ASSERT_FALSE(read) << one["name"].text();
        EXPECT_EQ(read.error().code, ErrorCode::command_malformed);
        ++count;
    }
    EXPECT_EQ(count, 29U);
}

TEST(Batch, AContainerThatIsCutAnywhereOrFollowedByAByteIsRefused) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    const Bytes container = vectors["batches"][0]["container"].hex();
    for (std::size_t length = 0; length < container.size(); ++length) {
        EXPECT_FALSE(read_container(ByteView(container).substr(0, length))) << length;
    }
    EXPECT_FALSE(read_container(container + '\0'));
}

TEST(Batch, TextKeepsToItsLines) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    const std::string text = vectors["batches"][0]["ndjson"].text();
    ASSERT_TRUE(text.ends_with('\n'));
    EXPECT_TRUE(read_ndjson(text.substr(0, text.size() - 1))) << "the last LF is optional";
    EXPECT_FALSE(read_ndjson(text + "\n")) << "a blank line";
    EXPECT_FALSE(read_ndjson(text.substr(0, text.find('\n') + 1))) << "no record";
    std::string carriage = text;
    carriage.insert(carriage.find('\n'), "\r");
    EXPECT_FALSE(read_ndjson(carriage));
    const auto faulty = read_ndjson(text.substr(0, text.size() - 2) + "\n");
    ASSERT_FALSE(faulty);
    EXPECT_EQ(faulty.error().index, 2U);
}

TEST(Batch, TagsAreThoseOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    for (const auto& one : vectors["tags"].each()) {
        const auto make = one["what"].text() == "subject" ? subject_tag : event_tag;
        EXPECT_EQ(
            make(one["key"].hex(), one["namespace"].text(), one["text"].text()).hex(),
            one["tag"].text()
        );
    }
}

TEST(Batch, SampleIsDrawnAsInTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    const Json one = vectors["sample"];
    const Hash seed = sampling_seed(
        *CommandId::from_hex(one["batch"].text()), one["size"].number(), one["root"].hash()
    );
    EXPECT_EQ(seed, one["seed"].hash());
    const auto drawn = draw_sample(seed, static_cast<std::uint32_t>(one["count"].number()), 5);
    ASSERT_EQ(drawn.size(), 5U);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        EXPECT_EQ(drawn[i], one["first"][i].number());
    }
    auto all = draw_sample(seed, 50, 50);
    std::ranges::sort(all);
    for (std::uint32_t i = 0; i < 50; ++i) {
        EXPECT_EQ(all[i], i) << "every record is drawn once";
    }
}

TEST(Readings, TreeOfAMeterHourIsThatOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/batch.json");
    const Json one = vectors["readings"];
    std::vector<Reading> readings;
    std::vector<Hash> hashes;
    for (std::uint64_t i = 0; i < one["count"].number(); ++i) {
        readings.push_back({
            .start = one["first_start"].number() + i * one["seconds"].number(),
            .seconds = static_cast<std::uint32_t>(one["seconds"].number()),
            .value = one["first_value"].number() + i * one["step_value"].number(),
        });
        hashes.push_back(leaf_hash(to_entry(readings.back())));
    }
    EXPECT_EQ(readings_root(readings), one["root"].hash());
    const std::size_t index = one["sample"]["index"].number();
    EXPECT_EQ(to_hex(to_entry(readings[index])), one["sample"]["entry"].text());
    EXPECT_EQ(*read_entry(one["sample"]["entry"].hex()), readings[index]);
    EXPECT_EQ(inclusion_path(hashes, index), one["sample"]["proof"].base64_hashes());

    const auto meter = records_of(vectors["batches"][2]).front();
    EXPECT_TRUE(check_readings(meter, readings)) << check_readings(meter, readings).error().detail;
    auto gap = readings;
    gap.erase(gap.begin() + 7);
    EXPECT_FALSE(check_readings(meter, gap));
    auto falling = readings;
    falling[9].value = 0;
    EXPECT_FALSE(check_readings(meter, falling));
    auto shifted = readings;
    ++shifted[3].start;
    EXPECT_FALSE(check_readings(meter, shifted));
}

}  // namespace
}  // namespace tanji::ledger
