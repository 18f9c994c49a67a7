#include "ledger/leader_fault.h"

#include "ledger/decoded_block.h"
#include "tests/proof/evidence_samples.h"
#include "tests/support/vectors.h"

#include <array>

#include <gtest/gtest.h>

namespace tanji::ledger {
namespace {

const sample::Log& sample_log() {
    static const sample::Log log;
    return log;
}

std::optional<PublicKey> key_of(const KeyId& id) {
    return sample_log().keys()(id);
}

// A whole, good command of metro: its submit.
StoredCommand good_command() {
    return {.envelope = sample_log().submit(), .attachment = to_attachment(sample_log().records())};
}

Bytes signed_by_metro(const std::string& payload) {
    const std::array keys{&sample_log().member(2).command};
    return to_stored({.envelope = sign_command(payload, keys), .attachment = {}});
}

Bytes block_of(const std::vector<Bytes>& commands) {
    return encode_block(sample::header_of(sample_log(), 1, sample::time_ms, commands), commands);
}

// The code that is proven of that command by the log key of mall (member 1), who sealed it; empty
// if nothing is.
std::string proven(const Bytes& command) {
    const auto block = block_of({"one before", command});
    const auto fault = find_leader_fault(block, 1, key_of);
    if (!fault) {
        return {};
    }
    const auto read = read_evidence(to_text(*fault));
    const auto guilty = convict(*read, sample::known_keys(sample_log()), failed_test);
    EXPECT_TRUE(guilty) << guilty.error().detail;
    EXPECT_EQ(*guilty, std::vector{sample::log_key_of(sample_log(), 1)});
    return fault->code;
}

TEST(LeaderFault, AnHonestCommandConvictsNobody) {
    EXPECT_EQ(proven(to_stored(good_command())), "");
}

TEST(LeaderFault, ABadSignatureOfAKnownKeyIsProven) {
    auto stored = good_command();
    stored.envelope.signatures.front().sig.bytes[3] ^= 1;
    EXPECT_EQ(proven(to_stored(stored)), "signature_invalid");
}

TEST(LeaderFault, AnUnknownKeyIsForTheLogToSay) {
    auto stored = good_command();
    stored.envelope.signatures.front().keyid.bytes[3] ^= 1;
    EXPECT_EQ(proven(to_stored(stored)), "");
}

TEST(LeaderFault, WhatIsNoCommandIsProven) {
    EXPECT_EQ(proven("not a stored command"), "command_malformed");
    EXPECT_EQ(proven(signed_by_metro("{}")), "command_malformed");
}

TEST(LeaderFault, ACommandForAnotherLedgerIsProven) {
    auto stored = good_command();
    std::string& payload = stored.envelope.payload;
    const std::string ours = sample_log().ledger().hex();
    payload.replace(payload.find(ours), ours.size(), std::string(64, '1'));
    EXPECT_EQ(proven(to_stored(stored)), "wrong_ledger");
}

TEST(LeaderFault, ATypeThatALaterProgramMayKnowIsNoProof) {
    auto stored = good_command();
    std::string& payload = stored.envelope.payload;
    payload.replace(payload.find("activity.submit"), 15, "activity.praise");
    EXPECT_EQ(proven(to_stored(stored)), "");
}

TEST(LeaderFault, AKeyThatSignedNothingProvesNothing) {
    auto fault = sample::bad_signature(sample_log());
    EXPECT_EQ(failed_test(fault), "signature_invalid");
    fault.keys = {sample_log().member(1).command.public_key()};
    EXPECT_EQ(failed_test(fault), "");
    fault.keys = {sample_log().member(2).command.public_key(), fault.keys[0]};
    EXPECT_EQ(failed_test(fault), "");
    fault.keys.clear();
    EXPECT_EQ(failed_test(fault), "");
}

TEST(LeaderFault, WhatDoesNotFitIntoEvidenceIsNotWritten) {
    EXPECT_FALSE(find_leader_fault(block_of({Bytes(900'000, 'x')}), 0, key_of));
    EXPECT_TRUE(find_leader_fault(block_of({Bytes(600'000, 'x')}), 0, key_of));
}

TEST(LeaderFault, TheGoldenFileConvictsAndNoFlippedByteOfItDoes) {
    const auto text = tests::read_file(
        std::filesystem::path(TANJI_TEST_DATA) / "golden/evidence/leader-fault.json"
    );
    ASSERT_TRUE(text);
    const auto known = sample::known_keys(sample_log());
    ASSERT_EQ(convict(*read_evidence(*text), known, failed_test)->size(), 1);
    for (std::size_t i = 0; i < text->size(); ++i) {
        for (const int flip : {0x01, 0x20}) {
            std::string flipped = *text;
            flipped[i] = static_cast<char>(flipped[i] ^ flip);
            const auto read = read_evidence(flipped);
            EXPECT_FALSE(read && convict(*read, known, failed_test)) << i;
        }
    }
}

}  // namespace
}  // namespace tanji::ledger
