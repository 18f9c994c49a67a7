#include "ledger/value/json.h"
#include "tests/tools/desk_fixture.h"
#include "tools/subcommands.h"

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

// The golden evidence files are about the sample log, whose policy lies beside them.
class VerifyEvidenceTest : public DeskTest {
protected:
    VerifyEvidenceTest() {
        tool.policy_file = std::string(TANJI_TEST_DATA) + "/golden/proof/policy.txt";
    }

    static std::string evidence_file(const std::string& kind) {
        return std::string(TANJI_TEST_DATA) + "/golden/evidence/" + kind + ".json";
    }
    Attempt<void> verify(const std::string& file, bool as_evidence = true) {
        VerifyOptions options;
        options.files = {file};
        if (as_evidence) {
            options.files.insert(options.files.begin(), "evidence");
        }
        out.str("");
        return verify_files(tool, options);
    }
};

TEST_F(VerifyEvidenceTest, EachGoldenFileProvesWhoIsGuilty) {
    for (const std::string kind :
         {"block-fork", "checkpoint-fork", "leader-fault", "certificate-conflict"}) {
        for (const bool named : {true, false}) {
            const auto verified = verify(evidence_file(kind), named);
            EXPECT_TRUE(verified) << kind << ": " << verified.error().sentence;
            EXPECT_THAT(out.str(), HasSubstr("tanji.test/sample+")) << kind;
        }
    }
}

TEST_F(VerifyEvidenceTest, CosignersAreNamedAndThoseWhoSignedOneSideAreNot) {
    ASSERT_TRUE(verify(evidence_file("checkpoint-fork")));
    for (const std::string member : {"bike", "mall", "power"}) {
        EXPECT_THAT(out.str(), HasSubstr("tanji.test/sample/" + member + "+"));
    }
    EXPECT_THAT(out.str(), Not(HasSubstr("tanji.test/sample/metro+")));
}

TEST_F(VerifyEvidenceTest, AWrongRootNeedsTheLog) {
    const auto verified = verify(evidence_file("wrong-root"));
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().exit, Exit::unproven);
    EXPECT_THAT(verified.error().sentence, HasSubstr("tanji audit"));
}

TEST_F(VerifyEvidenceTest, WhatProvesNothingEndsWithFour) {
    const auto good = read(evidence_file("block-fork"));
    auto bad = good;
    bad[bad.size() / 2] = bad[bad.size() / 2] == 'A' ? 'B' : 'A';
    for (const std::string& text : {bad, std::string("{}"), std::string(), std::string("hello")}) {
        const auto verified = verify(write("bad", text));
        ASSERT_FALSE(verified) << text;
        EXPECT_EQ(verified.error().exit, Exit::unproven) << text;
    }
    tool.policy_file = golden_file("policy.txt");
    const auto strangers = verify(evidence_file("block-fork"));
    ASSERT_FALSE(strangers) << "keys of another log";
    EXPECT_EQ(strangers.error().exit, Exit::unproven);
}

TEST_F(VerifyEvidenceTest, TheJsonNamesTheKindAndTheGuilty) {
    tool.json = true;
    ASSERT_TRUE(verify(evidence_file("block-fork")));
    const auto printed = ledger::parse_json(out.str());
    ASSERT_TRUE(printed) << out.str();
    EXPECT_EQ(*printed->find("kind")->string(), "block-fork");
    EXPECT_EQ(printed->find("guilty")->array()->size(), 1);
}

}  // namespace
}  // namespace tanji::tools
