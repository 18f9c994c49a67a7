#include "ledger/reductions/commands.h"

#include "ledger/proof/merkle.h"

#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 3> verdicts = {"accept", "accept_except", "reject"};
constexpr std::array<std::string_view, 2> levels = {"limited", "reasonable"};
constexpr std::array<std::string_view, 5> revoke_reasons = {
    "false_data",
    "double_counted",
    "wrong_method",
    "consent",
    "other",
};

}  // namespace

Result<std::shared_ptr<const DecodedBatch>> decode_batch(ByteView attachment) {
    auto records = read_attachment(attachment);
    if (!records) {
        return refusal(records);
    }
    auto batch = std::make_shared<DecodedBatch>();
    batch->records = std::move(*records);
    batch->hashes = record_hashes(batch->records);
    batch->root = tree_root(batch->hashes);
    return batch;
}

ActivitySubmit ActivitySubmit::read(const JsonValue& body, JsonFaults& faults) {
    return {.header = read_batch_header(body, "/body", faults), .batch = {}};
}

ActivityAttest ActivityAttest::read(JsonReader& body) {
    ActivityAttest attest;
    attest.batch = body.id("batch");
    attest.verdict = static_cast<Verdict>(body.word("verdict", verdicts));
    if (attest.verdict == Verdict::accept_except) {
        attest.except = body.ranges("except");
    } else {
        body.elements("except", 0, 0);
    }
    attest.level = levels.at(body.word("level", levels));
    attest.sampled = body.integer("sampled", 0, batch_records_max);
    attest.report = body.digest("report");
    if (!body.is_null("reason")) {
        body.text("reason", 64);
    }
    return attest;
}

ActivityRevoke ActivityRevoke::read(JsonReader& body) {
    ActivityRevoke revoke;
    revoke.batch = body.id("batch");
    if (!body.is_null("records")) {
        revoke.records = body.ranges("records");
    }
    revoke.reason = revoke_reasons.at(body.word("reason", revoke_reasons));
    revoke.free = body.boolean("free");
    if (!body.is_null("evidence")) {
        body.digest("evidence");
    }
    return revoke;
}

}  // namespace tanji::ledger
