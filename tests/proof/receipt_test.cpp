#include "ledger/proof/receipt.h"

#include "ledger/command/verification.h"
#include "tests/support/vectors.h"

#include <map>

namespace tanji::ledger {
namespace {

using tests::Json;

struct Desk {
    Pinned pinned;
    KnownKeys keys;
};

Desk desk_of(const Json& vectors) {
    std::map<KeyId, PublicKey> known;
    for (const auto& key : vectors["keys"].each()) {
        known[*KeyId::from_hex(key["keyid"].text())] = *PublicKey::from_hex(key["public"].text());
    }
    return {
        .pinned =
            {
                .origin = vectors["origin"].text(),
                .ledger = vectors["ledger"].hash(),
                .policies = {{.from = 0, .policy = Policy::parse(vectors["policy"].text()).value()}
                },
            },
        .keys =
            [known](const KeyId& id) {
                const auto found = known.find(id);
                return found == known.end() ? std::nullopt : std::optional(found->second);
            },
    };
}

std::string standing_of(const Result<Verdict>& verdict) {
    return verdict ? std::string(name_of(verdict->standing)) : "invalid";
}

TEST(Receipt, DecidesEveryReceiptOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/receipt.json");
    const Desk desk = desk_of(vectors);
    for (const auto& one : vectors["receipts"].each()) {
        const auto receipt = read_receipt(to_canonical_text(one["receipt"].value()));
        const auto verdict = receipt ? verify_receipt(*receipt, desk.pinned, desk.keys)
                                     : Result<Verdict>(std::unexpected(receipt.error()));
        EXPECT_EQ(standing_of(verdict), one["expect"].text())
            << one["name"].text() << (verdict ? "" : ": " + verdict.error().detail);
        if (!verdict) {
            EXPECT_FALSE(verdict.error().detail.empty());
            continue;
        }
        EXPECT_GE(verdict->steps.size(), 4 + receipt->parts.size());
        const auto again = read_receipt(to_text(*receipt));
        ASSERT_TRUE(again);
        EXPECT_EQ(to_text(*again), to_text(*receipt));
        const auto saved = read_saved_receipt(to_saved_text(*receipt));
        ASSERT_TRUE(saved) << saved.error().detail;
        EXPECT_EQ(
            standing_of(verify_receipt(*saved, desk.pinned, desk.keys)), one["expect"].text()
        );
        EXPECT_EQ(saved->parts.size(), receipt->parts.size());
    }
}

TEST(Receipt, ACertificateHoldsForItsBatchAndAccountOnly) {
    TANJI_VECTORS(vectors, "vectors/tanji/receipt.json");
    const Desk desk = desk_of(vectors);
    const auto certificate = read_certificate(to_canonical_text(vectors["certificate"].value()));
    ASSERT_TRUE(certificate) << certificate.error().detail;
    const auto verdicts = verify_certificate(*certificate, desk.pinned, desk.keys);
    ASSERT_TRUE(verdicts) << verdicts.error().detail;
    EXPECT_EQ(verdicts->front().standing, Standing::certified);
    EXPECT_EQ(to_text(*read_certificate(to_text(*certificate))), to_text(*certificate));

    Certificate turned = *certificate;
    std::swap(turned.receipts[0], turned.receipts[1]);
    EXPECT_FALSE(verify_certificate(turned, desk.pinned, desk.keys));
    Certificate without_record = *certificate;
    without_record.receipts[0].parts.clear();
    EXPECT_FALSE(verify_certificate(without_record, desk.pinned, desk.keys));
    Certificate half = *certificate;
    half.receipts.pop_back();
    EXPECT_FALSE(verify_certificate(half, desk.pinned, desk.keys));
}

TEST(Receipt, DecidesEveryTlogProofOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/receipt.json");
    const Desk desk = desk_of(vectors);
    for (const auto& one : vectors["tlog_proofs"].each()) {
        const std::string& text = one["text"].text();
        // A file that is complete in itself; else the leaf is known from somewhere.
        const auto saved = read_saved_receipt(text);
        const auto verdict =
            saved ? verify_receipt(*saved, desk.pinned, desk.keys)
                  : verify_log_proof(text, one["leaf"].text(), desk.pinned, desk.keys);
        EXPECT_EQ(standing_of(verdict), one["expect"].text()) << one["name"].text();
        if (const auto proof = parse_log_proof(text)) {
            EXPECT_EQ(to_text(*proof), text) << one["name"].text();
        }
    }
}

TEST(Receipt, IsNotReadBeyondItsLimit) {
    const std::string long_leaf(receipt_bytes_max, 'x');
    const auto receipt = read_receipt("{\"receipt\":1,\"leaf\":\"" + long_leaf + "\"}");
    ASSERT_FALSE(receipt);
    EXPECT_NE(receipt.error().detail.find("131072"), std::string::npos);
}

}  // namespace
}  // namespace tanji::ledger
