// Commands that are well formed and signed, and refused by a rule: each is a leaf of its own and
// moves nothing. And batches whose records are not what their header says.
#include <algorithm>

#include "ledger/command/batch.h"
#include "tests/node/bad_input.h"

namespace tanji::node::test {
namespace {

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
        std::string type, std::string body, const std::vector<std::string>& signers, Draft draft = {}
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
            .name = code, .sent = std::move(sent), .status = status, .code = code,
            .pointer = std::move(pointer), .reason = std::move(reason), .recorded = true,
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
            account, credit_class, amount
        );
    }
    static std::string transfer(std::string_view from, std::string_view to) {
        return fmt::format(
            R"({{"account":"{}","to":"{}","class":"{}","amount":"1","memo":null,)"
            R"("instruction":null}})",
            from, to, holder().credit_class
        );
    }
    static std::string assign(std::string_view to, std::string_view purpose) {
        return fmt::format(
            R"({{"account":"{}","to":"{}","class":"{}","amount":"1","purpose":"{}",)"
            R"("consent":null,"consideration":null,"instruction":null}})",
            holder().account, to, holder().credit_class, purpose
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
        std::string_view batch, std::string_view verdict = "accept", std::string_view except = "[]",
        int sampled = 200
    ) {
        return fmt::format(
            R"({{"batch":"{}","verdict":"{}","except":{},"level":"limited","sampled":{},)"
            R"("report":"{}","reason":null}})",
            batch, verdict, except, sampled, std::string(64, '0')
        );
    }
    static std::string key_list(const std::vector<ledger::SigningKey>& keys) {
        std::string list;
        for (const ledger::SigningKey& key : keys) {
            list += (list.empty() ? "\"" : ",\"") + ledger::to_base64(key.public_key().view()) + "\"";
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
        const ledger::Day yesterday =
            ledger::local_day(RunningNode::now_ms() / 1'000, 480) - 1;
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
            .fields = "Tanji-Signature: " + ledger::to_signature_header(envelope.signatures) + "\r\n",
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

TEST_F(BadCommands, ARefusedCommandIsOneLeafAndMovesNothing) {
    const std::string account = holder().account;
    const std::string cls = holder().credit_class;
    const ledger::TimeMs now = RunningNode::now_ms();
    std::vector<ledger::SigningKey> fresh;
    for (int i = 0; i < 4; ++i) {
        fresh.push_back(demo_key(RunningNode::seed, fmt::format("wallet-fresh-{}", i)));
    }
    const std::vector<std::string> with_fresh = {
        "wallet", "wallet-fresh-0", "wallet-fresh-1", "wallet-fresh-2", "wallet-fresh-3"
    };
    const std::string nobody(32, 'd');
    expect_all_refused(
        *node_,
        {
            refused("command_expired", 422, command("account.open", open(new_id()), {"wallet"},
                    {.not_after = std::to_string(now - 1'000)})),
            refused("not_after_too_far", 422, command("account.open", open(new_id()), {"wallet"},
                    {.not_after = std::to_string(now + 8 * ledger::ms_per_day)})),
            refused("role_missing", 403, command("account.open", open(new_id()), {"shop"})),
            refused("account_exists", 409, command("account.open", open(account), {"wallet"})),
            refused("key_exists", 409, command("account.open",
                    open(new_id(), key_list({node_->wallet(1)})), {"wallet", "wallet-1"})),
            refused("key_not_proven", 422,
                    command("account.open", open(new_id(), key_list({fresh[0]})), {"wallet"})),
            refused("key_limit", 422,
                    command("account.open", open(new_id(), key_list(fresh)), with_fresh)),
            refused("account_unknown", 404,
                    command("credit.retire", retire(nobody, cls), {"wallet"})),
            refused("signatures_insufficient", 403,
                    command("credit.retire", retire(account, cls), {"wallet"})),
            refused("signatures_insufficient", 403,
                    command("credit.retire", retire(account, cls), {"wallet-2"})),
            refused("class_unknown", 404, command("credit.retire",
                    retire(account, "sz-ph:none@1:440300:2026"), {"wallet-1"})),
            refused("insufficient_credits", 409, command("credit.retire",
                    retire(account, cls, std::to_string(holder().grams + 1)), {"wallet-1"})),
            refused("insufficient_credits", 409, command("credit.retire",
                    retire(account, cls, "999999999999999999"), {"wallet-1"})),
            refused("transfer_not_allowed", 422,
                    command("credit.transfer", transfer(account, "ev"), {"wallet-1"})),
            refused("transfer_not_allowed", 422,
                    command("credit.transfer", transfer("ev", "ev"), {"ev"})),
            refused("account_unknown", 404,
                    command("credit.transfer", transfer("ev", "nobody"), {"ev"})),
            refused("signatures_insufficient", 403,
                    command("credit.transfer", transfer("ev", "metro"), {"metro"})),
            refused("insufficient_credits", 409,
                    command("credit.transfer", transfer("ev", "metro"), {"ev"})),
            refused("recipient_not_allowed", 422,
                    command("credit.assign", assign("metro", "donate"), {"wallet-1"})),
            refused("signatures_insufficient", 403,
                    command("credit.assign", assign("metro", "assign"), {"wallet-1"})),
            refused("obligation_exceeded", 409, command("credit.cancel", cancel(cls), {"ev"})),
        }
    );
}

TEST_F(BadCommands, AVerdictThatTheRulesForbidIsRefused) {
    const std::string batch = open_batch();
    const std::string issued = node_->data().batches.front();
    const std::string revoke = R"({"batch":")" + batch +
                               R"(","records":null,"reason":"other","free":true,"evidence":null})";
    expect_all_refused(
        *node_,
        {
            refused("batch_unknown", 404,
                    command("activity.attest", attest(std::string(32, 'd')), {"verico"})),
            refused("role_missing", 403, command("activity.attest", attest(batch), {"shop"})),
            refused("batch_state", 409, command("activity.attest", attest(issued), {"verico"})),
            refused("index_invalid", 422, command("activity.attest",
                    attest(batch, "accept_except", "[[0,9999]]"), {"verico"})),
            refused("index_invalid", 422, command("activity.attest",
                    attest(batch, "accept_except", "[[0,29]]"), {"verico"})),
            refused("sample_incomplete", 422,
                    command("activity.attest", attest(batch, "accept", "[]", 1), {"verico"})),
            refused("batch_state", 409, command("activity.revoke", revoke, {"verico"})),
        }
    );
}

TEST_F(BadCommands, ADocumentThatProvesNothingIsNotPublished) {
    std::vector<std::string> all;
    for (const auto& [member, key] : node_->alliance().keys) {
        all.push_back(member);
    }
    const auto publish = [](std::string_view document) {
        ledger::JsonWriter out;
        out.open_object().member("scheme", "sz-ph").member("document", document).close_object();
        return out.take();
    };
    const std::string published = node_->service().local()->methodology("bike-demo@1")->document;
    std::string third = published;
    third.replace(third.find("bike-demo@1"), 11, "bike-demo@3");
    std::string wrong_unit = third;
    wrong_unit.replace(wrong_unit.find(R"("unit":"m")"), 10, R"("unit":"kWh")");
    std::string wrong_vector = published;
    wrong_vector.replace(wrong_vector.find("176305000"), 9, "176305001");
    wrong_vector.replace(wrong_vector.find("bike-demo@1"), 11, "bike-demo@2");
    expect_all_refused(
        *node_,
        {
            refused("signatures_insufficient", 403,
                    command("methodology.publish", publish(third), {"metro"})),
            refused("version_not_next", 409, command("methodology.publish", publish(third), all)),
            refused("version_not_next", 409,
                    command("methodology.publish", publish(published), all)),
            refused("methodology_invalid", 422, command("methodology.publish", publish("{}"), all),
                    "/tanji", "document_malformed"),
            refused("methodology_invalid", 422,
                    command("methodology.publish", publish(wrong_unit), all), "/inputs/0/unit",
                    "unit_mismatch"),
            refused("methodology_invalid", 422,
                    command("methodology.publish", publish(wrong_vector), all), "/vectors/0/records/0",
                    "vector_failed"),
            refused("factor_set_invalid", 422,
                    command("factors.publish", R"({"document":"[]"})", all), "", "document_malformed"),
        }
    );
}

TEST_F(BadCommands, AnUploadThatCannotBeReadLeavesNoTrace) {
    const Batch batch = good_batch();
    const Sent good = container(batch);
    Sent cut = good;
    cut.body.resize(cut.body.size() - 1);
    Sent longer = good;
    longer.body += '\0';
    Sent hostile = good;
    hostile.body = std::string("\xff\xff\xff\xff{}{}{", 9);
    Sent many = good;
    const std::size_t count_at = 4 + ledger::read_u32(many.body);
    many.body.replace(count_at, 4, "\xff\xff\xff\xff");
    Sent unsigned_one = good;
    unsigned_one.fields.clear();
    Sent by_another = good;
    by_another.fields = container(batch).fields;  // made for another id
    Sent lines = {.target = "/v1/activities", .type = "application/x-ndjson"};
    lines.body = ledger::to_ndjson(envelope_of(batch), batch.records);
    lines.body.insert(lines.body.find("\n{\"record\"") + 2, " ");
    Sent no_records = {.target = "/v1/activities", .type = "application/x-ndjson"};
    no_records.body = ledger::to_ndjson(envelope_of(batch), {});
    const auto unreadable = [](std::string name, Sent sent, int status, std::string code) {
        return Refused{std::move(name), std::move(sent), status, std::move(code)};
    };
    expect_all_refused(
        *node_,
        {
            unreadable("a container cut short", cut, 400, "command_malformed"),
            unreadable("a byte after it", longer, 400, "command_malformed"),
            unreadable("nine hostile bytes", hostile, 413, "command_too_large"),
            unreadable("four billion records", many, 400, "command_malformed"),
            unreadable("no signature", unsigned_one, 403, "signature_missing"),
            unreadable("another's signature", by_another, 403, "signature_invalid"),
            unreadable("a blank in a record", lines, 400, "command_malformed"),
            unreadable("no records", no_records, 400, "command_malformed"),
        }
    );
}

TEST_F(BadCommands, ABatchWhoseHeaderDoesNotFitIsRefused) {
    const auto header = [](std::string code, int status, const Change& change,
                           std::string reason = {}) {
        return refused(std::move(code), status, changed(change), {}, std::move(reason));
    };
    const ledger::TimeS tomorrow = RunningNode::now_ms() / 1'000 + 86'400;
    Batch by_another = good_batch();
    expect_all_refused(
        *node_,
        {
            refused("signatures_insufficient", 403, container(by_another, "ev")),
            header("role_missing", 403, [](Batch& b) { b.header.rank = "app"; }),
            header("methodology_unknown", 404,
                   [](Batch& b) { b.header.methodology = "metro-shenzhen@2"; }),
            header("methodology_unknown", 404, [](Batch& b) { b.header.scheme = "other"; }),
            header("digest_mismatch", 422,
                   [](Batch& b) { b.header.methodology_digest.bytes[0] ^= 1; }),
            header("digest_mismatch", 422, [](Batch& b) { b.header.factors_digest.bytes[0] ^= 1; }),
            header("factor_set_unknown", 404, [](Batch& b) { b.header.factors = "none@1"; }),
            header("programme_unknown", 404, [](Batch& b) { b.header.programme = "points"; }),
            header("region_not_covered", 422, [](Batch& b) { b.header.region = "110000"; }),
            header("period_invalid", 422,
                   [](Batch& b) { b.header.period_end = b.header.period_start; }),
            header("period_invalid", 422, [&](Batch& b) { b.header.period_end = tomorrow; }),
            header("period_too_old", 409,
                   [](Batch& b) {
                       b.header.period_start -= 40 * 86'400;
                       b.header.period_end -= 40 * 86'400;
                   }),
            header("records_root_mismatch", 422,
                   [](Batch& b) { b.header.records_root.bytes[31] ^= 1; }),
            header("records_root_mismatch", 422, [](Batch& b) { b.records.pop_back(); }),
            header("batch_totals_mismatch", 422, [](Batch& b) { b.header.count = 4; }, "count"),
            header("batch_totals_mismatch", 422, [](Batch& b) { ++b.header.inputs[0].sum; },
                   "inputs"),
            header("batch_totals_mismatch", 422,
                   [](Batch& b) { b.header.inputs[0].name = "distance"; }, "inputs"),
            header("batch_totals_mismatch", 422, [](Batch& b) { ++b.header.reduction_ug; },
                   "reduction_ug"),
        }
    );
}

TEST_F(BadCommands, ABatchWithOneBadRecordIsRefusedAsAWhole) {
    const auto record = [](std::string reason, const std::function<void(Record&)>& change) {
        return refused(
            "record_invalid", 422, resealed([&](Batch& b) { change(b.records.at(1)); }), {},
            std::move(reason)
        );
    };
    Batch twice = good_batch();
    Sent first = container(twice);
    ASSERT_EQ(ask(node_->port(), first).status, 201);
    ASSERT_EQ(ask(node_->port(), first).status, 201) << "a replay is no second batch";
    expect_all_refused(
        *node_,
        {
            record("account_unknown", [](Record& r) { r.account.bytes[0] ^= 1; }),
            record("region_not_covered", [](Record& r) { r.region = "110101"; }),
            record("outside_period", [](Record& r) { r.end += 7'200; }),
            record("source_kind", [](Record& r) { r.source = ledger::Source::interval; }),
            record("input_out_of_range", [](Record& r) { r.inputs = {200'001}; }),
            record("input_out_of_range", [](Record& r) { r.inputs = {1, 1}; }),
            record("key_value", [](Record& r) { r.keys = {0}; }),
            record("quality", [](Record& r) { r.quality = 'B'; }),
            refused("activity_conflict", 409, container(twice)),
        }
    );
}

TEST_F(BadCommands, AnIdStandsForTheSameBytesForEver) {
    const std::string id = new_id();
    const Sent first = command("account.open", open(new_id()), {"wallet"}, {.id = id});
    ASSERT_EQ(ask(node_->port(), first).status, 200);
    const Books before = books_of(*node_);
    ASSERT_EQ(ask(node_->port(), first).status, 200);
    EXPECT_EQ(books_of(*node_), before) << "the same bytes again are the same command";
    expect_all_refused(
        *node_,
        {{"id_reused", command("account.open", open(new_id()), {"wallet"}, {.id = id}), 409,
          "id_reused", "/id"}}
    );
}

}  // namespace
}  // namespace tanji::node::test
