#include "node/replica/admission.h"

#include "node/replica/sealer.h"
#include "tests/node/small_alliance.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using small::key_of;
using small::noon;

constexpr ledger::TimeMs max_skew_ms = 2'000;

// Metro (node 1) leads term 5 of an alliance of three; this node decides what it may say.
class AdmissionTest : public testing::Test {
protected:
    // An empty block of term 5, and who signs it.
    SealedBlockPtr block(consensus::Index index, ledger::TimeMs time, const ledger::SigningKey& key)
        const {
        const consensus::SealRequest request = {
            .slot = {.at = {.term = 5, .index = index}, .prev = {}, .membership = 1},
            .kind = consensus::Kind::no_op,
            .membership = {},
        };
        return Sealer(ledger_, key).seal(request, time, {});
    }
    SealedBlockPtr block(consensus::Index index, ledger::TimeMs time) const {
        return block(index, time, alliance_.log(1));
    }

    // Nothing if it is admitted, else why not.
    std::string_view said(const Agreement& agreement) const {
        const auto admitted = admit(agreement, ledger_, alliance_.electorate());
        return admitted ? "" : admitted.error().code;
    }
    static Agreement with(consensus::Message message) {
        Agreement agreement;
        agreement.message = std::move(message);
        return agreement;
    }
    static Agreement carrying(const SealedBlockPtr& block) {
        Agreement agreement = with(consensus::Append{});
        agreement.blocks.push_back(block->bytes);
        return agreement;
    }
    static Agreement candidacy(const consensus::Position& claimed, const SealedBlockPtr& shown) {
        Agreement agreement = with(consensus::Vote{.term = 6, .last = claimed, .transfer = {}});
        agreement.last_header = shown->bytes->substr(0, ledger::header_bytes);
        return agreement;
    }

    // After block 9 of noon, in term 5.
    std::string_view checked(const SealedBlockPtr& block, consensus::Index committed = 9) const {
        const consensus::Append append = {
            .term = 5, .prev = {5, 9}, .count = 1, .commit = committed, .blocks = {}
        };
        const auto good = admission_.check(append, {block}, noon, 5, noon);
        return good ? "" : good.error().code;
    }

    const small::Alliance alliance_{3};
    const ledger::Hash ledger_ = ledger::sha256("a genesis file");
    Admission admission_{max_skew_ms};
};

TEST_F(AdmissionTest, OnlyBlocksThatAVoterSigned) {
    EXPECT_EQ(said(carrying(block(10, noon))), "");
    EXPECT_EQ(said(carrying(block(10, noon, key_of(77)))), "header_unsigned");
    // The voter's name under another's signature.
    ledger::BlockHeader header = block(10, noon)->decoded.header;
    header.signature.bytes.front() ^= 1;
    Agreement forged = with(consensus::Append{});
    forged.blocks.push_back(std::make_shared<const ledger::Bytes>(ledger::encode_block(header, {}))
    );
    EXPECT_EQ(said(forged), "header_unsigned");
}

TEST_F(AdmissionTest, ACandidateShowsTheBlockAtWhichItEnds) {
    EXPECT_EQ(said(candidacy({5, 10}, block(10, noon))), "");
    EXPECT_EQ(said(candidacy({5, 11}, block(10, noon))), "claim_invalid") << "longer";
    EXPECT_EQ(said(candidacy({6, 10}, block(10, noon))), "claim_invalid") << "a later term";
    EXPECT_EQ(said(candidacy({5, 10}, block(10, noon, key_of(77)))), "claim_invalid");
}

// Whether it votes there, the log tells: who judges a message does not have it.
TEST_F(AdmissionTest, AKnownKeyMaySealWhereTheMembershipIsNotAppliedYet) {
    Electorate electorate = alliance_.electorate();
    const auto known = key_of(77);
    electorate.others.push_back(
        {.node = 9, .log = ledger::log_key(small::origin, known.public_key())}
    );
    const auto sealed_in = [&](std::uint64_t membership) {
        const consensus::SealRequest request = {
            .slot = {.at = {.term = 5, .index = 10}, .prev = {}, .membership = membership},
            .kind = consensus::Kind::no_op,
            .membership = {},
        };
        return Sealer(ledger_, known).seal(request, noon, {});
    };
    const auto taken = [&](const Agreement& agreement) {
        const auto admitted = admit(agreement, ledger_, electorate);
        return admitted && admitted->size() == agreement.blocks.size();
    };
    EXPECT_TRUE(taken(carrying(sealed_in(2))));
    EXPECT_TRUE(taken(candidacy({5, 10}, sealed_in(2)))) << "as the end of a candidate's log";
    EXPECT_FALSE(taken(carrying(sealed_in(1)))) << "it does not vote in that one";
    EXPECT_FALSE(taken(candidacy({5, 10}, sealed_in(1))));
}

TEST_F(AdmissionTest, AnOrderToTakeOverIsSignedByTheLeaderThatGivesIt) {
    consensus::TransferNow order = {.term = 5, .from = 1, .to = 2, .signature = {}};
    sign_transfer(order, ledger_, alliance_.log(1));
    EXPECT_EQ(said(with(order)), "");
    Agreement vote = candidacy({5, 10}, block(10, noon));
    std::get<consensus::Vote>(vote.message).transfer = order;
    EXPECT_EQ(said(vote), "");

    sign_transfer(order, ledger_, alliance_.log(2));
    EXPECT_EQ(said(with(order)), "order_unsigned") << "by the one that gains";
    std::get<consensus::Vote>(vote.message).transfer = order;
    EXPECT_EQ(said(vote), "order_unsigned");
    sign_transfer(order, ledger_, alliance_.log(1));
    order.term = 6;
    EXPECT_EQ(said(with(order)), "order_unsigned") << "for another term";
}

TEST_F(AdmissionTest, TheTimeOfBlocksDoesNotFall) {
    EXPECT_EQ(checked(block(10, noon)), "");
    EXPECT_EQ(checked(block(10, noon - 1)), "time_falls");
}

TEST_F(AdmissionTest, ABlockIsNotAheadOfTheClockUnlessItIsCommitted) {
    EXPECT_EQ(checked(block(10, noon + max_skew_ms)), "");
    EXPECT_EQ(checked(block(10, noon + max_skew_ms + 1)), "time_ahead");
    EXPECT_EQ(checked(block(10, noon + max_skew_ms + 1), 10), "") << "a quorum took it";
}

TEST_F(AdmissionTest, OneLogKeyLeadsATerm) {
    admission_.took(block(9, noon)->decoded.header);
    EXPECT_EQ(checked(block(10, noon)), "");
    EXPECT_EQ(checked(block(10, noon, alliance_.log(2))), "two_leaders");
}

// Somebody who lied in that term may have shown its block first: the honest one must not be refused
// for ever. Which of the two counts, the hashes decide.
TEST_F(AdmissionTest, OfAnOlderTermTheKeyIsNoMatterAnyMore) {
    admission_.took(block(10, noon, alliance_.log(2))->decoded.header);
    const consensus::Append append = {
        .term = 7, .prev = {5, 9}, .count = 1, .commit = 9, .blocks = {}
    };
    EXPECT_TRUE(admission_.check(append, {block(10, noon)}, noon, 7, noon));
}

}  // namespace
}  // namespace tanji::node
