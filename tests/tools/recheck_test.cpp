#include "ledger/command/batch.h"
#include "ledger/methodology/evaluate.h"
#include "tests/tools/points_fixture.h"
#include "tools/documents.h"

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A node that keeps one batch of five golden rides, and says about it what a test wants.
class RecheckTest : public PointsTest {
protected:
    static constexpr const char* batch = redemption;

    RecheckTest() {
        const std::string lines = golden("citibike.records.ndjson");
        for (std::string_view left = lines; records.size() < 5 && !left.empty();) {
            const std::string_view line = left.substr(0, left.find('\n'));
            left.remove_prefix(line.size() + 1);
            records.push_back(*ledger::read_record(line));
        }
        const auto methodology = load_methodology(nullptr, golden_file("bike.json"));
        const auto factors = load_factors(nullptr, golden_file("factors.json"));
        ledger::Evaluator evaluator(*methodology, *factors);
        for (const ledger::Record& record : records) {
            const ledger::RecordInputs inputs{
                .inputs = record.inputs,
                .keys = record.keys,
                .quality = static_cast<char>(record.quality),
                .day = ledger::local_day(record.end, methodology->utc_offset_minutes),
            };
            micrograms.push_back(evaluator.evaluate(inputs)->micrograms);
            outcomes.emplace_back("counted");
            reduction += micrograms.back();
        }
        root = ledger::records_root(records);
        digests = {methodology->digest, factors->digest()};
    }

    void keep_batch() {
        objects = {
            {"/v1/methodologies/bike-test@1", golden("bike.json")},
            {"/v1/factors/factors-test@1", golden("factors.json")},
            {target(""), header_json()},
            {target("/records"), records_json()},
            {target("/sample"), sample_json()},
        };
    }
    int attest(const std::vector<std::string>& more = {"--accept"}) {
        keep_batch();
        std::vector<std::string> words{
            "attest", batch, "-y", "--token-file", write("token", "tm1.x.y")
        };
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    std::vector<ledger::Record> records;
    std::vector<ledger::Int128> micrograms;
    std::vector<std::string> outcomes;
    ledger::Int128 reduction = 0;
    ledger::Hash root;
    std::pair<ledger::Hash, ledger::Hash> digests;
    std::uint32_t sample_moved = 0;

private:
    static std::string target(std::string_view more) {
        return fmt::format("/v1/activities/{}{}", batch, more);
    }
    std::string header_json() const {
        return fmt::format(
            R"({{"id":"{}","state":"submitted","header":{{"provider":"bike","count":{},)"
            R"("methodology":"bike-test@1","methodology_digest":"{}",)"
            R"("factors":"factors-test@1","factors_digest":"{}","reduction_ug":"{}",)"
            R"("records_root":"{}"}}}})",
            batch,
            records.size(),
            digests.first.hex(),
            digests.second.hex(),
            ledger::to_text(reduction),
            root.hex()
        );
    }
    std::string records_json() const {
        std::string lines;
        for (std::size_t i = 0; i < records.size(); ++i) {
            lines += fmt::format(
                "{{\"index\":{},\"record\":{},\"result\":{{\"outcome\":\"{}\",\"ug\":\"{}\"}}}}\n",
                i,
                ledger::to_text(records[i]),
                outcomes[i],
                ledger::to_text(micrograms[i])
            );
        }
        return lines;
    }
    std::string sample_json() const {
        const ledger::Hash tree = ledger::sha256("tree");
        const auto count = static_cast<std::uint32_t>(records.size());
        const auto seed = ledger::sampling_seed(*ledger::CommandId::from_hex(batch), 7, tree);
        std::string drawn;
        for (const std::uint32_t index : ledger::draw_sample(seed, count, count)) {
            drawn += fmt::format(
                "{}{}", drawn.empty() ? "" : ",", (index + sample_moved) % records.size()
            );
        }
        return fmt::format(
            R"({{"size":7,"root":"{}","count":{},"records":[{}]}})", tree.hex(), count, drawn
        );
    }
};

TEST_F(RecheckTest, AVerdictFollowsARecomputationThatAgrees) {
    EXPECT_EQ(attest(), 0) << err.str();
    EXPECT_THAT(only_command(), HasSubstr("activity.attest {\"batch\""));
    EXPECT_THAT(only_command(), HasSubstr("\"sampled\":5"));
    EXPECT_THAT(err.str(), HasSubstr("5 records recomputed, 0 differ; 5 are the sample"));
    EXPECT_THAT(err.str(), HasSubstr("g recomputed"));
}

TEST_F(RecheckTest, OneMicrogramTooManyIsShownAndNotSigned) {
    micrograms[2] += 1;
    EXPECT_EQ(attest(), 4);
    EXPECT_THAT(sent(), IsEmpty());
    EXPECT_THAT(err.str(), HasSubstr("5 records recomputed, 1 differ"));
    EXPECT_THAT(err.str(), HasSubstr("1 µg"));
}

TEST_F(RecheckTest, WhatDiffersMayBeExcepted) {
    micrograms[2] += 1;
    EXPECT_EQ(attest({"--except", "1,3-4"}), 4);
    EXPECT_EQ(attest({"--except", "1-2"}), 0) << err.str();
    EXPECT_THAT(only_command(), HasSubstr("\"except\":[[1,2]]"));
}

TEST_F(RecheckTest, CapsAndEventsMayMakeLessOfARecordButNotMore) {
    outcomes[0] = "capped";
    micrograms[0] = 0;
    outcomes[1] = "cut";
    micrograms[1] -= 1;
    outcomes[3] = "conflict";
    micrograms[3] = 0;
    EXPECT_EQ(attest(), 0) << err.str();
    outcomes[1] = "capped";
    EXPECT_EQ(attest(), 4);
    EXPECT_THAT(sent(), SizeIs(1));
}

TEST_F(RecheckTest, RecordsThatWereNotSignedAreNotAttested) {
    records[4].salt = *ledger::Salt::from(std::string(ledger::Salt::length, 'x'));
    EXPECT_EQ(attest(), 4);
    EXPECT_THAT(err.str(), HasSubstr("✗ the records are those that the provider signed"));
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RecheckTest, AnotherMethodologyThanThatWhichWasSignedIsNoticed) {
    digests.first = ledger::sha256("another");
    EXPECT_EQ(attest(), 4);
    EXPECT_THAT(err.str(), HasSubstr("✗ methodology and factors"));
}

TEST_F(RecheckTest, ASampleThatTheSeedDoesNotGiveIsNotLookedAt) {
    sample_moved = 1;
    EXPECT_EQ(attest(), 4);
    EXPECT_THAT(err.str(), HasSubstr("another sample"));
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RecheckTest, ARejectionNeedsNoRecomputation) {
    micrograms[2] += 1;
    EXPECT_EQ(attest({"--reject", "--reason", "evidence"}), 0);
    EXPECT_THAT(only_command(), HasSubstr("\"verdict\":\"reject\""));
}

TEST_F(RecheckTest, WithoutATokenItSaysThatNothingWasRecomputed) {
    keep_batch();
    EXPECT_EQ(run({"attest", batch, "--accept", "-y"}), 0);
    EXPECT_THAT(err.str(), HasSubstr("not recomputed"));
}

}  // namespace
}  // namespace tanji::tools
