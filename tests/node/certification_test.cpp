#include "ledger/proof/evidence.h"
#include "node/replica/certificates.h"
#include "node/replica/cosigner.h"
#include "node/replica/divergence.h"
#include "node/replica/rounds.h"
#include "tests/node/small_alliance.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using small::noon;

// A whole alliance: each node has a tree, a cosigner, rounds and the certificates it heard of.
// Messages and marks arrive at once, unless a test takes a node away.
struct Node {
    Node(const small::Alliance& alliance, consensus::NodeId number)
        : cosigner(alliance.cosigner(number), alliance.cosign(number), {}),
          rounds(Rounds::Pace{}, alliance.log(number), 0) {}

    small::Tree tree;
    Cosigner cosigner;
    Rounds rounds;
    Certificates certificates;
    Dissents dissents;
    Condition condition;
    bool away = false;
    bool cosigns_anything = false;
    std::vector<ledger::CheckpointCertificate> kept;
    std::vector<ledger::CheckpointCertificate> against;
};

class Certification {
public:
    explicit Certification(std::size_t nodes) : alliance(nodes) {
        for (const consensus::NodeId number : alliance.all()) {
            nodes_.emplace_back(alliance, number);
        }
    }

    Node& node(consensus::NodeId number) { return nodes_.at(number - 1); }

    void everybody_applies(const std::string& leaf) {
        for (Node& one : nodes_) {
            one.tree.add({leaf});
            one.rounds.applied(one.tree.head());
        }
    }

    // A round of that leader over its newest head, to its end.
    std::optional<ledger::CheckpointCertificate> round(consensus::NodeId leader) {
        node(leader).rounds.lead(true);
        node(leader).rounds.applied(node(leader).tree.head());
        const auto request = node(leader).rounds.open(now, true, alliance.electorate());
        if (!request) {
            return std::nullopt;
        }
        std::optional<ledger::CheckpointCertificate> newest;
        for (const consensus::NodeId number : alliance.all()) {
            for (const Cosigner::Answer& answer : asked(number, leader, *request)) {
                const auto heard =
                    node(leader).rounds.answered(number, answer.reply, now, alliance.electorate());
                if (heard.dissent) {
                    node(leader).dissents.heard(number, heard.dissent->size, heard.dissent->root);
                }
                if (heard.certificate) {
                    newest = heard.certificate;
                    everybody_hears(leader, newest->note);
                }
            }
        }
        return newest;
    }

    small::Alliance alliance;
    ledger::TimeMs now = noon + 1'000;

private:
    std::vector<Cosigner::Answer> asked(
        consensus::NodeId number, consensus::NodeId leader, const CosignRequest& request
    ) {
        Node& one = node(number);
        if (one.away) {
            return {};
        }
        if (one.cosigns_anything) {
            const auto head = read_log_signed(request.note, alliance.electorate())->checkpoint;
            const auto line = alliance.line(number, head.size, head.root, noon / 1000);
            return {{leader, {request.round, {}, line, head.size, head.root}}};
        }
        one.dissents.heard(
            leader,
            read_log_signed(request.note, alliance.electorate())->checkpoint.size,
            read_log_signed(request.note, alliance.electorate())->checkpoint.root
        );
        const auto step = one.cosigner.ask(
            leader, request, now, one.tree.own(), alliance.electorate(), one.condition
        );
        return step.answer ? std::vector{*step.answer}
               : step.mark ? one.cosigner.marked(*step.mark)
                           : std::vector<Cosigner::Answer>{};
    }

    void everybody_hears(consensus::NodeId from, const std::string& note) {
        for (Node& one : nodes_) {
            const auto found =
                one.certificates.found(from, note, one.tree.own(), alliance.electorate());
            if (found.certificate) {
                one.kept.push_back(*found.certificate);
                one.rounds.certified(found.certificate->size);
            }
            if (found.against) {
                one.against.push_back(*found.against);
            }
        }
    }

    std::vector<Node> nodes_;
};

TEST(Certification, EverybodyHoldsTheCertificateOfWhatTheLeaderAsked) {
    Certification all(4);
    all.everybody_applies("a");
    ASSERT_TRUE(all.round(1));
    for (const consensus::NodeId number : all.alliance.all()) {
        ASSERT_FALSE(all.node(number).kept.empty());
        EXPECT_EQ(all.node(number).kept.back().size, 2);
    }
}

TEST(Certification, WithOneOfFourAwayItGoesOnAndWithTwoItStops) {
    Certification all(4);
    all.everybody_applies("a");
    all.node(4).away = true;
    EXPECT_TRUE(all.round(1));
    all.everybody_applies("b");
    all.node(3).away = true;
    EXPECT_FALSE(all.round(1));
    all.node(4).away = false;
    all.now += 2'000;
    EXPECT_TRUE(all.round(1)) << "and goes on when one is back";
}

TEST(Certification, TheNextLeaderCoversWhatTheLastOneCouldNot) {
    Certification all(4);
    all.everybody_applies("a");
    all.node(2).away = all.node(3).away = true;
    EXPECT_FALSE(all.round(1));
    all.node(1).rounds.lead(false);
    all.node(2).away = all.node(3).away = false;
    const auto certificate = all.round(2);
    ASSERT_TRUE(certificate);
    EXPECT_EQ(
        certificate->note.substr(
            0, certificate->note.find('\n', certificate->note.find("\n\n") + 2)
        ),
        all.alliance.note(2, 2, all.node(1).tree.root(), {})
            .substr(0, certificate->note.find('\n', certificate->note.find("\n\n") + 2))
    );
}

// With four nodes f is 1: a leader that lies alone certifies nothing, whatever root it shows.
TEST(Certification, ALyingLeaderAndNobodyElseCertifyNothing) {
    Certification all(4);
    all.everybody_applies("a");
    all.node(1).tree.forge_last_leaf("forged");
    EXPECT_FALSE(all.round(1));
    EXPECT_TRUE(all.node(1).dissents.outvoted(
        all.node(1).tree.own(),
        [] {
            consensus::Membership four;
            four.voters = {1, 2, 3, 4};
            return four;
        }()
    )) << "three others agree with each other: it is the leader that halts";
    for (const consensus::NodeId number : {2U, 3U, 4U}) {
        EXPECT_TRUE(all.node(number).kept.empty());
        EXPECT_EQ(all.node(number).cosigner.last().size, 0) << "asked for a lie, promised nothing";
    }
    all.node(1).rounds.lead(false);
    EXPECT_TRUE(all.round(2));
    EXPECT_EQ(all.node(1).against.size(), 1) << "which halts the liar's node";
}

// With a majority for q, metro and bike of four could have certified both trees with one honest
// member on each side; with q = 3 they cannot.
TEST(Certification, TwoRootsOfOneSizeAreNeverBothCertifiedByOneLiar) {
    Certification all(4);
    all.everybody_applies("a");
    all.node(1).cosigns_anything = true;
    ASSERT_TRUE(all.round(2));
    all.node(1).tree.forge_last_leaf("forged");
    all.node(4).tree.forge_last_leaf("forged");  // fooled before anything was certified
    EXPECT_FALSE(all.round(1));
}

// If more than f lie, a fork is possible; then at least 2q - n of them are proven guilty, and
// nobody who cosigned one tree only.
TEST(Certification, AForkConvictsItsAuthorsAndNobodyElse) {
    Certification all(4);
    all.everybody_applies("a");
    all.node(1).cosigns_anything = all.node(2).cosigns_anything = true;
    all.node(3).away = true;
    const auto first = all.round(1);
    ASSERT_TRUE(first);
    all.node(3).away = false;
    all.node(4).away = true;
    all.node(1).tree.forge_last_leaf("forged");
    all.node(3).tree.forge_last_leaf("forged");
    all.node(1).rounds.lead(false);
    const auto second = all.round(1);
    ASSERT_TRUE(second);
    const ledger::CheckpointFork fork{first->note, second->note, {}, {}};
    std::vector<ledger::NoteKey> cosign_keys;
    for (const CosignVoter& voter : all.alliance.electorate().voters) {
        cosign_keys.push_back(voter.cosign);
    }
    const auto guilty = ledger::convict(fork, cosign_keys);
    ASSERT_TRUE(guilty);
    EXPECT_EQ(*guilty, (std::vector{cosign_keys[0], cosign_keys[1]}));
    EXPECT_FALSE(all.node(4).against.empty()) << "and the honest node of the first tree halts";
}

TEST(Certification, WhatAMemberCosignedUnderOneLeaderBindsItUnderTheNext) {
    Certification all(3);
    all.everybody_applies("a");
    all.everybody_applies("b");
    ASSERT_TRUE(all.round(1));
    all.node(1).rounds.lead(false);
    // Bike's tree lost a block (an old copy of its disk): nobody follows it back.
    small::Tree old;
    old.add({"a"});
    all.node(2).tree = old;
    EXPECT_FALSE(all.round(2));
    for (const consensus::NodeId number : {1U, 3U}) {
        EXPECT_EQ(all.node(number).cosigner.last().size, 3);
    }
}

TEST(Certification, WithoutAMajorityForOneRootNobodyIsChosenAndAMinuteLaterItIsUncertifiable) {
    Certification all(4);
    all.everybody_applies("a");
    for (const consensus::NodeId number : {2U, 3U, 4U}) {
        all.node(number).tree.forge_last_leaf("of " + std::to_string(number));
    }
    consensus::Membership four;
    four.voters = {1, 2, 3, 4};
    EXPECT_FALSE(all.round(1));
    EXPECT_FALSE(all.node(1).dissents.outvoted(all.node(1).tree.own(), four));
    EXPECT_FALSE(all.node(1).rounds.is_uncertifiable(all.now));
    all.now += 60'000;
    EXPECT_TRUE(all.node(1).rounds.is_uncertifiable(all.now));
}

}  // namespace
}  // namespace tanji::node
