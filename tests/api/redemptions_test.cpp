// Reserving, confirming, releasing, refunding, and what becomes of the voucher.
#include "tests/api/small_mall.h"

namespace tanji::api {
namespace {

using Redemptions = Mall;

TEST_F(Redemptions, AReservationHoldsPointsAndSaysUntilWhen) {
    const Response dry = desk_.post("/v1/redemptions?dry_run=true", reservation(30));
    const Response real = reserve(30);
    ASSERT_EQ(real.status, 201) << real.body;
    EXPECT_EQ(*real.field("Location"), "/v1/redemptions/" + id_of(30));
    EXPECT_EQ(
        at(real, "result"),
        R"({"id":")" + id_of(30) +
            R"(","state":"reserved","offer":"mall.coffee",)"
            R"("programme":"sz-green","quantity":1,"points":"50","hold_until":)" +
            std::to_string(node_.now + 900'000) + "}"
    );
    EXPECT_EQ(dry.status, 201);
    EXPECT_EQ(at(dry, "result"), at(real, "result"));
    EXPECT_EQ(available(alice), R"("215")");
    EXPECT_EQ(reserve(30).body.find("\"replayed\":true") != std::string::npos, true);
    EXPECT_EQ(available(alice), R"("215")");
}

TEST_F(Redemptions, TooFewPointsAreARefusalWithALeaf) {
    ASSERT_EQ(reserve(30, 2, bob).status, 201);
    ASSERT_EQ(reserve(31, 2, bob).status, 201);
    const Response refused = reserve(32, 1, bob);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(at(refused, "code"), R"("insufficient_points")");
    EXPECT_EQ(at(refused, "recorded"), "true");
    EXPECT_EQ(at(refused, "detail"), R"("usable 0, needed 50, programme sz-green")");
    EXPECT_EQ(at(refused, "outcome/outcome"), R"("refused")");
    EXPECT_EQ(get("/v1/redemptions/" + id_of(32), token_).status, 404);
}

TEST_F(Redemptions, OneIsShownToItsHolderItsCustodianAndItsMerchantOnly) {
    ASSERT_EQ(reserve(30).status, 201);
    const std::string path = "/v1/redemptions/" + id_of(30);
    EXPECT_EQ(get(path).status, 401);
    EXPECT_EQ(get(path, "tm1.00000001.AAAA").status, 401);
    EXPECT_EQ(get(path, verifier_token_).status, 403);
    EXPECT_EQ(get(path, grant(bob_key_, bob, "account")).status, 403);
    EXPECT_EQ(get(path, grant(alice_key_, alice, "records")).status, 403);

    const Response holder = get(path, grant(alice_key_, alice, "account"));
    ASSERT_EQ(holder.status, 200) << holder.body;
    EXPECT_EQ(at(holder, "account"), "\"" + alice + "\"");
    EXPECT_EQ(at(holder, "state"), R"("reserved")");
    EXPECT_EQ(at(holder, "voucher"), "null");
    EXPECT_EQ(at(holder, "steps/0/type"), R"("redemption.reserve")");
    EXPECT_EQ(at(holder, "steps/0/command"), "\"" + id_of(30) + "\"");
    EXPECT_EQ(get(path, token_).body, holder.body);
    node_.accesses.clear();
    const Response merchant = get(path, mall_token_);
    EXPECT_EQ(at(merchant, "account"), "null");
    EXPECT_EQ(merchant.body.find(alice), std::string::npos);
    EXPECT_EQ(node_.accesses, (std::vector<std::string>{"00000003 getRedemption " + id_of(30)}));
}

TEST_F(Redemptions, AVoucherIsReleasedOnceItsConfirmationIsCertified) {
    ASSERT_EQ(reserve(30).status, 201);
    EXPECT_EQ(get("/v1/vouchers/" + commitment(30)).status, 404);
    const Response confirmed = confirm(31, 30, "50");
    ASSERT_EQ(confirmed.status, 200) << confirmed.body;
    EXPECT_EQ(at(confirmed, "result/id"), "\"" + id_of(30) + "\"");
    EXPECT_EQ(at(confirmed, "result/state"), R"("confirmed")");
    EXPECT_EQ(at(confirmed, "result/voucher"), "\"" + commitment(30) + "\"");

    const Response waiting = get("/v1/vouchers/" + commitment(30));
    EXPECT_EQ(at(waiting, "release"), R"("waiting")");
    EXPECT_EQ(at(waiting, "points"), R"("50")");
    EXPECT_EQ(at(waiting, "merchant"), R"("mall")");
    EXPECT_EQ(at(waiting, "leaf_index"), at(confirmed, "leaf_index"));
    EXPECT_EQ(
        at(get("/v1/redemptions/" + id_of(30), mall_token_), "voucher/release"), R"("waiting")"
    );
    node_.certify();
    EXPECT_EQ(at(get("/v1/vouchers/" + commitment(30)), "release"), R"("released")");
    EXPECT_EQ(
        at(get("/v1/redemptions/" + id_of(30), mall_token_), "voucher/release"), R"("released")"
    );
    EXPECT_EQ(get("/v1/vouchers/" + std::string(64, 'f')).status, 404);
    EXPECT_EQ(get("/v1/vouchers/short").status, 404);
}

TEST_F(Redemptions, WhatIsNotConfirmedComesBackAndWhatIsRefundedToo) {
    ASSERT_EQ(reserve(30, 2).status, 201);
    EXPECT_EQ(available(alice), R"("165")");
    const Response confirmed = confirm(31, 30, "70");
    EXPECT_EQ(at(confirmed, "result/points"), R"("70")");
    EXPECT_EQ(at(confirmed, "result/returned"), R"("30")");
    EXPECT_EQ(
        at(confirmed, "result/clearing"),
        R"([{"programme":"sz-green","debtor":"metro","creditor":"mall","points":"70",)"
        R"("value":"700000"}])"
    );
    EXPECT_EQ(available(alice), R"("195")");
    const Response refunded = refund(32, 30, "20");
    ASSERT_EQ(refunded.status, 200) << refunded.body;
    EXPECT_EQ(at(refunded, "result/state"), R"("partly_refunded")");
    EXPECT_EQ(at(refunded, "result/returned"), R"("20")");
    EXPECT_EQ(at(refunded, "result/clearing/0/debtor"), R"("mall")");
    EXPECT_EQ(at(refund(33, 30, "51"), "code"), R"("refund_exceeds")");
    EXPECT_EQ(at(refund(34, 30, "50"), "result/state"), R"("refunded")");
    EXPECT_EQ(available(alice), R"("265")");
    const Response whole = get("/v1/redemptions/" + id_of(30), token_);
    EXPECT_EQ(at(whole, "confirmed"), R"("70")");
    EXPECT_EQ(at(whole, "refunded"), R"("70")");
    EXPECT_EQ(at(whole, "steps/3/type"), R"("redemption.refund")");
    EXPECT_EQ(at(get("/v1/vouchers/" + commitment(30)), "points"), R"("0")");
}

TEST_F(Redemptions, AreListedByAccountOrMerchantAndByState) {
    ASSERT_EQ(reserve(30).status, 201);
    ASSERT_EQ(reserve(31).status, 201);
    ASSERT_EQ(reserve(32, 1, bob).status, 201);
    ASSERT_EQ(release(33, 31).status, 200);
    EXPECT_EQ(get("/v1/redemptions?merchant=mall").status, 401);
    EXPECT_EQ(get("/v1/redemptions", mall_token_).status, 400);
    EXPECT_EQ(get("/v1/redemptions?merchant=mall&account=" + alice, token_).status, 400);
    EXPECT_EQ(get("/v1/redemptions?merchant=mall", token_).status, 403);
    EXPECT_EQ(get("/v1/redemptions?account=" + alice, mall_token_).status, 403);
    EXPECT_EQ(
        get("/v1/redemptions?merchant=mall", grant(alice_key_, alice, "account")).status, 403
    );
    EXPECT_EQ(get("/v1/redemptions?merchant=mall&state=lost", mall_token_).status, 400);

    const Response sold = get("/v1/redemptions?merchant=mall", mall_token_);
    EXPECT_EQ(count(sold), 3U);
    EXPECT_EQ(sold.body.find(alice), std::string::npos);
    EXPECT_EQ(count(get("/v1/redemptions?merchant=mall&state=released", mall_token_)), 1U);
    EXPECT_EQ(count(get("/v1/redemptions?merchant=mall&state=confirmed", mall_token_)), 0U);
    const std::string own = grant(alice_key_, alice, "account");
    const Response held = get("/v1/redemptions?state=reserved&account=" + alice, own);
    EXPECT_EQ(count(held), 1U);
    EXPECT_EQ(at(held, "stable"), "false");
    EXPECT_EQ(at(held, "data/0/id"), "\"" + id_of(30) + "\"");

    const Response first = get("/v1/redemptions?limit=2&merchant=mall", mall_token_);
    const ledger::JsonValue page = json(first);
    const std::string next = *page.find("next")->string();
    const Response rest = get("/v1/redemptions?limit=2&merchant=mall&cursor=" + next, mall_token_);
    EXPECT_EQ(count(rest), 1U);
    EXPECT_EQ(at(rest, "data/0/id"), "\"" + id_of(32) + "\"");
    EXPECT_EQ(get("/v1/redemptions?account=" + alice + "&cursor=" + next, token_).status, 400);
}

TEST_F(Redemptions, AHoldThatEndsGivesThePointsBack) {
    ASSERT_EQ(reserve(30).status, 201);
    node_.pass(901'000);
    tick(1);
    const Response expired = get("/v1/redemptions/" + id_of(30), token_);
    EXPECT_EQ(at(expired, "state"), R"("expired")");
    EXPECT_EQ(at(expired, "steps/1/type"), R"("redemption.expire")");
    EXPECT_EQ(at(expired, "steps/1/command"), "null");
    EXPECT_EQ(available(alice), R"("265")");
    EXPECT_EQ(at(confirm(31, 30, "50"), "code"), R"("reservation_expired")");
}

}  // namespace
}  // namespace tanji::api
