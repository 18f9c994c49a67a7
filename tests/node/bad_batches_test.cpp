// Batches that cannot be read, or whose records are not what their header says.
#include "tests/node/bad_commands.h"

namespace tanji::node::test {
namespace {

using BadBatches = BadCommands;

TEST_F(BadBatches, AnUploadThatCannotBeReadLeavesNoTrace) {
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

TEST_F(BadBatches, ABatchWhoseHeaderDoesNotFitIsRefused) {
    const auto header =
        [](std::string code, int status, const Change& change, std::string reason = {}) {
            return refused(std::move(code), status, changed(change), {}, std::move(reason));
        };
    const ledger::TimeS tomorrow = RunningNode::now_ms() / 1'000 + 86'400;
    Batch by_another = good_batch();
    expect_all_refused(
        *node_,
        {
            refused("signatures_insufficient", 403, container(by_another, "ev")),
            header("role_missing", 403, [](Batch& b) { b.header.rank = "app"; }),
            header(
                "methodology_unknown",
                404,
                [](Batch& b) { b.header.methodology = "metro-shenzhen@2"; }
            ),
            header("methodology_unknown", 404, [](Batch& b) { b.header.scheme = "other"; }),
            header(
                "digest_mismatch", 422, [](Batch& b) { b.header.methodology_digest.bytes[0] ^= 1; }
            ),
            header("digest_mismatch", 422, [](Batch& b) { b.header.factors_digest.bytes[0] ^= 1; }),
            header("factor_set_unknown", 404, [](Batch& b) { b.header.factors = "none@1"; }),
            header("programme_unknown", 404, [](Batch& b) { b.header.programme = "points"; }),
            header("region_not_covered", 422, [](Batch& b) { b.header.region = "110000"; }),
            header(
                "period_invalid", 422, [](Batch& b) { b.header.period_end = b.header.period_start; }
            ),
            header("period_invalid", 422, [&](Batch& b) { b.header.period_end = tomorrow; }),
            header(
                "period_too_old",
                409,
                [](Batch& b) {
                    b.header.period_start -= 40 * 86'400;
                    b.header.period_end -= 40 * 86'400;
                }
            ),
            header(
                "records_root_mismatch", 422, [](Batch& b) { b.header.records_root.bytes[31] ^= 1; }
            ),
            header("records_root_mismatch", 422, [](Batch& b) { b.records.pop_back(); }),
            header(
                "batch_totals_mismatch", 422, [](Batch& b) { b.header.count = 4; }, "count"
            ),
            header(
                "batch_totals_mismatch", 422, [](Batch& b) { ++b.header.inputs[0].sum; }, "inputs"
            ),
            header(
                "batch_totals_mismatch",
                422,
                [](Batch& b) { b.header.inputs[0].name = "distance"; },
                "inputs"
            ),
            header(
                "batch_totals_mismatch",
                422,
                [](Batch& b) { ++b.header.reduction_ug; },
                "reduction_ug"
            ),
        }
    );
}

TEST_F(BadBatches, ABatchWithOneBadRecordIsRefusedAsAWhole) {
    const auto record = [](std::string reason, const std::function<void(Record&)>& change) {
        return refused(
            "record_invalid",
            422,
            resealed([&](Batch& b) { change(b.records.at(1)); }),
            {},
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

}  // namespace
}  // namespace tanji::node::test
