#include "ledger/proof/evidence.h"

#include "tests/proof/evidence_samples.h"
#include "tests/support/vectors.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tanji::ledger {
namespace {

using sample::cosign_key_of;
using sample::log_key_of;
using tests::expect_golden;

const sample::Log& sample_log() {
    static const sample::Log log;
    return log;
}

const std::vector<NoteKey>& known() {
    static const std::vector<NoteKey> keys = sample::known_keys(sample_log());
    return keys;
}

std::string of_signature(const LeaderFault&) {
    return "signature_invalid";
}

// The guilty, or why there are none.
std::vector<NoteKey> guilty(const Evidence& evidence) {
    return convict(evidence, known(), of_signature).value_or(std::vector<NoteKey>{});
}
std::string why_not(const Evidence& evidence) {
    const auto verdict = convict(evidence, known(), of_signature);
    return verdict ? "" : verdict.error().detail;
}

std::vector<Evidence> samples() {
    const sample::Log& log = sample_log();
    return {
        sample::block_fork(log),
        sample::prefix_fork(log, {0, 1, 3}),
        sample::bad_signature(log),
        sample::conflict(log, {0, 1, 3}),
    };
}

// --- block-fork ---

TEST(BlockFork, ConvictsTheLeaderWhoSignedTwoBlocksAtOnePlace) {
    EXPECT_EQ(guilty(sample::block_fork(sample_log())), std::vector{log_key_of(sample_log(), 2)});
}

TEST(BlockFork, TwoPlacesOrTwoLeadersAreNoFork) {
    const sample::Log& log = sample_log();
    const auto signed_again = [&](auto change) {
        BlockFork fork = sample::block_fork(log);
        change(fork.b);
        sign_header(fork.b, log.member(2).log);
        return guilty(fork_between(fork.a, fork.b));
    };
    EXPECT_FALSE(signed_again([](BlockHeader&) {}).empty());
    EXPECT_TRUE(signed_again([](BlockHeader& header) { header.index += 1; }).empty());
    EXPECT_TRUE(signed_again([](BlockHeader& header) { header.term += 1; }).empty());
    EXPECT_TRUE(signed_again([](BlockHeader& header) { header.ledger.bytes[0] ^= 1; }).empty());
    const BlockFork two_leaders =
        fork_between(sample::header_of(log, 1, 1, {}), sample::header_of(log, 2, 2, {}));
    EXPECT_TRUE(guilty(two_leaders).empty()) << "two keys in one term convict neither alone";
}

TEST(BlockFork, OneBlockTwiceOrAnUnknownKeyIsNoFork) {
    BlockFork fork = sample::block_fork(sample_log());
    EXPECT_FALSE(convict(fork, std::vector{cosign_key_of(sample_log(), 2)}));
    fork.b = fork.a;
    EXPECT_TRUE(guilty(fork).empty());
    // The same signed bytes under another signature would not be another block either.
    fork.b.signature.bytes[0] ^= 1;
    EXPECT_TRUE(guilty(fork).empty());
}

TEST(BlockFork, NobodyIsFramedByASignatureThatIsNotHis) {
    const sample::Log& log = sample_log();
    BlockFork fork = sample::block_fork(log);
    BlockHeader forged = fork.b;
    forged.signature = log.member(1).log.sign(pae(header_type, "anything"));
    fork.b = forged;
    EXPECT_TRUE(guilty(fork).empty());
}

// --- checkpoint-fork ---

TEST(CheckpointFork, ConvictsWhoSignedTwoRootsOfOneSize) {
    const sample::Log& log = sample_log();
    const auto forged = sample::first_of(sample::forged_leaves(log, 3), 4);
    const CheckpointFork fork{
        .a = sample::note_of(log, 2, log.leaf_hashes(), {0, 1, 3}),
        .b = sample::note_of(log, 1, forged, {1, 2, 3}),
        .prefix_root = {},
        .prefix_proof = {},
    };
    EXPECT_EQ(guilty(fork), (std::vector{cosign_key_of(log, 1), cosign_key_of(log, 3)}));
}

TEST(CheckpointFork, ConvictsWhoSignedATreeThatDoesNotBeginWithTheOtherOne) {
    const sample::Log& log = sample_log();
    EXPECT_EQ(
        guilty(sample::prefix_fork(log, {0})),
        (std::vector{cosign_key_of(log, 0), log_key_of(log, 2)})
    );
}

TEST(CheckpointFork, ATreeThatGrewConvictsNobody) {
    const sample::Log& log = sample_log();
    auto fork = sample::prefix_fork(log, {0});
    auto grown = log.leaf_hashes();
    grown.push_back(leaf_hash("later"));
    fork.b = sample::note_of(log, 2, grown, {0});
    EXPECT_TRUE(guilty(fork).empty()) << "the proof is of another tree";
    const NodeReader node = [&](int level, std::uint64_t index) {
        const auto width = std::size_t{1} << static_cast<unsigned>(level);
        return tree_root(std::span(grown).subspan(index * width, width));
    };
    fork.prefix_root = tree_root(log.leaf_hashes());
    fork.prefix_proof = consistency_proof(4, 5, node);
    EXPECT_EQ(why_not(fork), "the newer tree begins with the older one");
}

// --- certificate-conflict ---

TEST(CertificateConflict, ConvictsWhoSignedTwoLeavesIntoOnePlace) {
    const sample::Log& log = sample_log();
    EXPECT_EQ(
        guilty(sample::conflict(log, {1, 3})),
        (std::vector{cosign_key_of(log, 1), log_key_of(log, 2), cosign_key_of(log, 3)})
    );
}

TEST(CertificateConflict, TwoLeavesInTwoPlacesOrOneLeafTwiceIsNone) {
    const sample::Log& log = sample_log();
    auto moved = sample::conflict(log, {1});
    const auto leaves = sample::forged_leaves(log, 1);
    moved.b = to_text(LogProof{
        .extra = {},
        .index = 4,
        .path = inclusion_path(leaves, 4),
        .note = sample::note_of(log, 2, leaves, {1}),
    });
    moved.leaf_b = leaves[4];
    EXPECT_TRUE(guilty(moved).empty());
    auto same = sample::conflict(log, {1});
    same.b = same.a;
    same.leaf_b = same.leaf_a;
    EXPECT_TRUE(guilty(same).empty());
    auto invented = sample::conflict(log, {1});
    invented.leaf_b = leaf_hash("never there");
    EXPECT_TRUE(guilty(invented).empty()) << "a leaf that is in no tree";
}

// --- leader-fault ---

TEST(LeaderFault, ConvictsTheLeaderIfTheTestSaysTheSame) {
    const sample::Log& log = sample_log();
    const auto fault = sample::bad_signature(log);
    EXPECT_EQ(guilty(fault), std::vector{log_key_of(log, 1)});
    EXPECT_FALSE(convict(fault, known(), [](const LeaderFault&) { return std::string(); }));
    EXPECT_FALSE(convict(fault, known(), [](const LeaderFault&) { return "wrong_ledger"; }));
    const auto untested = convict(fault, known());
    ASSERT_FALSE(untested);
    EXPECT_EQ(untested.error().reason, "replay");
}

TEST(LeaderFault, ACommandThatIsNotInTheBlockConvictsNobody) {
    auto fault = sample::bad_signature(sample_log());
    fault.index = 2;
    EXPECT_TRUE(guilty(fault).empty()) << "another place";
    fault = sample::bad_signature(sample_log());
    fault.command.back() ^= 1;
    EXPECT_TRUE(guilty(fault).empty()) << "another command";
    fault = sample::bad_signature(sample_log());
    fault.header.command_count = 2;
    EXPECT_TRUE(guilty(fault).empty()) << "another header";
}

// --- wrong-root ---

TEST(WrongRoot, AccusesItsSignersAndConvictsNobodyWithoutTheLog) {
    const sample::Log& log = sample_log();
    WrongRoot wrong{.note = log.note(), .header = {}, .root = leaf_hash("by re-execution")};
    auto verdict = convict(wrong, known());
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().reason, "replay");
    EXPECT_EQ(accused(wrong, known())->size(), 4) << "metro's log key and three cosigners";
    wrong = {.note = {}, .header = sample::header_of(log, 3, 1, {}), .root = leaf_hash("x")};
    EXPECT_EQ(*accused(wrong, known()), std::vector{log_key_of(log, 3)});
    wrong.root = wrong.header->claim_root;
    EXPECT_FALSE(accused(wrong, known())) << "the claim is right";
}

// --- the form ---

TEST(Evidence, ReadsWhatItWritesByteForByte) {
    auto all = samples();
    all.push_back(WrongRoot{.note = sample_log().note(), .header = {}, .root = leaf_hash("x")});
    all.push_back(WrongRoot{
        .note = {}, .header = sample::header_of(sample_log(), 3, 1, {}), .root = leaf_hash("x")
    });
    for (const Evidence& evidence : all) {
        const std::string text = to_text(evidence);
        const auto read = read_evidence(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(to_text(*read), text);
        EXPECT_EQ(guilty(*read), guilty(evidence));
        EXPECT_TRUE(file_name(evidence).starts_with(std::string(kind_of(evidence)) + '-'));
        EXPECT_EQ(file_name(evidence).size(), kind_of(evidence).size() + 22);
        const auto subject = subject_of(evidence);
        EXPECT_TRUE(subject.origin == sample::origin || subject.ledger == sample_log().ledger());
    }
}

TEST(Evidence, RefusesUnknownKindsMembersAndSizes) {
    const std::string text = to_text(sample::block_fork(sample_log()));
    auto changed = text;
    changed.replace(changed.find("block-fork"), 10, "clock-fork");
    EXPECT_FALSE(read_evidence(changed));
    changed = text;
    changed.insert(changed.size() - 1, ",\"note\":\"\"");
    EXPECT_FALSE(read_evidence(changed));
    EXPECT_FALSE(read_evidence(text + std::string(evidence_bytes_max, ' ')));
    EXPECT_FALSE(read_evidence("{}"));
    EXPECT_FALSE(read_evidence(""));
}

TEST(Evidence, GoldenFiles) {
    const sample::Log& log = sample_log();
    expect_golden("evidence/block-fork.json", to_text(sample::block_fork(log)));
    expect_golden("evidence/checkpoint-fork.json", to_text(sample::prefix_fork(log, {0, 1, 3})));
    expect_golden("evidence/leader-fault.json", to_text(sample::bad_signature(log)));
    expect_golden("evidence/certificate-conflict.json", to_text(sample::conflict(log, {0, 1, 3})));
    expect_golden(
        "evidence/wrong-root.json",
        to_text(WrongRoot{.note = log.note(), .header = {}, .root = leaf_hash("by re-execution")})
    );
}

// Where one key is guilty, no flipped byte leaves a proof.
TEST(Evidence, WithAnyByteFlippedItProvesNothingAnyMore) {
    const sample::Log& log = sample_log();
    for (const Evidence& evidence :
         {Evidence(sample::block_fork(log)),
          Evidence(sample::prefix_fork(log, {})),
          Evidence(sample::conflict(log, {}))}) {
        const std::string text = to_text(evidence);
        ASSERT_EQ(guilty(*read_evidence(text)).size(), 1);
        for (std::size_t i = 0; i < text.size(); ++i) {
            for (const int flip : {0x01, 0x04, 0x20, 0x80}) {
                std::string flipped = text;
                flipped[i] = static_cast<char>(flipped[i] ^ flip);
                const auto read = read_evidence(flipped);
                EXPECT_FALSE(read && convict(*read, known()))
                    << kind_of(evidence) << ", byte " << i << ", bits " << flip;
            }
        }
    }
}

// Where several are guilty, a flipped byte may hide one of them; it never adds one, and never
// leaves the proof as it was.
TEST(Evidence, AFlippedByteNeverConvictsAnybodyElse) {
    for (const Evidence& evidence :
         {Evidence(sample::prefix_fork(sample_log(), {0, 1, 3})),
          Evidence(sample::conflict(sample_log(), {0, 1, 3}))}) {
        const std::string text = to_text(evidence);
        const auto before = guilty(evidence);
        ASSERT_EQ(before.size(), 4);
        for (std::size_t i = 0; i < text.size(); ++i) {
            std::string flipped = text;
            flipped[i] = static_cast<char>(flipped[i] ^ 1);
            const auto read = read_evidence(flipped);
            const auto after = read ? guilty(*read) : std::vector<NoteKey>{};
            EXPECT_LT(after.size(), before.size()) << i;
            EXPECT_TRUE(std::ranges::all_of(after, [&](const NoteKey& key) {
                return std::ranges::count(before, key) == 1;
            })) << i;
        }
    }
}

}  // namespace
}  // namespace tanji::ledger
