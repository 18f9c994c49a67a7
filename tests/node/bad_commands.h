#pragma once

#include "ledger/command/batch.h"
#include "tests/node/bad_input.h"

#include <functional>
#include <string>
#include <vector>

// Commands and batches for a node with the demo's data: right ones, and the same with one fault.
namespace tanji::node::test {

using ledger::Record;

// A batch of three metro rides yesterday, right in everything until a test changes something.
struct Batch {
    ledger::BatchHeader header;
    std::vector<Record> records;

    // Makes the header say again what the records are.
    void seal() {
        header.count = static_cast<std::uint32_t>(records.size());
        header.inputs.at(0).sum = 0;
        for (const Record& record : records) {
            header.inputs[0].sum += record.inputs.at(0);
        }
        header.reduction_ug = ledger::Int128{46'700} * header.inputs[0].sum;
        header.records_root = ledger::records_root(records);
    }
};

class BadCommands : public testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<RunningNode>();
        node_->seed_data();
    }
    static void TearDownTestSuite() { node_.reset(); }

    static const DemoData::Holder& holder(std::size_t i = 0) { return node_->data().holders.at(i); }

    // The body that a command has after `signers` signed it.
    static Sent command(
        std::string type,
        std::string body,
        const std::vector<std::string>& signers,
        Draft draft = {}
    ) {
        std::vector<ledger::SigningKey> owned;
        for (const std::string& signer : signers) {
            owned.push_back(
                signer.starts_with("wallet-") ? demo_key(RunningNode::seed, signer)
                                              : node_->key(signer)
            );
        }
        Keys keys;
        for (const ledger::SigningKey& key : owned) {
            keys.push_back(&key);
        }
        draft.type = std::move(type);
        draft.body = std::move(body);
        return post("/v1/commands", sealed(*node_, draft, keys));
    }
    static Refused refused(
        std::string code, int status, Sent sent, std::string pointer = {}, std::string reason = {}
    ) {
        return {
            .name = code,
            .sent = std::move(sent),
            .status = status,
            .code = code,
            .pointer = std::move(pointer),
            .reason = std::move(reason),
            .recorded = true,
        };
    }
    static std::string open(std::string_view account, std::string_view keys = "[]") {
        return fmt::format(
            R"({{"account":"{}","kind":"user","keys":{},"owner":null}})", account, keys
        );
    }
    static std::string retire(
        std::string_view account, std::string_view credit_class, std::string_view amount = "1"
    ) {
        return fmt::format(
            R"({{"account":"{}","class":"{}","amount":"{}","purpose":"voluntary",)"
            R"("beneficiary":"b","commitment":null,"statement":"s","inventory":null,)"
            R"("instruction":null}})",
            account,
            credit_class,
            amount
        );
    }
    static std::string transfer(std::string_view from, std::string_view to) {
        return fmt::format(
            R"({{"account":"{}","to":"{}","class":"{}","amount":"1","memo":null,)"
            R"("instruction":null}})",
            from,
            to,
            holder().credit_class
        );
    }
    static std::string assign(std::string_view to, std::string_view purpose) {
        return fmt::format(
            R"({{"account":"{}","to":"{}","class":"{}","amount":"1","purpose":"{}",)"
            R"("consent":null,"consideration":null,"instruction":null}})",
            holder().account,
            to,
            holder().credit_class,
            purpose
        );
    }
    static std::string cancel(std::string_view credit_class) {
        return fmt::format(
            R"({{"account":"ev","class":"{}","amount":"1","reason":"obligation",)"
            R"("instruction":null}})",
            credit_class
        );
    }
    static std::string attest(
        std::string_view batch,
        std::string_view verdict = "accept",
        std::string_view except = "[]",
        int sampled = 200
    ) {
        return fmt::format(
            R"({{"batch":"{}","verdict":"{}","except":{},"level":"limited","sampled":{},)"
            R"("report":"{}","reason":null}})",
            batch,
            verdict,
            except,
            sampled,
            std::string(64, '0')
        );
    }
    static std::string key_list(const std::vector<ledger::SigningKey>& keys) {
        std::string list;
        for (const ledger::SigningKey& key : keys) {
            list +=
                (list.empty() ? "\"" : ",\"") + ledger::to_base64(key.public_key().view()) + "\"";
        }
        return "[" + list + "]";
    }
    // The one batch of the demo that nobody has attested.
    static std::string open_batch() {
        const auto batches = node_->service().local()->batches({}, 10, [](auto&&, const auto& row) {
            return name_of(row.state) == "submitted";
        });
        EXPECT_EQ(batches.size(), 1U);
        return batches.empty() ? "" : batches.front().first.hex();
    }

    // --- batches ---

    static Batch good_batch() {
        const auto view = node_->service().local();
        const ledger::Day yesterday = ledger::local_day(RunningNode::now_ms() / 1'000, 480) - 1;
        const ledger::TimeS morning = ledger::start_of_day(yesterday, 480) + 8 * 3'600;
        Batch batch;
        for (std::int64_t i = 0; i < 3; ++i) {
            Record record;
            record.account = *ledger::UserId::from_hex(holder().account);
            record.tag = *ledger::Tag::from(ledger::random_bytes(ledger::Tag::length));
            record.start = morning + 600 * i;
            record.end = record.start + 500;
            record.region = "440305";
            record.inputs = {4'000 + i};
            record.salt = *ledger::Salt::from(ledger::random_bytes(ledger::Salt::length));
            batch.records.push_back(std::move(record));
        }
        ledger::BatchHeader& header = batch.header;
        header.provider = "metro";
        header.scheme = "sz-ph";
        header.methodology = "metro-shenzhen@1";
        header.methodology_digest = view->methodology(header.methodology)->digest;
        header.factors = view->factor_sets().back().first;
        header.factors_digest = view->factor_sets().back().second.digest;
        header.rank = "operator";
        header.region = "440300";
        header.period_start = morning;
        header.period_end = morning + 3'600;
        header.inputs = {{.name = "distance_m", .sum = 0}};
        header.evidence_root = ledger::sha256({});
        batch.seal();
        return batch;
    }
    static ledger::Envelope envelope_of(const Batch& batch, const std::string& signer = "metro") {
        ledger::JsonWriter body;
        ledger::write(body, batch.header);
        const ledger::SigningKey& key = node_->key(signer);
        const Keys keys = {&key};
        return ledger::sign_command(
            payload_of(*node_, {.type = "activity.submit", .body = body.take()}), keys
        );
    }
    static Sent container(const Batch& batch, const std::string& signer = "metro") {
        const ledger::Envelope envelope = envelope_of(batch, signer);
        return {
            .target = "/v1/activities",
            .type = std::string(ledger::batch_media_type),
            .body = ledger::to_container(envelope.payload, batch.records),
            .fields =
                "Tanji-Signature: " + ledger::to_signature_header(envelope.signatures) + "\r\n",
        };
    }
    using Change = std::function<void(Batch&)>;
    // The batch after a change, with a header that fits to it.
    static Sent resealed(const Change& change) {
        Batch batch = good_batch();
        change(batch);
        batch.seal();
        return container(batch);
    }
    // The batch after a change of which the header says nothing.
    static Sent changed(const Change& change) {
        Batch batch = good_batch();
        change(batch);
        return container(batch);
    }

    static inline std::unique_ptr<RunningNode> node_;
};

}  // namespace tanji::node::test
