// Points of an account, and who owes whom for them.
#include "tests/api/small_mall.h"

namespace tanji::api {
namespace {

using Points = Mall;

TEST_F(Points, AnAccountIsOneConsistentReadOfPointsCreditsAndHolds) {
    ASSERT_EQ(reserve(30).status, 201);
    const std::string path = "/v1/accounts/" + alice;
    const Response shown = get(path, grant(alice_key_, alice, "account"));
    ASSERT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(
        at(shown, "points"),
        R"([{"programme":"sz-green","available":"215","pending":"0","held":"50","frozen":"0",)"
        R"("expiring":[{"on":"2026-12-22","points":"215"}],"becoming_available":[]}])"
    );
    EXPECT_EQ(at(shown, "credits/0/held"), R"("259")");
    EXPECT_EQ(
        at(shown, "holds"),
        R"([{"redemption":")" + id_of(30) +
            R"(","offer":"mall.coffee","programme":"sz-green",)"
            R"("quantity":1,"points":"50","hold_until":)" +
            std::to_string(node_.now + 900'000) + "}]"
    );
    EXPECT_EQ(at(shown, "holds_more"), "false");
    EXPECT_EQ(at(shown, "as_of/size"), std::to_string(node_.local()->head().size));

    const std::string etag = *shown.field("ETag");
    EXPECT_EQ(get(path, token_, {{"if-none-match", etag}}).status, 304);
    ASSERT_EQ(reserve(31).status, 201);
    EXPECT_EQ(get(path, token_, {{"if-none-match", etag}}).status, 200);
}

TEST_F(Points, PendingPointsSayOnWhichDayTheyComeAndLotsSayWhenTheyGo) {
    publish_programme(2, 1);
    ASSERT_EQ(upload_lines(second_batch()).status, 201);
    ASSERT_EQ(attest(second_batch(), 22).status, 200);
    const Response shown = get("/v1/accounts/" + alice, token_);
    EXPECT_EQ(at(shown, "points/0/pending"), R"("95")");
    EXPECT_EQ(at(shown, "points/0/becoming_available"), R"([{"on":"2026-11-22","points":"95"}])");
    EXPECT_EQ(at(shown, "points/0/expiring"), R"([{"on":"2026-12-22","points":"360"}])");

    const std::string path = "/v1/accounts/" + alice + "/lots";
    EXPECT_EQ(get(path).status, 401);
    EXPECT_EQ(get(path, mall_token_).status, 403);
    const Response lots = get(path, grant(alice_key_, alice, "account"));
    ASSERT_EQ(count(lots), 1U);
    EXPECT_EQ(at(lots, "data/0/sponsor"), R"("metro")");
    EXPECT_EQ(at(lots, "data/0/available"), R"("265")");
    EXPECT_EQ(at(lots, "data/0/pending"), R"("95")");
    EXPECT_EQ(at(lots, "data/0/maturing/0/points"), R"("95")");

    node_.pass(ledger::ms_per_day);
    tick(1);
    EXPECT_EQ(available(alice), R"("360")");
    node_.pass(7 * ledger::ms_per_day);
    tick(2);
    EXPECT_EQ(at(get("/v1/accounts/" + bob, token_), "points/0/available"), R"("200")");
}

TEST_F(Points, PointsThatNobodySpentExpireAtTheEndOfTheirDay) {
    for (int week = 0; week < 5; ++week) {
        node_.pass(7 * ledger::ms_per_day);
        tick(week);
    }
    EXPECT_EQ(available(alice), R"("0")");
    EXPECT_EQ(count(get("/v1/accounts/" + alice + "/lots", token_)), 0U);
    EXPECT_EQ(at(get("/v1/programmes/sz-green"), "supply/expired"), R"("465")");
    const Response history = get("/v1/accounts/" + alice + "/history?unit=sz-green", token_);
    EXPECT_EQ(at(history, "data/0/type"), R"("points.expire")");
    EXPECT_EQ(at(history, "data/0/command"), "null");
    EXPECT_EQ(at(history, "data/0/amount"), R"("-265")");
    EXPECT_EQ(at(history, "data/0/balance"), R"("0")");
}

TEST_F(Points, HoldsAreListedByTheirEndPageByPage) {
    for (int n = 30; n < 34; ++n) {
        ASSERT_EQ(reserve(n).status, 201);
    }
    const std::string path = "/v1/accounts/" + alice + "/holds";
    EXPECT_EQ(count(get(path, token_)), 4U);
    std::string cursor;
    for (int n = 30; n < 34; ++n) {
        const Response page = get(path + "?limit=1" + cursor, token_);
        EXPECT_EQ(at(page, "data/0/redemption"), "\"" + id_of(n) + "\"");
        const ledger::JsonValue value = json(page);
        const std::string* next = value.find("next")->string();
        cursor = next != nullptr ? "&cursor=" + *next : "";
    }
    EXPECT_TRUE(cursor.empty());
    EXPECT_EQ(get(path, mall_token_).status, 403);
}

TEST_F(Points, HistoryIsFilteredByTimeTypeAndUnit) {
    const std::string path = "/v1/accounts/" + alice + "/history";
    node_.pass(1'000);
    const std::string before = std::to_string(node_.now);
    ASSERT_EQ(reserve(30).status, 201);
    ASSERT_EQ(confirm(31, 30, "40").status, 200);
    const auto ask = [&](const std::string& query) { return get(path + query, token_); };
    const Response all = ask("");
    EXPECT_EQ(count(all), 5U) << all.body;  // grams, points; held; redeemed, returned
    EXPECT_EQ(count(ask("?unit=sz-green")), 4U);
    EXPECT_EQ(count(ask("?unit=" + std::string(bike_class))), 1U);
    EXPECT_EQ(count(ask("?type=redemption.confirm")), 2U);
    EXPECT_EQ(count(ask("?from=" + before)), 3U);
    EXPECT_EQ(count(ask("?to=" + before)), 2U);
    EXPECT_EQ(count(ask("?from=" + before + "&to=" + before)), 0U);
    EXPECT_EQ(ask("?from=yesterday").status, 400);
    EXPECT_EQ(ask("?kind=points").status, 400);

    const Response held = ask("?type=redemption.reserve");
    EXPECT_EQ(at(held, "data/0/from"), R"("available")");
    EXPECT_EQ(at(held, "data/0/amount"), R"("-50")");
    EXPECT_EQ(at(held, "data/0/balance"), R"("215")");
    const Response first = ask("?limit=1&unit=sz-green");
    const ledger::JsonValue page = json(first);
    const std::string next = *page.find("next")->string();
    EXPECT_EQ(
        at(ask("?limit=1&unit=sz-green&cursor=" + next), "data/0"),
        at(ask("?unit=sz-green"), "data/1")
    );
    EXPECT_EQ(ask("?limit=1&cursor=" + next).status, 400);
}

TEST_F(Points, ClearingIsForTheTwoMembersAndSumsToZero) {
    ASSERT_EQ(reserve(30, 2).status, 201);
    ASSERT_EQ(confirm(31, 30, "100").status, 200);
    ASSERT_EQ(reserve(32, 1, bob).status, 201);
    ASSERT_EQ(confirm(33, 32, "50").status, 200);
    ASSERT_EQ(refund(34, 30, "30").status, 200);
    EXPECT_EQ(get("/v1/clearing").status, 401);
    EXPECT_EQ(get("/v1/clearing", grant(alice_key_, alice, "account")).status, 403);
    EXPECT_EQ(count(get("/v1/clearing", verifier_token_), "positions"), 0U);

    const Response mall = get("/v1/clearing", mall_token_);
    ASSERT_EQ(mall.status, 200) << mall.body;
    EXPECT_EQ(
        at(mall, "positions"),
        R"([{"programme":"sz-green","month":"2026-11","debtor":"mall","creditor":"metro",)"
        R"("points":"30","value":"300000","currency":"CNY"},)"
        R"({"programme":"sz-green","month":"2026-11","debtor":"metro","creditor":"mall",)"
        R"("points":"150","value":"1500000","currency":"CNY"}])"
    );
    EXPECT_EQ(at(mall, "nets/0/member"), R"("mall")");
    EXPECT_EQ(at(mall, "nets/0/points"), R"("120")");
    EXPECT_EQ(at(mall, "nets/1/points"), R"("-120")");
    EXPECT_EQ(at(mall, "nets/1/value"), R"("-1200000")");
    EXPECT_EQ(at(mall, "redemptions"), "");
    EXPECT_EQ(at(get("/v1/clearing", token_), "positions"), at(mall, "positions"));

    const Response detail = get("/v1/clearing?detail=true", mall_token_);
    EXPECT_EQ(count(detail, "redemptions"), 2U);
    EXPECT_EQ(at(detail, "redemptions/0/redemption"), "\"" + id_of(30) + "\"");
    EXPECT_EQ(at(detail, "redemptions/0/points"), R"("70")");
    EXPECT_EQ(at(detail, "redemptions/1/value"), R"("500000")");
    EXPECT_EQ(detail.body.find(alice), std::string::npos);
    EXPECT_EQ(count(get("/v1/clearing?programme=sz-green&member=metro", mall_token_), "nets"), 2U);
    EXPECT_EQ(count(get("/v1/clearing?member=verico", mall_token_), "positions"), 0U);
    EXPECT_EQ(get("/v1/clearing?member=nobody", mall_token_).status, 400);
    EXPECT_EQ(get("/v1/clearing?programme=none", mall_token_).status, 400);
    EXPECT_EQ(get("/v1/clearing?detail=1", mall_token_).status, 400);
}

TEST_F(Points, ClearingComesAsCsvToo) {
    ASSERT_EQ(reserve(30).status, 201);
    ASSERT_EQ(confirm(31, 30, "50").status, 200);
    const auto csv = [&](const std::string& query) {
        return get("/v1/clearing" + query, mall_token_, {{"accept", "text/csv"}});
    };
    const Response positions = csv("");
    EXPECT_TRUE(positions.content_type.starts_with("text/csv"));
    EXPECT_EQ(
        positions.body,
        "programme,month,debtor,creditor,points,value_micro,currency\r\n"
        "sz-green,2026-11,metro,mall,50,500000,CNY\r\n"
    );
    const std::string parts = csv("?detail=true").body;
    EXPECT_NE(parts.find("\r\n" + id_of(30) + ",sz-green,2026-11,metro,mall,"), std::string::npos);
    EXPECT_EQ(get("/v1/clearing", mall_token_, {{"accept", "image/png"}}).status, 406);
}

TEST_F(Points, ARevocationTakesBackWhatIsLeft) {
    ASSERT_EQ(reserve(30).status, 201);
    const auto revoke = node_.command(
        "activity.revoke",
        id_of(21),
        R"({"batch":")" + id_of(10) +
            R"(","records":null,"reason":"false_data","free":true,"evidence":null})"
    );
    const Response revoked = desk_.post("/v1/activities/" + id_of(10) + "/revoke", revoke);
    ASSERT_EQ(revoked.status, 200) << revoked.body;
    EXPECT_EQ(at(revoked, "result/points_revoked"), R"("415")");
    EXPECT_EQ(at(revoked, "result/unbacked"), R"("50")");
    EXPECT_EQ(available(alice), R"("0")");
    EXPECT_EQ(
        at(get("/v1/programmes/sz-green"), "unbacked"), R"([{"sponsor":"metro","points":"50"}])"
    );
}

}  // namespace
}  // namespace tanji::api
