#include "ledger/command/verification.h"
#include "ledger/value/json.h"
#include "tests/tools/desk_fixture.h"
#include "tools/subcommands.h"

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::HasSubstr;

class VerifyTest : public DeskTest {
protected:
    Attempt<void> verify(std::string_view bytes, bool committed = false) {
        VerifyOptions options;
        options.files = {write("file", bytes)};
        options.committed = committed;
        return verify_files(tool, options);
    }
    void trust_policy() { tool.policy_file = golden_file("policy.txt"); }
    void trust_genesis_file() { tool.policy_file = golden_file("genesis.json"); }
};

TEST_F(VerifyTest, TheGoldenReceiptIsProvenByItsPolicyAlone) {
    trust_policy();
    const auto verified = verify(golden("receipt.json"));
    EXPECT_TRUE(verified) << verified.error().sentence;
    EXPECT_THAT(out.str(), HasSubstr("✓"));
}

TEST_F(VerifyTest, NothingIsProvenWithoutAPolicyOrAPin) {
    const auto verified = verify(golden("receipt.json"));
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().exit, Exit::usage);
    EXPECT_THAT(verified.error().sentence, HasSubstr("tanji trust add"));
}

TEST_F(VerifyTest, APinnedGenesisIsEnough) {
    ASSERT_TRUE(add_trust(tool, {golden_file("genesis.json")}));
    const auto verified = verify(golden("receipt.json"));
    EXPECT_TRUE(verified) << verified.error().sentence;
}

// Every bit is flipped in turn, one in each byte.
TEST_F(VerifyTest, NoByteOfAReceiptCanChangeUnnoticed) {
    trust_genesis_file();
    const std::string good = golden("receipt.json");
    ASSERT_TRUE(verify(good));
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
        const auto verified = verify(bad);
        ASSERT_FALSE(verified) << "byte " << i << ": " << bad.substr(i > 20 ? i - 20 : 0, 40);
        EXPECT_EQ(verified.error().exit, Exit::unproven) << i << verified.error().sentence;
        EXPECT_FALSE(verified.error().sentence.empty());
    }
}

TEST_F(VerifyTest, OneByteOfThePolicyLessAndTheQuorumIsMissed) {
    std::string policy = golden("policy.txt");
    const std::size_t witness = policy.find("witness metro");
    policy.erase(witness, policy.find('\n', witness) + 1 - witness);
    const std::size_t member = policy.find(" metro", policy.find("group"));
    policy.erase(member, 6);
    tool.policy_file = write("policy", policy);
    const auto verified = verify(golden("receipt.json"));
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().exit, Exit::unproven);
}

TEST_F(VerifyTest, WhatIsNoReceiptIsNotProven) {
    trust_policy();
    for (const std::string_view bytes : {"", "{}", "[]", "{\"receipt\":2}", "hello"}) {
        const auto verified = verify(bytes);
        ASSERT_FALSE(verified) << bytes;
        EXPECT_EQ(verified.error().exit, Exit::unproven) << bytes;
    }
}

#ifdef TANJI_SHARED_DATA
// The vectors keep receipts inside a larger document; their own bytes are written out again.
class VectorTest : public VerifyTest {
protected:
    void SetUp() override {
        const std::string text =
            read(std::string(TANJI_SHARED_DATA) + "/vectors/tanji/receipt.json");
        if (text.empty()) {
            GTEST_SKIP() << "no vectors beside the project";
        }
        auto value = ledger::parse_tolerant_json(text);
        ASSERT_TRUE(value) << value.error().detail;
        vectors_ = std::move(*value);
        tool.policy_file = write("policy.txt", *vectors_.find("policy")->string());
    }
    ledger::JsonValue vectors_;
};

TEST_F(VectorTest, EveryReceiptHasTheVerdictOfTheVectors) {
    std::size_t tried = 0;
    for (const ledger::JsonValue& entry : *vectors_.find("receipts")->array()) {
        const std::string& name = *entry.find("name")->string();
        const std::string& expected = *entry.find("expect")->string();
        const std::string bytes = ledger::to_canonical_text(*entry.find("receipt"));
        if (name == "command signature wrong") {
            continue;  // by an account's key, which no policy knows; tests/proof has it
        }
        if (name == "another ledger id with the genesis leaf" || expected == "invalid") {
            EXPECT_FALSE(verify(bytes, true)) << name;
        } else if (expected == "committed") {
            EXPECT_FALSE(verify(bytes)) << name;
            const bool claims_more =
                entry.find("receipt")->find("certified")->boolean() != nullptr &&
                *entry.find("receipt")->find("certified")->boolean();
            EXPECT_EQ(verify(bytes, true).has_value(), !claims_more) << name;
        } else {
            const auto verified = verify(bytes);
            EXPECT_TRUE(verified) << name << ": " << verified.error().sentence;
        }
        ++tried;
    }
    EXPECT_GE(tried, 40U);
}

TEST_F(VectorTest, TheCertificateIsProvenAndWithOneReceiptExchangedItIsNot) {
    const std::string good = ledger::to_canonical_text(*vectors_.find("certificate"));
    const auto verified = verify(good);
    EXPECT_TRUE(verified) << verified.error().sentence;
    std::string bad = good;
    const std::size_t grams = bad.find("\\\"grams\\\":");
    if (grams != std::string::npos) {
        bad[grams + 11] = bad[grams + 11] == '9' ? '8' : '9';
        EXPECT_FALSE(verify(bad));
    }
}
#endif

}  // namespace
}  // namespace tanji::tools
