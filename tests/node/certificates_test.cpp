#include "node/replica/certificates.h"

#include "tests/node/small_alliance.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using small::noon;

// Power (node 4) of four hears certificates; q = 3.
class CertificatesTest : public testing::Test {
protected:
    CertificatesTest() { tree_.add({"a", "b"}); }

    Certificates::Found hears(const std::string& note, consensus::NodeId from = 1) {
        return certificates_.found(from, note, tree_.own(), alliance_.electorate());
    }
    std::string note(
        const std::vector<consensus::NodeId>& cosigners, std::uint64_t time_s = noon / 1000
    ) {
        return alliance_.note(1, tree_.size(), tree_.root(), cosigners, time_s);
    }

    small::Alliance alliance_{4};
    small::Tree tree_;
    Certificates certificates_;
};

TEST_F(CertificatesTest, KeepsWhatTheQuorumCosignedWhoeverBringsIt) {
    const auto found = hears(note({1, 2, 3}), 3);
    ASSERT_TRUE(found.certificate);
    EXPECT_EQ(found.certificate->size, 3);
    EXPECT_EQ(found.certificate->note, note({1, 2, 3}));
    EXPECT_FALSE(found.against);
}

TEST_F(CertificatesTest, ANoteWithLessThanTheQuorumIsNothing) {
    for (const std::string& text : {
             note({1, 2}),
             note({1, 2, 2}),
             note({}),
             std::string("hello\n"),
             small::Alliance(5).note(5, tree_.size(), tree_.root(), {1, 2, 3}),  // no voter's log
         }) {
        const auto found = hears(text);
        EXPECT_FALSE(found.certificate || found.against);
    }
    auto bad = note({1, 2, 3});
    bad[bad.size() - 10] ^= 1;
    EXPECT_FALSE(hears(bad).certificate) << "a bad signature spoils it";
}

TEST_F(CertificatesTest, AValidOneAgainstTheOwnRootMeansHalt) {
    ledger::Hash other;
    other.bytes.fill(7);
    const auto text = alliance_.note(1, 3, other, {1, 2, 3});
    const auto found = hears(text);
    ASSERT_TRUE(found.against);
    EXPECT_FALSE(found.certificate);
    EXPECT_EQ(found.against->note, text);
    EXPECT_EQ(found.own_root, tree_.root());
    EXPECT_FALSE(hears(alliance_.note(1, 3, other, {1, 2})).against) << "no quorum, no halt";
}

TEST_F(CertificatesTest, OneAheadOfTheOwnTreeIsWeighedWhenTheTreeIsThere) {
    small::Tree leader = tree_;
    leader.add({"c"});
    const auto ahead = alliance_.note(1, 4, leader.root(), {1, 2, 3});
    EXPECT_FALSE(hears(ahead).certificate);
    EXPECT_TRUE(certificates_.retry(tree_.own(), alliance_.electorate()).empty());
    tree_ = leader;
    const auto found = certificates_.retry(tree_.own(), alliance_.electorate());
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found[0].certificate->size, 4);
    EXPECT_TRUE(certificates_.retry(tree_.own(), alliance_.electorate()).empty());
}

TEST_F(CertificatesTest, TheFloodOfOneSenderDoesNotDisplaceWhatAnotherSent) {
    small::Tree leader = tree_;
    leader.add({"c"});
    for (ledger::TreeSize size = 100; size < 1'000; ++size) {
        hears(alliance_.note(2, size, ledger::Hash{}, {}), 2);
    }
    hears(alliance_.note(1, 4, leader.root(), {1, 2, 3}), 1);
    for (ledger::TreeSize size = 100; size < 1'000; ++size) {
        hears(alliance_.note(2, size, ledger::Hash{}, {}), 2);
    }
    tree_ = leader;
    EXPECT_EQ(certificates_.retry(tree_.own(), alliance_.electorate()).size(), 1);
}

TEST_F(CertificatesTest, OfOneSendersThatAreAheadTheFirstAndTheNewestAreKept) {
    small::Tree leader = tree_;
    for (int i = 0; i < 10; ++i) {
        leader.add({"more " + std::to_string(i)});
        hears(alliance_.note(1, leader.size(), leader.root(), {1, 2, 3}));
    }
    tree_ = leader;
    std::vector<ledger::TreeSize> sizes;
    for (const auto& found : certificates_.retry(tree_.own(), alliance_.electorate())) {
        sizes.push_back(found.certificate->size);
    }
    EXPECT_EQ(sizes, (std::vector<ledger::TreeSize>{4, 5, 6, 13}));
}

TEST_F(CertificatesTest, ThePolicyOfItsOwnSizeDecides) {
    alliance_.add_policy(2, 4, {1, 2}, {}, 2);
    EXPECT_FALSE(hears(note({1, 2})).certificate) << "size 3 needs three of four";
    tree_.add({"c"});
    EXPECT_TRUE(hears(note({1, 2})).certificate) << "size 4 needs two of two";
}

TEST_F(CertificatesTest, SizesDoNotGoBackButTimesAndCosignersMayGrow) {
    const auto smaller = note({1, 2, 3});
    tree_.add({"c"});
    ASSERT_TRUE(hears(note({1, 2, 3})).certificate);
    EXPECT_FALSE(hears(smaller).certificate);
    EXPECT_FALSE(hears(note({1, 2, 3})).certificate) << "the same again";
    EXPECT_TRUE(hears(note({1, 2, 3, 4})).certificate) << "fuller";
    EXPECT_TRUE(hears(note({1, 2, 4}, noon / 1000 + 60)).certificate) << "fresher";
    EXPECT_FALSE(hears(note({1, 2, 3, 4})).certificate) << "older";
}

TEST_F(CertificatesTest, OneLiarsTimeMakesNothingFresher) {
    const std::uint64_t then = noon / 1000;
    ASSERT_TRUE(hears(note({1, 2, 3}, then)).certificate);
    const auto lie = alliance_.note(1, 3, tree_.root(), {1, 2}, then - 5) +
                     alliance_.line(3, 3, tree_.root(), then + 1'000'000);
    EXPECT_FALSE(hears(lie).certificate);
    EXPECT_TRUE(hears(note({1, 2, 3}, then + 60)).certificate);
}

TEST_F(CertificatesTest, AtTheStartTheKeptOneIsKnown) {
    certificates_.kept({.size = 3, .note = note({1, 2, 3})}, alliance_.electorate());
    EXPECT_FALSE(hears(note({1, 2, 3})).certificate);
    EXPECT_TRUE(hears(note({1, 2, 3, 4})).certificate);
}

TEST_F(CertificatesTest, LinesOfStrangersAreNotHandedOn) {
    const auto stranger = small::key_of(99);
    const ledger::Checkpoint checkpoint{std::string(small::origin), 3, tree_.root()};
    std::string padded = note({3, 2, 1});
    for (int i = 0; i < 40; ++i) {
        padded += to_text(ledger::cosign_checkpoint(
            checkpoint, "stranger" + std::to_string(i), stranger, noon / 1000
        ));
    }
    const auto found = hears(padded);
    ASSERT_TRUE(found.certificate);
    EXPECT_EQ(found.certificate->note, note({1, 2, 3})) << "and the rest in node order";
}

}  // namespace
}  // namespace tanji::node
