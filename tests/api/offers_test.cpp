// Programmes and offers through the routes.
#include "tests/api/small_mall.h"

namespace tanji::api {
namespace {

using Offers = Mall;

TEST_F(Offers, AProgrammeVersionNeverChangesAndItsSlugIsTheNewestOne) {
    const Response first = get("/v1/programmes/sz-green@1");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_NE(first.field("Cache-Control")->find("immutable"), std::string::npos);
    EXPECT_EQ(*first.field("Tanji-Digest"), ledger::sha256(first.body).hex());
    EXPECT_EQ(at(first, "delay_days"), "0");
    EXPECT_EQ(at(first, "earners"), R"("any")");
    EXPECT_EQ(at(first, "clearing"), R"({"currency":"CNY","micro_per_point":"10000"})");

    const Response second = publish_programme(2, 1);
    EXPECT_EQ(*second.field("Location"), "/v1/programmes/sz-green@2");
    EXPECT_EQ(at(second, "result/programme"), R"("sz-green")");
    EXPECT_EQ(at(second, "result/version"), "2");
    EXPECT_EQ(get("/v1/programmes/sz-green@1").body, first.body);
    const Response newest = get("/v1/programmes/sz-green");
    EXPECT_EQ(at(newest, "ref"), R"("sz-green@2")");
    EXPECT_EQ(at(newest, "supply/awarded"), R"("465")");
    EXPECT_EQ(at(newest, "supply/conserved"), "true");
    EXPECT_EQ(*newest.field("Cache-Control"), "no-cache");
    EXPECT_EQ(get("/v1/programmes/sz-green@3").status, 404);
    EXPECT_EQ(count(get("/v1/programmes")), 1U);
    EXPECT_EQ(at(get("/v1/summary"), "points/0/awarded"), R"("465")");
    EXPECT_EQ(at(get("/v1/summary"), "points/0/conserved"), "true");
}

TEST_F(Offers, AnOfferHasAnotherTagWhenItsStockIsAnother) {
    const Response shown = get("/v1/offers/" + coffee);
    ASSERT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(at(shown, "price"), R"("50")");
    EXPECT_EQ(at(shown, "stock/remaining"), R"("10")");
    EXPECT_EQ(at(shown, "open"), "true");
    const std::string tag = *shown.field("ETag");
    EXPECT_TRUE(tag.starts_with('"')) << "strong";
    const auto again = [&] { return get("/v1/offers/" + coffee, {}, {{"if-none-match", tag}}); };
    EXPECT_EQ(again().status, 304);
    ASSERT_EQ(reserve(30, 2).status, 201);
    const Response less = again();
    ASSERT_EQ(less.status, 200);
    EXPECT_EQ(at(less, "stock/remaining"), R"("8")");
    EXPECT_EQ(at(less, "stock/reserved"), R"("2")");
    EXPECT_EQ(get("/v1/offers/mall.tea").status, 404);
}

TEST_F(Offers, TheirMerchantRevisesRestocksAndClosesThem) {
    const std::string path = "/v1/offers/" + coffee;
    const std::string named = R"({"offer":")" + coffee + "\"";
    const Response revised =
        desk_.post(path + "/revise", by_mall("offer.revise", 72, named + "," + terms("60") + "}"));
    ASSERT_EQ(revised.status, 200) << revised.body;
    EXPECT_EQ(at(revised, "result/offer"), "\"" + coffee + "\"");
    EXPECT_EQ(at(revised, "result/revision"), "2");
    EXPECT_EQ(at(get(path), "price"), R"("60")");
    const auto more = by_mall("offer.restock", 73, named + R"(,"units":"5"})");
    EXPECT_EQ(desk_.post("/v1/offers/mall.tea/restock", more).status, 422);  // another path
    EXPECT_EQ(desk_.post(path + "/restock", more).status, 200);
    EXPECT_EQ(at(get(path), "stock/supplied"), R"("15")");
    const auto not_its = node_.command("offer.close", id_of(74), named + "}");
    EXPECT_EQ(desk_.post(path + "/close", not_its).status, 403);
    EXPECT_EQ(
        at(desk_.post(path + "/close", by_mall("offer.close", 75, named + "}")), "result/state"),
        R"("closed")"
    );
    EXPECT_EQ(at(get(path), "open"), "false");
    EXPECT_EQ(
        at(desk_.post(path + "/close", by_mall("offer.close", 76, named + "}")), "code"),
        R"("offer_closed")"
    );
}

TEST_F(Offers, AreListedByMerchantProgrammeAndWhetherTheyAreOpen) {
    const Response made = publish_offer(77, "mall.tea", "null");
    EXPECT_EQ(*made.field("Location"), "/v1/offers/mall.tea");
    EXPECT_EQ(at(get("/v1/offers/mall.tea"), "stock"), "null");
    EXPECT_EQ(count(get("/v1/offers")), 2U);
    EXPECT_EQ(count(get("/v1/offers?merchant=mall&programme=sz-green&open=true")), 2U);
    EXPECT_EQ(count(get("/v1/offers?merchant=metro")), 0U);
    EXPECT_EQ(count(get("/v1/offers?programme=other")), 0U);
    EXPECT_EQ(count(get("/v1/offers?open=false")), 0U);
    EXPECT_EQ(at(get("/v1/offers?open=true"), "stable"), "false");
    EXPECT_EQ(at(get("/v1/offers"), "stable"), "");
    EXPECT_EQ(get("/v1/offers?open=maybe").status, 400);
    EXPECT_EQ(get("/v1/offers?colour=red").status, 400);

    const Response first = get("/v1/offers?limit=1");
    EXPECT_EQ(at(first, "data/0/offer"), R"("mall.coffee")");
    const ledger::JsonValue page = json(first);
    const std::string next = *page.find("next")->string();
    EXPECT_EQ(at(get("/v1/offers?limit=1&cursor=" + next), "data/0/offer"), R"("mall.tea")");
    EXPECT_EQ(get("/v1/offers?limit=1&merchant=mall&cursor=" + next).status, 400);
    EXPECT_EQ(get("/v1/programmes?cursor=" + next).status, 400);
}

}  // namespace
}  // namespace tanji::api
