#include "ledger/proof/note.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/evidence.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/policy.h"
#include "ledger/proof/witness.h"
#include "ledger/value/crypto.h"
#include "tests/support/vectors.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

using tests::Json;

Pinned pinned_of(const Json& vectors) {
    auto policy = Policy::parse(vectors["policy"]["text"].text());
    EXPECT_TRUE(policy) << policy.error().detail;
    return {
        .origin = vectors["origin"].text(),
        .ledger = {},
        .policies = {{.from = 0, .policy = std::move(*policy)}},
    };
}

std::vector<PolicyVoter> voters_of(const Json& vectors) {
    std::vector<PolicyVoter> voters;
    for (const auto& key : vectors["keys"].each()) {
        voters.push_back({
            .member = key["member"].text(),
            .log = parse_vkey(key["log_vkey"].text()).value(),
            .cosign = parse_vkey(key["cosign_vkey"].text()).value(),
        });
    }
    return voters;
}

TEST(Note, KeysOfTheVectorsComeFromTheirSeeds) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    for (const auto& key : vectors["keys"].each()) {
        const auto log = SigningKey::from_seed(key["log_seed"].hex());
        const auto cosign = SigningKey::from_seed(key["cosign_seed"].hex());
        EXPECT_EQ(
            to_vkey(log_key(vectors["origin"].text(), log.public_key())), key["log_vkey"].text()
        );
        const std::string name = cosigner_name(vectors["origin"].text(), key["member"].text());
        EXPECT_EQ(name, key["cosign_name"].text());
        EXPECT_EQ(to_vkey(cosign_key(name, cosign.public_key())), key["cosign_vkey"].text());
        EXPECT_EQ(to_vkey(*parse_vkey(key["log_vkey"].text())), key["log_vkey"].text());
    }
}

TEST(Note, AVerifierKeyWithAnyDigitChangedIsRefused) {
    const std::string vkey =
        to_vkey(log_key("tanji.example/demo", SigningKey::from_seed(Bytes(32, 3)).public_key()));
    ASSERT_TRUE(parse_vkey(vkey));
    for (std::size_t i = 0; i < vkey.size(); ++i) {
        std::string changed = vkey;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(parse_vkey(changed)) << changed;
    }
    EXPECT_FALSE(parse_vkey(""));
    EXPECT_FALSE(parse_vkey(vkey + "="));
}

TEST(Note, IsSignedAndCosignedStepByStepAsInTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    const Json signing = vectors["signing"];
    std::vector<Hash> leaves;
    for (const auto& leaf : vectors["leaf_hashes"].each()) {
        leaves.push_back(leaf.hash());
    }
    const Checkpoint checkpoint{
        .origin = vectors["origin"].text(), .size = leaves.size(), .root = tree_root(leaves)
    };
    EXPECT_EQ(to_text(checkpoint), signing["body"].text());
    const std::string line =
        to_text(sign_checkpoint(checkpoint, SigningKey::from_seed(Bytes(32, 3))));
    EXPECT_EQ(line, signing["log_signature_line"].text());
    const std::uint64_t time_s = signing["timestamp"].number();
    EXPECT_EQ(cosignature_message(time_s, to_text(checkpoint)), signing["cosigned_message"].text());
    const NoteLine cosigned = cosign_checkpoint(
        checkpoint, checkpoint.origin + "/bike", SigningKey::from_seed(Bytes(32, 0x11)), time_s
    );
    EXPECT_EQ(to_text(cosigned), signing["cosignature_line"].text());
    EXPECT_EQ(cosigned_at(cosigned), time_s);
}

TEST(Note, DecidesEveryNoteOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    const Pinned pinned = pinned_of(vectors);
    const std::map<std::string, std::string> reasons{
        {"malformed", "note"},
        {"unknown_origin", "origin"},
        {"bad_signature", "signature"},
        {"no_log_signature", "log"},
    };
    for (const auto& one : vectors["notes"].each()) {
        const std::string bytes = one["note"].base64();
        const auto verdict = check_note(bytes, pinned);
        const std::string& expected = one["expect"].text();
        if (reasons.contains(expected)) {
            ASSERT_FALSE(verdict) << one["name"].text();
            EXPECT_EQ(verdict.error().reason, reasons.at(expected)) << one["name"].text();
        } else {
            ASSERT_TRUE(verdict) << one["name"].text() << ": " << verdict.error().detail;
            EXPECT_EQ(name_of(verdict->standing), expected) << one["name"].text();
            EXPECT_EQ(to_text(*parse_note(bytes)), bytes);
        }
    }
}

TEST(Note, APolicyHoldsFromItsSizeOn) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    Pinned pinned = pinned_of(vectors);
    const std::string note = vectors["notes"][0]["note"].base64();
    ASSERT_TRUE(check_note(note, pinned));
    pinned.policies.push_back({
        .from = 12,
        .policy = Policy::parse("quorum none\n").value(),
    });
    EXPECT_TRUE(check_note(note, pinned)) << "size 11 lies before the second policy";
    pinned.policies.back().from = 11;
    EXPECT_EQ(check_note(note, pinned).error().reason, "log");
    pinned.policies = {{.from = 12, .policy = pinned.policies.front().policy}};
    EXPECT_EQ(check_note(note, pinned).error().reason, "policy");
}

TEST(Policy, QuorumsAreThoseOfTheTable) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    for (const auto& row : vectors["quorums"].each()) {
        EXPECT_EQ(quorum(row["n"].number()), row["q"].number()) << row["n"].number();
    }
    EXPECT_EQ(quorum(4, 4), 4U);
    EXPECT_EQ(quorum(15, 3), 10U);
}

TEST(Policy, TextIsAFunctionOfTheVotersWhateverTheirOrder) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    auto voters = voters_of(vectors);
    std::ranges::reverse(voters);
    const std::string text = policy_text(1, 0, voters);
    EXPECT_EQ(text, vectors["policy"]["text"].text());
    EXPECT_EQ(sha256(text), vectors["policy"]["digest"].hash());
}

TEST(Policy, GroupsOfOrdinaryAndJointMembershipsAreThoseOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    const auto voters_named = [](const Json& list) {
        std::vector<PolicyVoter> voters;
        for (const auto& member : list.each()) {
            const auto key = SigningKey::from_seed(Bytes(32, member.text().front())).public_key();
            voters.push_back({
                .member = member.text(),
                .log = log_key("o", key),
                .cosign = cosign_key("o/" + member.text(), key),
            });
        }
        return voters;
    };
    for (const auto& one : vectors["policy_groups"].each()) {
        const auto old = voters_named(one["old"]);
        const std::string text = policy_text(2, 9, voters_named(one["new"]), old);
        std::string expected;
        for (const auto& line : one["lines"].each()) {
            expected += line.text() + "\n";
        }
        EXPECT_TRUE(text.ends_with("\n" + expected)) << text;
        EXPECT_TRUE(Policy::parse(text)) << text;
    }
}

TEST(Policy, IsSatisfiedByTheQuorumAndNotByOneLess) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    const auto policy = Policy::parse(vectors["policy"]["text"].text()).value();
    EXPECT_FALSE(policy.satisfied({}));
    EXPECT_FALSE(policy.satisfied({"bike", "mall"}));
    EXPECT_TRUE(policy.satisfied({"bike", "mall", "power"}));
    EXPECT_FALSE(policy.satisfied({"bike", "mall", "somebody"}));
    EXPECT_EQ(policy.logs().size(), 4U);
    EXPECT_EQ(policy.witnesses().size(), 4U);
}

TEST(Policy, AnOperatorMayWrapTheAllianceInAGroupWithARegulator) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    std::string text = vectors["policy"]["text"].text();
    text = text.substr(0, text.find("quorum"));
    const auto regulator = SigningKey::from_seed(Bytes(32, 9)).public_key();
    text += "witness regulator " + to_vkey(cosign_key("regulator", regulator)) +
            " https://regulator.example/\n\n# both\ngroup outside 1 regulator\n"
            "group both all alliance outside\nquorum both\n";
    const auto policy = Policy::parse(text);
    ASSERT_TRUE(policy) << policy.error().detail;
    EXPECT_FALSE(policy->satisfied({"bike", "mall", "metro", "power"}));
    EXPECT_TRUE(policy->satisfied({"bike", "mall", "metro", "regulator"}));
}

TEST(Policy, RefusesWhatIsNotAPolicy) {
    const auto key = SigningKey::from_seed(Bytes(32, 1)).public_key();
    const std::string witness = "witness a " + to_vkey(cosign_key("o/a", key)) + "\n";
    ASSERT_TRUE(Policy::parse(witness + "group g any a\nquorum g\n"));
    for (const std::string& text : {
             std::string(),
             witness,
             witness + "quorum b\n",
             witness + "quorum a\nquorum a\n",
             witness + witness + "quorum a\n",
             witness + "witness b" + witness.substr(9) + "group g all a b\nquorum g\n",
             witness + "group g 2 a\nquorum g\n",
             witness + "group g 0 a\nquorum g\n",
             witness + "group g 01 a\nquorum g\n",
             witness + "group g 1 a a\nquorum g\n",
             witness + "group a 1 a\nquorum a\n",
             witness + "group g 1 a\ngroup h 1 a\nquorum g\n",
             witness + "group none 1 a\nquorum none\n",
             witness + "surprise\nquorum a\n",
             "log " + to_vkey(cosign_key("o/a", key)) + "\nquorum none\n",
             std::string("quorum none extra\n"),
         }) {
        EXPECT_FALSE(Policy::parse(text)) << text;
    }
}

TEST(Consistency, BodiesAreWrittenAndVerifiedAsInTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    std::vector<Hash> leaves;
    for (const auto& leaf : vectors["leaf_hashes"].each()) {
        leaves.push_back(leaf.hash());
    }
    const NodeReader node = [&](int level, std::uint64_t index) {
        return tree_root(std::span(leaves).subspan(index << level, std::size_t{1} << level));
    };
    for (const auto& one : vectors["consistency"].each()) {
        const auto request = parse_add_checkpoint(one["body"].text());
        ASSERT_TRUE(request);
        EXPECT_EQ(to_text(*request), one["body"].text());
        const TreeSize from = one["from"].number();
        const TreeSize to = one["to"].number();
        EXPECT_EQ(request->old_size, from);
        EXPECT_EQ(request->proof, consistency_proof(from, to, node));
        const auto checkpoint = parse_checkpoint(parse_note(request->note)->text);
        EXPECT_TRUE(verify_consistency(
            from, to, tree_root(std::span(leaves).first(from)), checkpoint->root, request->proof
        ));
    }
}

TEST(Witness, AnswersTheConversationOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    WitnessedLog log;
    for (const auto& key : vectors["keys"].each()) {
        log.keys.push_back(parse_vkey(key["log_vkey"].text()).value());
    }
    const auto find = [&](std::string_view origin) {
        return origin == vectors["origin"].text() ? &log : nullptr;
    };
    for (const auto& one : vectors["witness"]["exchange"].each()) {
        const auto answer = decide_add_checkpoint(one["request"].base64(), find);
        EXPECT_EQ(answer.status, static_cast<int>(one["status"].number())) << one["name"].text();
        EXPECT_EQ(answer.body, one.has("body") ? one["body"].text() : "") << one["name"].text();
        EXPECT_EQ(answer.content_type, one.has("content_type") ? one["content_type"].text() : "");
        ASSERT_EQ(answer.to_cosign.has_value(), answer.status == 200);
        if (answer.to_cosign) {
            log.size = answer.to_cosign->size;
            log.root = answer.to_cosign->root;
        }
        EXPECT_EQ(log.size, one["latest_after"].number()) << one["name"].text();
    }
}

TEST(Witness, OfItsOwnLedgerWaitsUntilItHasAppliedTheSizeAndNeverSignsAnotherRoot) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    WitnessedLog log;
    for (const auto& key : vectors["keys"].each()) {
        log.keys.push_back(parse_vkey(key["log_vkey"].text()).value());
    }
    const auto find = [&](std::string_view) { return &log; };
    const std::string request = vectors["witness"]["exchange"][0]["request"].base64();
    log.own_root = [](TreeSize) { return std::nullopt; };
    EXPECT_EQ(decide_add_checkpoint(request, find).status, 503);
    log.own_root = [](TreeSize) { return Hash{}; };
    const auto diverged = decide_add_checkpoint(request, find);
    EXPECT_EQ(diverged.status, 422);
    EXPECT_TRUE(diverged.diverged);
    EXPECT_FALSE(diverged.to_cosign.has_value());
}

TEST(Evidence, ConvictsExactlyWhoSignedBoth) {
    TANJI_VECTORS(vectors, "vectors/tanji/checkpoint.json");
    std::vector<NoteKey> known;
    std::map<std::string, std::string> labels;
    for (const auto& key : vectors["keys"].each()) {
        labels[key["log_vkey"].text()] = "log " + key["member"].text();
        labels[key["cosign_vkey"].text()] = "cosign " + key["member"].text();
        known.push_back(parse_vkey(key["log_vkey"].text()).value());
        known.push_back(parse_vkey(key["cosign_vkey"].text()).value());
    }
    for (const auto& one : vectors["evidence"].each()) {
        const std::string json = to_canonical_text(one["evidence"].value());
        const auto fork = read_evidence(json);
        ASSERT_TRUE(fork) << fork.error().detail;
        EXPECT_EQ(to_text(*fork), json);
        const auto guilty = convict(*fork, known);
        EXPECT_EQ(guilty.has_value(), one.has("expect")) << one["name"].text();
        std::vector<std::string> named;
        for (const NoteKey& key : guilty ? *guilty : std::vector<NoteKey>{}) {
            named.push_back(labels.at(to_vkey(key)));
        }
        std::vector<std::string> expected;
        for (const auto& label : one.has("expect") ? one["expect"].each() : std::vector<Json>{}) {
            expected.push_back(label.text());
        }
        std::ranges::sort(named);
        std::ranges::sort(expected);
        EXPECT_EQ(named, expected) << one["name"].text();
        EXPECT_FALSE(convict(*fork, {})) << "nobody is known";
    }
}

}  // namespace
}  // namespace tanji::ledger
