#include "node/replica/divergence.h"

#include "ledger/value/json.h"
#include "tests/node/small_alliance.h"

#include <bit>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

// Blocks 2 … `blocks`, one leaf each; that of `wrong` is another one.
small::Tree tree_of(ledger::BlockIndex blocks, ledger::BlockIndex wrong = 0) {
    small::Tree tree;
    for (ledger::BlockIndex block = 2; block <= blocks; ++block) {
        tree.add({(block == wrong ? "wrong " : "leaf ") + std::to_string(block)});
    }
    return tree;
}

BlockView view_of(const small::Tree& tree, ledger::BlockIndex block) {
    const auto& row = tree.row(block);
    return {.hash = row.hash, .size = row.size, .root = row.root};
}

Bisection begin(const small::Tree& own, const small::Tree& other) {
    const auto last = own.block();
    return {2, 1, last, view_of(own, last), view_of(other, last)};
}

TEST(Bisection, FindsTheFirstDifferingBlockInNoMoreThanLogarithmicallyManyQuestions) {
    for (const ledger::BlockIndex blocks : {2U, 3U, 17U, 64U, 100U}) {
        for (ledger::BlockIndex wrong = 2; wrong <= blocks; ++wrong) {
            const auto own = tree_of(blocks);
            const auto other = tree_of(blocks, wrong);
            Bisection bisection = begin(own, other);
            std::size_t questions = 0;
            while (const auto question = bisection.question()) {
                ++questions;
                bisection.answered(2, answer_of(*question, other.own()), own.own());
            }
            const auto result = bisection.result();
            ASSERT_TRUE(result);
            EXPECT_EQ(result->block, wrong);
            EXPECT_EQ(result->own, view_of(own, wrong));
            EXPECT_EQ(result->other, view_of(other, wrong));
            EXPECT_TRUE(result->exact);
            EXPECT_FALSE(result->is_conflict());
            EXPECT_LE(questions, std::bit_width(blocks));
        }
    }
}

TEST(Bisection, ListensOnlyToItsPeerAndToTheOpenQuestion) {
    const auto own = tree_of(9);
    const auto other = tree_of(9, 5);
    Bisection bisection = begin(own, other);
    const auto first = bisection.question();
    ASSERT_TRUE(first);
    auto reply = answer_of(*first, other.own());
    bisection.answered(3, reply, own.own());
    EXPECT_EQ(bisection.question()->request, first->request) << "another node";
    reply.request += 1;
    bisection.answered(2, reply, own.own());
    EXPECT_EQ(bisection.question()->request, first->request) << "another question";
    reply.request -= 1;
    reply.block += 1;
    bisection.answered(2, reply, own.own());
    EXPECT_EQ(bisection.question()->request, first->request) << "another block";
    EXPECT_FALSE(bisection.result());
}

TEST(Bisection, SaysWhenThePeerNoLongerKnowsWhereItBegan) {
    const auto own = tree_of(16);
    const auto other = tree_of(16, 3);
    OwnTree pruned = other.own();
    pruned.row = [&](ledger::BlockIndex block) {
        return block < 10 ? std::nullopt : std::optional(other.row(block));
    };
    Bisection bisection = begin(own, other);
    while (const auto question = bisection.question()) {
        bisection.answered(2, answer_of(*question, pruned), own.own());
    }
    EXPECT_EQ(bisection.result()->block, 10);
    EXPECT_FALSE(bisection.result()->exact);
}

TEST(Bisection, AnotherBlockAtThatPlaceIsAConflict) {
    const auto own = tree_of(8);
    auto other = tree_of(8, 4);
    other.row(4).hash.bytes[0] ^= 1;
    Bisection bisection = begin(own, other);
    while (const auto question = bisection.question()) {
        bisection.answered(2, answer_of(*question, other.own()), own.own());
    }
    EXPECT_TRUE(bisection.result()->is_conflict());
}

TEST(Bisection, ALiarCannotMakeItAskForEver) {
    const auto own = tree_of(1'000);
    const auto other = tree_of(1'000, 2);
    Bisection bisection = begin(own, other);
    std::size_t questions = 0;
    while (const auto question = bisection.question()) {
        RootReply lie{
            .request = question->request,
            .block = question->block,
            .hash = {},
            .size = 0,
            .root = {}
        };
        lie.hash.bytes.fill(static_cast<std::uint8_t>(questions));
        if (questions % 3 == 0) {
            lie.block = 0;
        }
        bisection.answered(2, lie, own.own());
        ASSERT_LE(++questions, 10);
    }
    EXPECT_TRUE(bisection.result());
}

TEST(Bisection, ALiarWhoNamesTheOwnRootHarmsNothing) {
    const auto own = tree_of(8);
    Bisection bisection = begin(own, own);
    while (const auto question = bisection.question()) {
        bisection.answered(2, answer_of(*question, own.own()), own.own());
    }
    EXPECT_EQ(bisection.result()->own, bisection.result()->other);
}

TEST(Divergence, TwoCertificatesThatContradictEachOtherConvictWhoSignedBoth) {
    const small::Alliance alliance(4);
    const auto own = tree_of(6);
    const auto other = tree_of(6, 3);
    const auto consistency = [&](ledger::TreeSize from, ledger::TreeSize to) {
        return ledger::consistency_proof(from, to, [&](int level, std::uint64_t index) {
            const auto width = std::size_t{1} << static_cast<unsigned>(level);
            return ledger::tree_root(std::span(own.leaves()).subspan(index * width, width));
        });
    };
    std::vector<ledger::NoteKey> known;
    for (const CosignVoter& voter : alliance.electorate().voters) {
        known.push_back(voter.cosign);
    }
    const ledger::CheckpointCertificate mine{6, alliance.note(1, 6, own.root(), {1, 2, 3})};
    for (const ledger::TreeSize size : {4U, 6U}) {
        const ledger::CheckpointCertificate theirs{
            size, alliance.note(2, size, other.root_at(size), {2, 3, 4})
        };
        const auto fork = fork_of(mine, theirs, own.own(), consistency);
        ASSERT_TRUE(fork);
        const auto guilty = ledger::convict(*fork, known);
        ASSERT_TRUE(guilty) << guilty.error().detail;
        EXPECT_EQ(*guilty, (std::vector{known[1], known[2]}));
    }
    EXPECT_FALSE(fork_of({4, mine.note}, {6, mine.note}, own.own(), consistency));
}

TEST(Divergence, ARootQueryBeyondTheOwnTreeIsAnsweredWithNothing) {
    const auto tree = tree_of(4);
    OwnTree own = tree.own();
    own.row = [&](ledger::BlockIndex block) {
        EXPECT_LE(block, 4) << "rows are asked for only where they may be";
        return std::optional(tree.row(std::min<ledger::BlockIndex>(block, 4)));
    };
    EXPECT_EQ(answer_of({.request = 5, .block = 5}, own).block, 0);
    EXPECT_EQ(answer_of({.request = 5, .block = 0}, tree.own()).block, 0);
    const auto known = answer_of({.request = 5, .block = 4}, tree.own());
    EXPECT_EQ(known.request, 5);
    EXPECT_EQ(known.size, 4);
    EXPECT_EQ(known.root, tree.root());
}

// Two trees of blocks with several leaves, asked until there is no question left.
std::optional<LeafDifference> search(
    const small::Tree& own,
    const small::Tree& other,
    ledger::TreeSize agreed,
    std::size_t* questions = nullptr
) {
    LeafSearch found(2, agreed, own.size(), other.size());
    while (const auto question = found.question()) {
        found.answered(2, answer_of(*question, other.own()), own.own());
        if (questions != nullptr) {
            ++*questions;
        }
    }
    return found.result();
}

TEST(LeafSearch, FindsTheFirstDifferingLeafInNoMoreThanLogarithmicallyManyQuestions) {
    for (std::size_t wrong = 0; wrong < 50; ++wrong) {
        std::vector<std::string> leaves;
        for (int leaf = 0; leaf < 50; ++leaf) {
            leaves.push_back(std::to_string(leaf));
        }
        small::Tree own;
        own.add(leaves);
        leaves[wrong] = "wrong";
        leaves.back() += " too";
        small::Tree other;
        other.add(leaves);
        std::size_t questions = 0;
        const auto found = search(own, other, 1, &questions);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->leaf, 1 + wrong);
        EXPECT_EQ(found->own, own.leaves()[1 + wrong]);
        EXPECT_EQ(found->other, other.leaves()[1 + wrong]);
        EXPECT_LE(questions, 7U);
    }
}

TEST(LeafSearch, OneTreeMayEndBeforeTheOther) {
    small::Tree own;
    own.add({"a", "b"});
    small::Tree other;
    other.add({"a", "b", "c", "d"});
    auto found = search(own, other, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->leaf, 3U);
    EXPECT_FALSE(found->own);
    EXPECT_EQ(found->other, other.leaves()[3]);
    found = search(other, own, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->leaf, 3U);
    EXPECT_FALSE(found->other);
}

TEST(LeafSearch, ALiarNeitherMakesItAskForEverNorNamesALeafThatIsNot) {
    small::Tree own;
    own.add({"a", "b"});
    LeafSearch equal(2, 1, 3, 3);
    while (const auto question = equal.question()) {
        equal.answered(2, answer_of(*question, own.own()), own.own());
    }
    EXPECT_FALSE(equal.result()) << "its tree is the same in the end";
    LeafSearch huge(2, 1, 3, UINT64_MAX);
    std::size_t questions = 0;
    while (const auto question = huge.question()) {
        ASSERT_LE(++questions, 66U);
        const LeafReply reply = {
            .request = question->request, .size = question->size, .root = {}, .leaf = {}
        };
        EXPECT_FALSE(huge.answered(3, reply, own.own())) << "nobody asked that one";
        EXPECT_TRUE(huge.answered(2, reply, own.own()));
    }
    ASSERT_TRUE(huge.result());
    EXPECT_EQ(huge.result()->leaf, 1U);
}

TEST(LeafSearch, APeerThatWasThrownBackMeanwhileNamesNoLeaf) {
    small::Tree own;
    own.add({"a", "b"});
    LeafSearch search(2, 1, 3, 3);
    const LeafReply none = {.request = 1, .size = 0, .root = {}, .leaf = {}};
    EXPECT_TRUE(search.answered(2, none, own.own()));
    EXPECT_FALSE(search.question());
    EXPECT_FALSE(search.result());
}

TEST(Divergence, TheReportIsTextThatSaysWhereAndWith) {
    const auto own = tree_of(3);
    const auto other = tree_of(3, 3);
    DivergenceReport report{
        .self = 4,
        .own_program = "tanjid 0.1.0",
        .peer = 2,
        .peer_program = "tanjid 0.0.9",
        .block = {.block = 3, .own = view_of(own, 3), .other = view_of(other, 3)},
        .leaf = LeafDifference{.leaf = 2, .own = own.leaves()[2], .other = {}},
    };
    const auto read = ledger::parse_json(to_text(report));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read->find("block")->integer(), 3);
    EXPECT_EQ(*read->find("own")->find("program")->string(), "tanjid 0.1.0");
    EXPECT_EQ(*read->find("own")->find("root")->string(), ledger::to_base64(own.root().view()));
    EXPECT_EQ(*read->find("other")->find("node")->integer(), 2);
    EXPECT_EQ(*read->find("other")->find("block_hash")->string(), other.row(3).hash.hex());
    EXPECT_EQ(*read->find("leaf")->find("index")->integer(), 2);
    EXPECT_TRUE(read->find("leaf")->find("other")->is_null());
    report.leaf.reset();
    EXPECT_TRUE(ledger::parse_json(to_text(report))->find("leaf")->is_null());
}

// --- who halts ---

struct Voters {
    static consensus::Membership of_five() {
        consensus::Membership five;
        five.number = 1;
        five.voters = {1, 2, 3, 4, 5};
        return five;
    }

    consensus::Membership membership = of_five();
    small::Tree tree = tree_of(3);
    Dissents dissents;

    static ledger::Hash root(std::uint8_t name) {
        ledger::Hash made;
        made.bytes.fill(name);
        return made;
    }
    bool outvoted() const { return dissents.outvoted(tree.own(), membership); }
};

TEST(Dissents, AMajorityThatAgreesWithEachOtherAndNotWithThisNodeHaltsIt) {
    Voters all;
    all.dissents.heard(1, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted()) << "two of five";
    all.dissents.heard(2, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted()) << "one voter twice is one voter";
    all.dissents.heard(3, 3, Voters::root(7));
    EXPECT_TRUE(all.outvoted());
}

TEST(Dissents, HalfOfTheVotersAreNoMajority) {
    Voters all;
    all.membership.voters = {1, 2, 3, 4};
    all.dissents.heard(1, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted());
    all.dissents.heard(3, 3, Voters::root(7));
    EXPECT_TRUE(all.outvoted());
}

TEST(Dissents, AVoterWhoNamesTwoRootsCountsForTheLastOne) {
    Voters all;
    all.dissents.heard(1, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(8));
    all.dissents.heard(3, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted());
}

TEST(Dissents, ThoseWhoDisagreeAmongThemselvesHaltNobody) {
    Voters all;
    for (std::uint8_t node = 1; node <= 4; ++node) {
        all.dissents.heard(node, 3, Voters::root(node));
    }
    EXPECT_FALSE(all.outvoted());
}

TEST(Dissents, AMajorityThatAgreesWithThisNodeHaltsNobody) {
    Voters all;
    for (const consensus::NodeId node : {1U, 2U, 3U}) {
        all.dissents.heard(node, 3, all.tree.root());
    }
    all.dissents.heard(4, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted());
}

TEST(Dissents, LearnersStrangersAndRootsOfOtherSizesDoNotCount) {
    Voters all;
    all.dissents.heard(1, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(7));
    all.dissents.heard(3, 2, Voters::root(7));
    all.dissents.heard(8, 3, Voters::root(7));
    all.dissents.heard(9, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted());
}

TEST(Dissents, WhatIsAheadOfTheOwnTreeIsComparedOnceItIsThere) {
    Voters all;
    for (const consensus::NodeId node : {1U, 2U, 3U}) {
        all.dissents.heard(node, 4, Voters::root(7));
    }
    EXPECT_FALSE(all.outvoted());
    all.tree.add({"leaf 4"});
    EXPECT_TRUE(all.outvoted());
}

TEST(Dissents, InAJointPhaseBothListsHaveToOutvote) {
    Voters all;
    all.membership.voters = {1, 2, 3};
    all.membership.old_voters = {3, 4, 5};
    all.dissents.heard(1, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(7));
    EXPECT_FALSE(all.outvoted());
    all.dissents.heard(3, 3, Voters::root(7));
    all.dissents.heard(4, 3, Voters::root(7));
    EXPECT_TRUE(all.outvoted());
}

TEST(Dissents, OneNodesFloodDoesNotDisplaceWhatOthersSaid) {
    Voters all;
    all.dissents.heard(1, 3, Voters::root(7));
    all.dissents.heard(2, 3, Voters::root(7));
    for (ledger::TreeSize size = 10; size < 1'000; ++size) {
        all.dissents.heard(5, size, Voters::root(1));
    }
    all.dissents.heard(3, 3, Voters::root(7));
    EXPECT_TRUE(all.outvoted());
}

}  // namespace
}  // namespace tanji::node
