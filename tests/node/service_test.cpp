#include "tests/node/held_node.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;
using test::HeldNode;

class ServiceTest : public testing::Test {
protected:
    // Committed, applied, not certified.
    ledger::LeafIndex commit(const ledger::Envelope& envelope) {
        auto answer = node_.submit({.envelope = envelope, .attachment = {}});
        if (!HeldNode::is_there(answer)) {
            ADD_FAILURE() << "nothing was answered";
            return 0;
        }
        const auto submitted = answer.get();
        EXPECT_TRUE(submitted);
        return submitted ? submitted->outcome.leaf : 0;
    }

    HeldNode node_;
};

TEST_F(ServiceTest, WhoRepeatsACommandUntilItIsCertifiedWaitsForItsCertificateOnly) {
    node_.lead();
    node_.hold_certificates();
    const auto envelope = node_.open_account('a', '1');
    const ledger::LeafIndex leaf = commit(envelope);
    const ledger::BlockIndex before = node_.head();
    // What refuses new commands does not concern one whose outcome is known.
    node_.free_bytes = 0;
    auto again = node_.submit({.envelope = envelope, .attachment = {}, .until_certified = true});
    EXPECT_FALSE(HeldNode::is_there(again, 200));
    node_.release_certificates();
    ASSERT_TRUE(HeldNode::is_there(again));
    const auto answer = again.get();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_TRUE(answer->certified);
    EXPECT_TRUE(answer->outcome.replayed);
    EXPECT_EQ(answer->outcome.leaf, leaf);
    EXPECT_EQ(node_.head(), before) << "it was sealed again";
}

TEST_F(ServiceTest, AtItsDeadlineAKnownOutcomeIsAnsweredUncertified) {
    node_.lead();
    node_.hold_certificates();
    const auto envelope = node_.open_account('a', '1');
    const ledger::LeafIndex leaf = commit(envelope);
    auto again = node_.submit(
        {.envelope = envelope, .attachment = {}, .until_certified = true, .wait_ms = 50}
    );
    ASSERT_TRUE(HeldNode::within(5'000, [&] {
        node_.tick();
        return HeldNode::is_there(again, 0);
    }));
    const auto answer = again.get();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_FALSE(answer->certified);
    EXPECT_EQ(answer->outcome.leaf, leaf);
}

TEST_F(ServiceTest, OtherBytesUnderAKnownIdAreRefusedBeforeAnythingWaits) {
    node_.lead();
    node_.hold_certificates();
    commit(node_.open_account('a', '1'));
    auto other = node_.submit(
        {.envelope = node_.open_account('b', '1'), .attachment = {}, .until_certified = true}
    );
    ASSERT_TRUE(HeldNode::is_there(other));
    const auto answer = other.get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::id_reused);
}

TEST_F(ServiceTest, ANodeThatIsBeingStoppedStillTellsAKnownOutcome) {
    node_.lead();
    node_.hold_certificates();
    const auto envelope = node_.open_account('a', '1');
    commit(envelope);
    node_.service().drain();
    auto again = node_.submit({.envelope = envelope, .attachment = {}, .until_certified = true});
    ASSERT_TRUE(HeldNode::is_there(again));
    const auto answer = again.get();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_FALSE(answer->certified);
}

TEST_F(ServiceTest, ANodeThatKnowsNoLeaderTakesNoMoreBytesThanItsBound) {
    // Nobody leads: what is taken waits to be forwarded.
    auto first = node_.submit({.envelope = node_.open_account('a', '1'), .attachment = {}});
    auto second = node_.submit({.envelope = node_.open_account('b', '2'), .attachment = {}});
    auto third = node_.submit({.envelope = node_.open_account('c', '3'), .attachment = {}});
    ASSERT_TRUE(HeldNode::is_there(third));
    const auto refused = third.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
    EXPECT_FALSE(HeldNode::is_there(first, 0));
    EXPECT_FALSE(HeldNode::is_there(second, 0));
    node_.lead();
    EXPECT_TRUE(HeldNode::is_there(first));
    EXPECT_TRUE(HeldNode::is_there(second));
}

TEST_F(ServiceTest, ReadsThatWaitForALeaderHoldNobodyUp) {
    std::vector<std::future<bool>> reads;
    for (int i = 0; i < 100; ++i) {
        const auto promised = std::make_shared<std::promise<bool>>();
        reads.push_back(promised->get_future());
        node_.service().latest({}, [promised](const auto& view) {
            promised->set_value(view.has_value());
        });
    }
    EXPECT_FALSE(HeldNode::is_there(reads.front(), 50));
    EXPECT_EQ(node_.head(), 1U);  // a read of what is here, at once
    node_.lead();
    for (auto& read : reads) {
        ASSERT_TRUE(HeldNode::is_there(read));
        EXPECT_TRUE(read.get());
    }
}

TEST_F(ServiceTest, ALocalReadOfABlockThatDoesNotComeIsBehind) {
    node_.hold_blocks();
    std::promise<ErrorCode> promised;
    auto refused = promised.get_future();
    node_.service().latest({.least = 2, .barrier = false}, [&](const auto& view) {
        promised.set_value(view ? ErrorCode::internal : view.error().code);
    });
    ASSERT_TRUE(HeldNode::within(4'000, [&] {
        node_.tick();
        return HeldNode::is_there(refused, 0);
    }));
    EXPECT_EQ(refused.get(), ErrorCode::behind);
}

TEST_F(ServiceTest, ALocalReadWaitsForItsBlockAndForNothingElse) {
    node_.lead();
    node_.hold_blocks();
    auto opened = node_.submit({.envelope = node_.open_account('a', '1'), .attachment = {}});
    std::promise<ledger::BlockIndex> promised;
    auto read = promised.get_future();
    node_.service().latest({.least = 3, .barrier = false}, [&](const auto& view) {
        promised.set_value(view ? (*view)->head().block : 0);
    });
    EXPECT_FALSE(HeldNode::is_there(read, 50));
    node_.release_blocks();
    ASSERT_TRUE(HeldNode::is_there(read));
    EXPECT_EQ(read.get(), 3U);
    EXPECT_TRUE(HeldNode::is_there(opened));
}

TEST_F(ServiceTest, AnUnknownKeyIsRefusedOnlyAfterABarrierAndNoThreadWaitsForIt) {
    auto envelope = node_.open_account('a', '1');
    envelope.signatures.front().keyid.bytes.fill(9);
    auto answer = node_.submit({.envelope = envelope, .attachment = {}});
    EXPECT_FALSE(HeldNode::is_there(answer, 50));
    node_.lead();
    ASSERT_TRUE(HeldNode::is_there(answer));
    const auto refused = answer.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::key_unknown);
}

TEST_F(ServiceTest, ACommandIsChargedWhenItsSignaturesAreGoodAndNotBefore) {
    node_.lead();
    int charged = 0;
    const auto price = [&] {
        ++charged;
        return ledger::Status(ledger::refuse(ErrorCode::rate_limited, "no token is left"));
    };
    auto forged = node_.open_account('a', '1');
    forged.payload += " ";
    auto first = node_.submit({.envelope = forged, .attachment = {}, .verified = price});
    ASSERT_TRUE(HeldNode::is_there(first));
    EXPECT_FALSE(first.get());
    EXPECT_EQ(charged, 0);
    auto second =
        node_.submit({.envelope = node_.open_account('a', '1'), .attachment = {}, .verified = price}
        );
    ASSERT_TRUE(HeldNode::is_there(second));
    const auto refused = second.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(charged, 1);
}

}  // namespace
}  // namespace tanji::node
