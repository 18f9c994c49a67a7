#include "ledger/proof/evidence.h"
#include "tests/proof/sample_log.h"
#include "tests/support/vectors.h"

#include <fmt/format.h>

// Every format written from fields and compared with the bytes it had when its file was added.
namespace tanji::ledger {
namespace {

using tests::expect_golden;

TEST(Golden, PolicyCheckpointAndLeaves) {
    const sample::Log log;
    expect_golden("proof/policy.txt", log.policy_text());
    expect_golden("proof/checkpoint.txt", log.note());
    std::string leaves;
    for (const std::string& leaf : log.leaves()) {
        leaves += leaf + '\n';
        ASSERT_TRUE(read_leaf(leaf)) << read_leaf(leaf).error().pointer;
    }
    expect_golden("proof/leaves.ndjson", leaves);
}

TEST(Golden, BatchInAllItsForms) {
    const sample::Log log;
    const auto& records = log.records();
    expect_golden("proof/batch.ndjson", to_ndjson(log.submit(), records));
    expect_golden("proof/container.hex", to_hex(to_container(log.submit().payload, records)));
    const StoredCommand stored{.envelope = log.submit(), .attachment = to_attachment(records)};
    expect_golden("proof/stored.hex", to_hex(to_stored(stored)));
    expect_golden("proof/signature_header.txt", to_signature_header(log.submit().signatures));
}

TEST(Golden, BlockHeader) {
    const sample::Log log;
    const std::vector<Bytes> commands{
        to_stored({.envelope = log.submit(), .attachment = to_attachment(log.records())})
    };
    BlockHeader header;
    header.kind = BlockKind::commands;
    header.ledger = log.ledger();
    header.term = 2;
    header.index = 3;
    header.time_ms = sample::time_ms;
    header.leader = log.member(2).log.id();
    header.membership = 1;
    header.command_count = 1;
    header.body_bytes = static_cast<std::uint32_t>(to_body(commands).size());
    header.prev_hash = sample::filled<Hash>('v');
    header.body_root = body_root(commands);
    header.claim_index = 2;
    header.claim_size = 1;
    header.claim_root = leaf_hash(log.leaves().front());
    sign_header(header, log.member(2).log);
    expect_golden("proof/header.hex", to_hex(encode_header(header)));
}

TEST(Golden, ReceiptsCertificateAndTlogProof) {
    const sample::Log log;
    expect_golden("proof/record_receipt.json", to_text(log.record_receipt()));
    expect_golden("proof/reservation_receipt.json", to_text(log.reservation_receipt()));
    expect_golden("proof/saved.tlog-proof", to_saved_text(log.record_receipt()));
    const Certificate certificate{{log.record_receipt(), log.attest_receipt()}};
    expect_golden("proof/certificate.json", to_text(certificate));
    const auto verdicts = verify_certificate(certificate, log.pinned(), log.keys());
    ASSERT_TRUE(verdicts) << verdicts.error().detail;
    EXPECT_EQ(verdicts->back().standing, Standing::certified);
}

TEST(Golden, EvidenceOfAFork) {
    const sample::Log log;
    const Checkpoint other{.origin = std::string(sample::origin), .size = 4, .root = {}};
    Note forked{.text = to_text(other), .lines = {sign_checkpoint(other, log.member(2).log)}};
    const CheckpointFork fork{log.note(), to_text(forked), {}, {}};
    expect_golden("proof/evidence.json", to_text(fork));
    const std::vector<NoteKey> known{log_key(sample::origin, log.member(2).log.public_key())};
    ASSERT_TRUE(convict(fork, known));
    EXPECT_EQ(*convict(*read_evidence(to_text(fork)), known), known);
}

}  // namespace
}  // namespace tanji::ledger
