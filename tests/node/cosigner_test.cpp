#include "node/replica/cosigner.h"

#include "tests/node/small_alliance.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using small::noon;

// Bike (node 2) is asked by metro (node 1), who leads.
class CosignerTest : public testing::Test {
protected:
    CosignerTest() {
        tree_.add({"a", "b"});
        tree_.add({"c"});
    }

    CosignRequest request(
        const small::Tree& tree, ledger::BlockIndex block, std::uint64_t round = 7
    ) {
        return {
            .round = round,
            .block = block,
            .note = alliance_.note(1, tree.row(block).size, tree.row(block).root, {}),
        };
    }
    CosignRequest newest() { return request(tree_, tree_.block()); }

    Cosigner::Step ask(const CosignRequest& asked, consensus::NodeId from = 1) {
        return cosigner_.ask(from, asked, now_, tree_.own(), alliance_.electorate(), condition_);
    }
    std::vector<Cosigner::Step> retry() {
        return cosigner_.retry(now_, tree_.own(), alliance_.electorate(), condition_);
    }
    // Empty: it cosigns. `held`, `stop`, or the code.
    static std::string word(const Cosigner::Step& step) {
        if (step.tree_changed) {
            return "stop";
        }
        if (step.answer) {
            return step.answer->reply.code;
        }
        return step.mark ? "" : "held";
    }
    std::string answer(const CosignRequest& asked) { return word(ask(asked)); }

    small::Alliance alliance_{4};
    small::Tree tree_;
    Condition condition_;
    ledger::TimeMs now_ = noon + 1'000;
    Cosigner cosigner_{alliance_.cosigner(2), alliance_.cosign(2), {}};
};

TEST_F(CosignerTest, SaysNothingBeforeTheMarkIsSyncedAndThenSignsExactlyThatHead) {
    const auto step = ask(newest());
    ASSERT_TRUE(step.mark);
    EXPECT_FALSE(step.answer);
    EXPECT_EQ(step.mark->block, 3);
    EXPECT_EQ(step.mark->size, 4);
    EXPECT_EQ(step.mark->root, tree_.root());
    EXPECT_EQ(step.mark->time_s, static_cast<std::uint64_t>(now_ / 1000));
    const auto answers = cosigner_.marked(*step.mark);
    ASSERT_EQ(answers.size(), 1);
    EXPECT_EQ(answers[0].to, 1);
    EXPECT_EQ(answers[0].reply.round, 7);
    EXPECT_EQ(answers[0].reply.code, "");
    EXPECT_EQ(answers[0].reply.line, alliance_.line(2, 4, tree_.root(), step.mark->time_s));
    EXPECT_TRUE(cosigner_.marked(*step.mark).empty()) << "one mark, one signature";
}

TEST_F(CosignerTest, AMarkOfAnOlderHeadDoesNotReleaseANewerSignature) {
    const auto first = ask(request(tree_, 2));
    const auto second = ask(newest(), 3);
    ASSERT_TRUE(first.mark && second.mark);
    const auto early = cosigner_.marked(*first.mark);
    ASSERT_EQ(early.size(), 1);
    EXPECT_EQ(early[0].reply.size, 3);
    const auto late = cosigner_.marked(*second.mark);
    ASSERT_EQ(late.size(), 1);
    EXPECT_EQ(late[0].to, 3);
    EXPECT_EQ(late[0].reply.size, 4);
}

TEST_F(CosignerTest, AnswersOnlyToTheLogKeysOfVotersOfThisLog) {
    const small::Alliance strangers(5);  // water (node 5) is no voter of ours
    auto asked = newest();
    asked.note = strangers.note(5, tree_.size(), tree_.root(), {});
    EXPECT_EQ(answer(asked), "not_a_voter");
    asked.note = "hello\n";
    EXPECT_EQ(answer(asked), "not_a_voter");
    asked.note = newest().note;
    asked.note[asked.note.size() - 5] ^= 1;
    EXPECT_EQ(answer(asked), "not_a_voter") << "a bad signature of a voter";
    const ledger::Checkpoint other{"tanji.test/other", tree_.size(), tree_.root()};
    const ledger::Note note{to_text(other), {ledger::sign_checkpoint(other, alliance_.log(1))}};
    asked.note = to_text(note);
    EXPECT_EQ(answer(asked), "not_a_voter") << "another origin";
    auto named_as_ours = ledger::sign_checkpoint(other, alliance_.log(1));
    named_as_ours.name = small::origin;
    named_as_ours.key_id = alliance_.electorate().voters[0].log.id();
    asked.note = to_text(ledger::Note{to_text(other), {named_as_ours}});
    EXPECT_EQ(answer(asked), "not_a_voter") << "another origin under our key's name";
    // A cosignature is no log signature.
    const ledger::Checkpoint own{std::string(small::origin), tree_.size(), tree_.root()};
    asked.note = to_text(own) + "\n" + alliance_.line(1, tree_.size(), tree_.root(), 5);
    EXPECT_EQ(answer(asked), "not_a_voter");
}

TEST_F(CosignerTest, WaitsForABlockThatIsNotAppliedYetAndThenCosigns) {
    small::Tree leader = tree_;
    leader.add({"d"});
    EXPECT_EQ(answer(request(leader, 4)), "held");
    EXPECT_TRUE(retry().empty());
    tree_ = leader;
    const auto steps = retry();
    ASSERT_EQ(steps.size(), 1);
    ASSERT_TRUE(steps[0].mark);
    EXPECT_EQ(steps[0].mark->size, 5);
    EXPECT_TRUE(retry().empty()) << "answered once";
}

TEST_F(CosignerTest, WaitsTwoSecondsAndNotLongerEvenIfTheClockIsSetBack) {
    small::Tree leader = tree_;
    leader.add({"d"});
    EXPECT_EQ(answer(request(leader, 4)), "held");
    now_ += 1'999;
    EXPECT_TRUE(retry().empty());
    now_ += 1;
    auto steps = retry();
    ASSERT_EQ(steps.size(), 1);
    EXPECT_EQ(word(steps[0]), "behind");
    EXPECT_EQ(answer(request(leader, 4)), "held");
    now_ -= 3'600'000;
    steps = retry();
    ASSERT_EQ(steps.size(), 1);
    EXPECT_EQ(word(steps[0]), "behind");
}

TEST_F(CosignerTest, HoldsOneRequestOfEachAskerAndNoneOfTheDoor) {
    small::Tree leader = tree_;
    leader.add({"d"});
    leader.add({"e"});
    EXPECT_EQ(answer(request(leader, 4, 1)), "held");
    EXPECT_EQ(answer(request(leader, 5, 2)), "held");
    EXPECT_EQ(word(ask(request(leader, 5, 3), 0)), "behind");
    tree_ = leader;
    const auto steps = retry();
    ASSERT_EQ(steps.size(), 1);
    const auto answers = cosigner_.marked(*steps[0].mark);
    ASSERT_EQ(answers.size(), 1);
    EXPECT_EQ(answers[0].reply.round, 2);
}

TEST_F(CosignerTest, ASizeInTheMiddleOfABlockIsNoBoundary) {
    CosignRequest asked{.round = 1, .block = 2, .note = alliance_.note(1, 2, tree_.root_at(2), {})};
    EXPECT_EQ(answer(asked), "behind");
    asked.block = 0;
    EXPECT_EQ(answer(asked), "behind");
}

TEST_F(CosignerTest, ABoundaryIsFoundByItsSizeWhenNoBlockOrAnotherOneIsNamed) {
    tree_.add({});  // an empty block: the same tree
    for (const ledger::BlockIndex named : {0U, 1U}) {
        const CosignRequest asked{
            .round = 1, .block = named, .note = alliance_.note(1, 4, tree_.root(), {})
        };
        const auto step = ask(asked);
        ASSERT_TRUE(step.mark) << named;
        EXPECT_EQ(step.mark->block, 3);
    }
}

TEST_F(CosignerTest, NeverCosignsASmallerTreeThanBefore) {
    ASSERT_TRUE(ask(newest()).mark);
    EXPECT_EQ(answer(request(tree_, 2)), "smaller") << "not even before the mark is synced";
    Cosigner restarted(alliance_.cosigner(2), alliance_.cosign(2), cosigner_.last());
    const auto step =
        restarted.ask(1, request(tree_, 2), now_, tree_.own(), alliance_.electorate(), condition_);
    EXPECT_EQ(word(step), "smaller") << "nor after a restart with that mark";
}

TEST_F(CosignerTest, CosignsOneSizeAgainWithALaterTimeThatNeverGoesBack) {
    const auto first = ask(newest());
    now_ += 60'000;
    const auto second = ask(newest());
    ASSERT_TRUE(first.mark && second.mark);
    EXPECT_EQ(second.mark->time_s, first.mark->time_s + 60);
    now_ -= 3'000'000;
    condition_.max_skew_ms = 10'000'000;
    const auto third = ask(newest());
    ASSERT_TRUE(third.mark);
    EXPECT_EQ(third.mark->time_s, second.mark->time_s);
}

TEST_F(CosignerTest, NeverCosignsAnotherRootAndSaysItsOwn) {
    small::Tree forged = tree_;
    forged.forge_last_leaf("forged");
    const auto step = ask(request(forged, 3));
    EXPECT_EQ(word(step), "divergent");
    EXPECT_EQ(step.answer->reply.size, 4);
    EXPECT_EQ(step.answer->reply.root, tree_.root());
    EXPECT_EQ(step.answer->reply.line, "");
    ASSERT_TRUE(ask(newest()).mark) << "and goes on with its own";
    EXPECT_EQ(answer(request(forged, 3)), "divergent") << "two roots at one size";
}

TEST_F(CosignerTest, SaysDivergentWhenTheSameBlockMadeMoreLeavesThereThanHere) {
    small::Tree other;
    other.add({"a", "b"});
    other.add({"c", "one too many"});
    const auto step = ask(request(other, 3));
    EXPECT_EQ(word(step), "divergent");
    EXPECT_EQ(step.answer->reply.size, 4);
    EXPECT_EQ(step.answer->reply.root, tree_.root());
}

TEST_F(CosignerTest, StopsTheNodeWhenItsOwnTreeLostWhatItCosigned) {
    ASSERT_TRUE(ask(newest()).mark);
    tree_.forge_last_leaf("changed on disk");
    tree_.add({"d"});
    EXPECT_EQ(answer(newest()), "stop");
}

TEST_F(CosignerTest, RefusesALeaderWhoseFaultItSaw) {
    condition_.faulty = {alliance_.log(1).public_key()};
    EXPECT_EQ(answer(newest()), "leader_fault");
    auto asked = newest();
    asked.note = alliance_.note(3, tree_.size(), tree_.root(), {});
    EXPECT_EQ(answer(asked), "") << "the next leader's rounds cover the same tree";
}

TEST_F(CosignerTest, RefusesABlockFromTheFuture) {
    tree_.add({"d"}, now_ + 2'001);
    EXPECT_EQ(answer(newest()), "time_ahead");
    now_ += 1;
    EXPECT_EQ(answer(newest()), "");
}

TEST_F(CosignerTest, CosignsNothingWhileRecoveringOrQuarantined) {
    condition_.fit = false;
    EXPECT_EQ(answer(newest()), "recovering");
    condition_.fit = true;
    condition_.quarantined = true;
    EXPECT_EQ(answer(newest()), "quarantined");
    EXPECT_EQ(cosigner_.last().size, 0) << "a refusal promises nothing";
}

TEST_F(CosignerTest, AnswersWithTheFirstTestThatFails) {
    // Everything is wrong at once; each step mends the first fault.
    ASSERT_TRUE(ask(newest()).mark);
    condition_ = {.fit = false, .quarantined = true, .faulty = {alliance_.log(1).public_key()}};
    small::Tree forged;
    forged.add({"x", "y"});
    auto asked = request(forged, 2);
    asked.note.back() = ' ';
    EXPECT_EQ(answer(asked), "not_a_voter");
    EXPECT_EQ(answer(request(forged, 2)), "smaller") << "before divergent";
    forged.add({"z"});
    EXPECT_EQ(answer(request(forged, 3)), "divergent") << "before leader_fault";
    tree_.add({"d"}, now_ + 5'000);
    EXPECT_EQ(answer(newest()), "leader_fault") << "before time_ahead";
    condition_.faulty.clear();
    EXPECT_EQ(answer(newest()), "time_ahead") << "before recovering";
    now_ += 5'000;
    EXPECT_EQ(answer(newest()), "recovering");
}

TEST_F(CosignerTest, AfterASnapshotRowsOfOlderBlocksAreMissingAndNothingBreaks) {
    OwnTree own = tree_.own();
    own.row = [this](ledger::BlockIndex at) -> std::optional<ledger::BlockRow> {
        return at == 3 ? std::optional(tree_.row(at)) : std::nullopt;
    };
    const auto asked = [&](ledger::BlockIndex block) {
        return word(
            cosigner_.ask(1, request(tree_, block), now_, own, alliance_.electorate(), condition_)
        );
    };
    EXPECT_EQ(asked(2), "behind");
    EXPECT_EQ(asked(3), "");
}

}  // namespace
}  // namespace tanji::node
