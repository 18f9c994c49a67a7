#include "ledger/replay.h"

#include "tests/tools/small_log.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::tools {
namespace {

using ledger::Leaf;
using ledger::Replay;
using testing::HasSubstr;

// The sentence about the first leaf that cannot be true, or nothing.
std::string first_lie(const SmallLog& log) {
    Replay replay(log.genesis());
    for (const Leaf& leaf : log.leaves) {
        if (const auto fed = replay.feed(leaf); !fed) {
            return fmt::format("leaf {}: {}", replay.leaves(), fed.error().detail);
        }
    }
    return {};
}

TEST(Replay, TheSmallLogAddsUp) {
    const SmallLog log;
    Replay replay(log.genesis());
    for (const Leaf& leaf : log.leaves) {
        ASSERT_TRUE(ledger::check_leaf(leaf, log.genesis())) << leaf.type;
        const auto read = ledger::read_leaf(ledger::to_text(leaf));
        ASSERT_TRUE(read) << read.error().detail;
        const auto fed = replay.feed(*read);
        ASSERT_TRUE(fed) << leaf.type << ": " << fed.error().detail;
    }
    EXPECT_EQ(replay.leaves(), 7U);
    EXPECT_EQ(replay.applied(), 6U);
    EXPECT_EQ(replay.records(), 3U);
    const ledger::ClassTotals& totals = replay.classes().at(std::string(SmallLog::batch_class));
    EXPECT_EQ(totals.issued, 950);
    EXPECT_EQ(totals.held, 431);
    EXPECT_EQ(totals.reserved, 19);
    EXPECT_EQ(totals.retired, 500);
    EXPECT_TRUE(totals.conserved());
    EXPECT_EQ(replay.batches().begin()->second.state, "issued");
}

struct Lie {
    std::string what;  // and part of the sentence that names it
    std::string sentence;
    std::function<void(SmallLog&)> plant;
};

const std::vector<Lie>& lies() {
    static const std::vector<Lie> all{
        {"more grams than were counted",
         "more than its records count",
         [](SmallLog& log) {
             log.leaves[4].effects.batch->issue->grams = 951;
             log.leaves[4].effects.batch->issue->last = 951;
             log.leaves[4].effects.credits[0].amount = 932;
         }},
        {"grams that are not booked",
         "it issues 949 grams and books 950",
         [](SmallLog& log) { log.leaves[4].effects.batch->issue->grams = 949; }},
        {"another reserve than is booked",
         "books",
         [](SmallLog& log) { log.leaves[4].effects.batch->issue->reserved = 18; }},
        {"serials with a gap",
         "do not follow",
         [](SmallLog& log) {
             log.leaves[4].effects.batch->issue->first = 2;
             log.leaves[4].effects.batch->issue->last = 951;
         }},
        {"credits of another class",
         "its batch is of",
         [](SmallLog& log) {
             for (auto& move : log.leaves[4].effects.credits) {
                 move.unit = "small:bike-test@1:US:2025";
             }
         }},
        {"an issue out of nothing",
         "without an attestation",
         [](SmallLog& log) { log.leaves[5].effects.credits[0].from = "issued"; }},
        {"a batch attested twice",
         "was issued already",
         [](SmallLog& log) {
             Leaf again = log.leaves[4];
             again.id.bytes.fill(99);
             again.effects.credits.clear();
             log.append(again);
         }},
        {"a provider that attests its own batch",
         "other than its provider",
         [](SmallLog& log) { log.leaves[4].signers = log.leaves[3].signers; }},
        {"a batch that its provider did not sign",
         "no key of its provider",
         [](SmallLog& log) { log.leaves[3].signers = log.leaves[4].signers; }},
        {"outcomes that do not add up",
         "outcomes of 3 records",
         [](SmallLog& log) { log.leaves[3].effects.counts->counted = 3; }},
        {"a conflict without a receipt",
         "receipts of them",
         [](SmallLog& log) { log.leaves[3].effects.conflicts.reset(); }},
        {"a methodology that was never published",
         "was not published with that digest",
         [](SmallLog& log) { log.leaves.erase(log.leaves.begin() + 1); }},
        {"a document with another digest",
         "has not the digest",
         [](SmallLog& log) { log.leaves[1].effects.document->digest.bytes[0] ^= 1; }},
        {"a document without enough governors",
         "governors signed it",
         [](SmallLog& log) { log.leaves[1].signers.pop_back(); }},
        {"a version that skips one",
         "is not the next version",
         [](SmallLog& log) { log.leaves[1].effects.document->ref = "bike-test@3"; }},
        {"more retired than was held",
         "leave held, where",
         [](SmallLog& log) { log.leaves[5].effects.credits[0].amount = 932; }},
        {"a retirement of other serials",
         "do not follow",
         [](SmallLog& log) { log.leaves[5].effects.retirement->last = 501; }},
        {"grams that come back from retirement",
         "nothing may move from retired to held",
         [](SmallLog& log) {
             log.leaves[5].effects.credits[0].from = "retired";
             log.leaves[5].effects.credits[0].to = "held";
         }},
        {"a refusal that changed something",
         "and yet it changed something",
         [](SmallLog& log) { log.leaves[6].effects = log.leaves[5].effects; }},
        {"one command twice",
         "has a leaf already",
         [](SmallLog& log) { log.leaves[6].id = log.leaves[5].id; }},
        {"time that goes back", "time ", [](SmallLog& log) { log.leaves[4].time -= 5'000; }},
        {"a block out of order", "comes after block", [](SmallLog& log) { log.leaves[4].block = 2; }
        },
        {"a place that is left out", "it says place 1", [](SmallLog& log) { log.leaves[4].pos = 1; }
        },
        {"a second genesis",
         "only genesis is the first leaf",
         [](SmallLog& log) { log.append(log.leaves[0]); }},
        {"another genesis file",
         "has not the digest that is the ledger's id",
         [](SmallLog& log) {
             ledger::JsonValue::Object members;
             members.push_back({"genesis", {log.genesis_file() + " "}});
             log.leaves[0].public_part = {std::move(members)};
         }},
        {"another policy",
         "does not follow from genesis",
         [](SmallLog& log) { log.leaves[0].effects.policy->digest.bytes[3] ^= 1; }},
    };
    return all;
}

TEST(Replay, EveryPlantedLieIsNamed) {
    ASSERT_EQ(first_lie(SmallLog()), "");
    for (const Lie& lie : lies()) {
        SmallLog log;
        lie.plant(log);
        EXPECT_THAT(first_lie(log), HasSubstr(lie.sentence)) << lie.what;
    }
}

TEST(Replay, ALeafIsBoundToItsPayloadAndItsSigners) {
    const SmallLog log;
    const Leaf& good = log.leaves[3];
    ASSERT_TRUE(ledger::check_leaf(good, log.genesis()));
    Leaf other_payload = good;
    other_payload.payload = log.leaves[4].payload;
    EXPECT_FALSE(ledger::check_leaf(other_payload, log.genesis()));
    Leaf other_signature = good;
    other_signature.signatures[0].bytes[10] ^= 1;
    EXPECT_FALSE(ledger::check_leaf(other_signature, log.genesis()));
    Leaf stranger = good;
    stranger.signers[0] = std::string(32, 'e');
    // A key that genesis does not name counts for nothing: the member that had to sign did not.
    EXPECT_TRUE(ledger::check_leaf(stranger, log.genesis()));
    Replay replay(log.genesis());
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(replay.feed(log.leaves[i]));
    }
    EXPECT_FALSE(replay.feed(stranger));
    Leaf too_early = good;
    too_early.time = 1;
    EXPECT_FALSE(ledger::check_leaf(too_early, log.genesis()));
}

}  // namespace
}  // namespace tanji::tools
