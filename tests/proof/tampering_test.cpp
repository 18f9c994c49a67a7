#include "tests/proof/sample_log.h"

#include <gtest/gtest.h>

// Whoever changes a single byte of a proof does not get the same thing certified.
namespace tanji::ledger {
namespace {

// One changed bit per byte; which one moves along with the place.
std::string with_byte_changed(std::string text, std::size_t at) {
    text[at] = static_cast<char>(text[at] ^ (1 << (at % 7)));
    return text;
}

bool is_certified(const Result<Verdict>& verdict) {
    return verdict && verdict->standing == Standing::certified;
}

// What a receipt shows, without the two members that prove nothing.
std::string shown_by(Receipt receipt) {
    receipt.ledger = {};
    receipt.certified = false;
    return to_text(receipt);
}

void expect_every_change_found(const Receipt& original) {
    const sample::Log log;
    const Pinned pinned = log.pinned();
    const KnownKeys keys = log.keys();
    ASSERT_TRUE(is_certified(verify_receipt(original, pinned, keys)))
        << verify_receipt(original, pinned, keys).error().detail;
    const std::string text = to_text(original);
    Receipt without_parts = original;
    without_parts.parts.clear();
    std::size_t harmless = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto receipt = read_receipt(with_byte_changed(text, at));
        if (!receipt || !is_certified(verify_receipt(*receipt, pinned, keys))) {
            continue;
        }
        // `certified` is a hint, and an unknown member is read past: a receipt whose `ledger` is
        // named otherwise does not say, one whose `parts` is shows its leaf and no more.
        EXPECT_TRUE(
            shown_by(*receipt) == shown_by(original) ||
            shown_by(*receipt) == shown_by(without_parts)
        ) << "byte "
          << at << ": " << text.substr(at, 40);
        ++harmless;
    }
    // The names `ledger`, `certified` and `parts`; `true` has no neighbour that is JSON.
    EXPECT_LE(harmless, 6U + 9U + 5U);
}

TEST(Tampering, EveryByteOfARecordReceiptMatters) {
    expect_every_change_found(sample::Log().record_receipt());
}

TEST(Tampering, EveryByteOfAnAllocationReceiptMatters) {
    expect_every_change_found(sample::Log().attest_receipt());
}

// In a sealed command's envelope the base64 alphabets may be exchanged, and its unknown members are
// ignored: what it then says is the same, so such a receipt shows the same command.
TEST(Tampering, EveryByteOfAReservationReceiptMatters) {
    const sample::Log log;
    const Receipt original = log.reservation_receipt();
    const std::string text = to_text(original);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto receipt = read_receipt(with_byte_changed(text, at));
        if (!receipt || !is_certified(verify_receipt(*receipt, log.pinned(), log.keys()))) {
            continue;
        }
        EXPECT_EQ(receipt->leaf, original.leaf);
        EXPECT_EQ(receipt->proof, original.proof);
        for (const ReceiptPart& part : receipt->parts) {
            if (part.kind == ReceiptPart::Kind::command) {
                EXPECT_EQ(
                    read_envelope(part.envelope)->payload,
                    read_envelope(original.parts[0].envelope)->payload
                ) << "byte "
                  << at;
            } else {
                EXPECT_EQ(part.account, original.parts[1].account) << "byte " << at;
            }
        }
    }
}

TEST(Tampering, NoByteOfATlogProofCanBeChangedAndStayCertified) {
    const sample::Log log;
    const Pinned pinned = log.pinned();
    const KnownKeys keys = log.keys();
    const std::string proof = log.record_receipt().proof;
    const std::string& leaf = log.leaves()[1];
    ASSERT_TRUE(is_certified(verify_log_proof(proof, leaf, pinned, keys)));
    for (std::size_t at = 0; at < proof.size(); ++at) {
        for (const int bit : {0, 5}) {
            std::string changed = proof;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            // With exactly q cosignatures, a line that no longer names a known key is one too few.
            EXPECT_FALSE(is_certified(verify_log_proof(changed, leaf, pinned, keys)))
                << "byte " << at << ", bit " << bit;
        }
    }
    for (std::size_t length = 0; length < proof.size(); ++length) {
        EXPECT_FALSE(is_certified(verify_log_proof(proof.substr(0, length), leaf, pinned, keys)));
    }
}

TEST(Tampering, NoByteOfASavedReceiptCanBeChangedAndShowSomethingElse) {
    const sample::Log log;
    const Pinned pinned = log.pinned();
    const KnownKeys keys = log.keys();
    const Receipt original = log.record_receipt();
    const std::string text = to_saved_text(original);
    Receipt without_parts = original;
    without_parts.parts.clear();
    ASSERT_TRUE(is_certified(verify_receipt(*read_saved_receipt(text), pinned, keys)));
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto receipt = read_saved_receipt(with_byte_changed(text, at));
        if (receipt && is_certified(verify_receipt(*receipt, pinned, keys))) {
            EXPECT_TRUE(
                shown_by(*receipt) == shown_by(original) ||
                shown_by(*receipt) == shown_by(without_parts)
            ) << "byte "
              << at;
        }
    }
}

TEST(Tampering, NoByteOfALeafCanBeChanged) {
    const sample::Log log;
    Receipt receipt = log.record_receipt();
    const std::string leaf = receipt.leaf;
    for (std::size_t at = 0; at < leaf.size(); ++at) {
        receipt.leaf = with_byte_changed(leaf, at);
        const auto verdict = verify_receipt(receipt, log.pinned(), log.keys());
        ASSERT_FALSE(verdict);
        EXPECT_EQ(verdict.error().reason, "path");
    }
}

TEST(Tampering, AReceiptOfAnotherLedgerOrOriginIsRefused) {
    const sample::Log log;
    Pinned other = log.pinned();
    other.ledger = sample::filled<Hash>('x');
    const auto verdict = verify_receipt(log.record_receipt(), other, log.keys());
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().reason, "ledger");
    Receipt silent = log.record_receipt();
    silent.ledger = {};
    EXPECT_EQ(verify_receipt(silent, other, log.keys()).error().reason, "payload");
    silent = log.receipt(0, {});
    silent.ledger = {};
    EXPECT_EQ(verify_receipt(silent, other, log.keys()).error().reason, "genesis");
    other = log.pinned();
    other.origin = "tanji.test/other";
    EXPECT_EQ(verify_receipt(log.record_receipt(), other, log.keys()).error().reason, "origin");
}

}  // namespace
}  // namespace tanji::ledger
