#include "tests/node/bad_commands.h"

#include "ledger/value/json.h"

#include <utility>

namespace tanji::node::test {

void BadCommands::SetUpTestSuite() {
    node_ = std::make_unique<RunningNode>();
    node_->seed_data();
}

Sent BadCommands::command(
    std::string type, std::string body, const std::vector<std::string>& signers, Draft draft
) {
    std::vector<ledger::SigningKey> owned;
    for (const std::string& signer : signers) {
        owned.push_back(
            signer.starts_with("wallet-") ? demo_key(RunningNode::seed, signer) : node_->key(signer)
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

Refused BadCommands::refused(
    std::string code, int status, Sent sent, std::string pointer, std::string reason
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

std::string BadCommands::open(std::string_view account, std::string_view keys) {
    return fmt::format(R"({{"account":"{}","kind":"user","keys":{},"owner":null}})", account, keys);
}

std::string BadCommands::retire(
    std::string_view account, std::string_view credit_class, std::string_view amount
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

std::string BadCommands::transfer(std::string_view from, std::string_view to) {
    return fmt::format(
        R"({{"account":"{}","to":"{}","class":"{}","amount":"1","memo":null,)"
        R"("instruction":null}})",
        from,
        to,
        holder().credit_class
    );
}

std::string BadCommands::assign(std::string_view to, std::string_view purpose) {
    return fmt::format(
        R"({{"account":"{}","to":"{}","class":"{}","amount":"1","purpose":"{}",)"
        R"("consent":null,"consideration":null,"instruction":null}})",
        holder().account,
        to,
        holder().credit_class,
        purpose
    );
}

std::string BadCommands::cancel(std::string_view credit_class) {
    return fmt::format(
        R"({{"account":"ev","class":"{}","amount":"1","reason":"obligation",)"
        R"("instruction":null}})",
        credit_class
    );
}

std::string BadCommands::attest(
    std::string_view batch, std::string_view verdict, std::string_view except, int sampled
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

std::string BadCommands::key_list(const std::vector<ledger::SigningKey>& keys) {
    std::string list;
    for (const ledger::SigningKey& key : keys) {
        list += (list.empty() ? "\"" : ",\"") + ledger::to_base64(key.public_key().view()) + "\"";
    }
    return "[" + list + "]";
}

std::string BadCommands::open_batch() {
    const auto batches = node_->service().local()->batches({}, 10, [](auto&&, const auto& row) {
        return name_of(row.state) == "submitted";
    });
    EXPECT_EQ(batches.size(), 1U);
    return batches.empty() ? "" : batches.front().first.hex();
}

Batch BadCommands::good_batch() {
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

ledger::Envelope BadCommands::envelope_of(const Batch& batch, const std::string& signer) {
    ledger::JsonWriter body;
    ledger::write(body, batch.header);
    const ledger::SigningKey& key = node_->key(signer);
    const Keys keys = {&key};
    return ledger::sign_command(
        payload_of(*node_, {.type = "activity.submit", .body = body.take()}), keys
    );
}

Sent BadCommands::container(const Batch& batch, const std::string& signer) {
    const ledger::Envelope envelope = envelope_of(batch, signer);
    return {
        .target = "/v1/activities",
        .type = std::string(ledger::batch_media_type),
        .body = ledger::to_container(envelope.payload, batch.records),
        .fields = "Tanji-Signature: " + ledger::to_signature_header(envelope.signatures) + "\r\n",
    };
}

Sent BadCommands::resealed(const Change& change) {
    Batch batch = good_batch();
    change(batch);
    batch.seal();
    return container(batch);
}

Sent BadCommands::changed(const Change& change) {
    Batch batch = good_batch();
    change(batch);
    return container(batch);
}

}  // namespace tanji::node::test
