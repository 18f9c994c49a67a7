// Events page by page: filters, waiting, what an account sees.
#include "tests/api/raw_connection.h"
#include "tests/api/small_mall.h"

namespace tanji::api {
namespace {

class Events : public Mall {
protected:
    std::vector<std::string> walk(const std::string& query, const std::string& token = {}) {
        std::vector<std::string> ids;
        std::string after;
        for (int i = 0; i < 100; ++i) {
            const Response page = get("/v1/events?limit=3" + query + after, token);
            EXPECT_EQ(page.status, 200) << page.body;
            const ledger::JsonValue value = json(page);
            for (const auto& event : *value.find("events")->array()) {
                ids.push_back(*event.find("id")->string());
            }
            after = "&after=" + *value.find("next")->string();
            if (*value.find("caught_up")->boolean()) {
                return ids;
            }
        }
        ADD_FAILURE() << "never caught up";
        return ids;
    }
    std::string types(const Response& page) {
        std::string all;
        const ledger::JsonValue value = json(page);
        for (const auto& event : *value.find("events")->array()) {
            all += *event.find("type")->string() + " ";
        }
        return all;
    }
};

TEST_F(Events, TellEveryLeafOnceInOrder) {
    const std::vector<std::string> ids = walk("");
    ASSERT_EQ(ids.size(), node_.local()->head().size);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_EQ(ids[i], std::to_string(i) + ".0");
    }
    const Response last = get("/v1/events?after=" + ids[ids.size() - 2]);
    EXPECT_EQ(at(last, "events/0/type"), R"("activity.attest")");
    EXPECT_EQ(at(last, "events/0/outcome"), R"("applied")");
    EXPECT_EQ(at(last, "events/0/effects/batch/points"), R"("465")");
    EXPECT_EQ(at(last, "caught_up"), "true");
    EXPECT_EQ(at(get("/v1/events?after=" + ids.back()), "events"), "[]");
    EXPECT_EQ(at(get("/v1/events?after=" + ids.back()), "next"), "\"" + ids.back() + "\"");
}

TEST_F(Events, ASweepHasOneForEachOfItsObjects) {
    ASSERT_EQ(reserve(30).status, 201);
    ASSERT_EQ(reserve(31, 1, bob).status, 201);
    node_.pass(901'000);
    tick(1);
    const Response swept = get("/v1/events?types=redemption.expire");
    ASSERT_EQ(count(swept, "events"), 2U);
    const std::string leaf = at(swept, "events/0/leaf_index");
    EXPECT_EQ(at(swept, "events/0/id"), "\"" + leaf + ".0\"");
    EXPECT_EQ(at(swept, "events/1/id"), "\"" + leaf + ".1\"");
    EXPECT_EQ(at(swept, "events/0/object"), "\"" + id_of(30) + "\"");
    EXPECT_EQ(at(swept, "events/1/object"), "\"" + id_of(31) + "\"");
    EXPECT_EQ(at(swept, "events/0/effects/points/0/amount"), R"("100")");
    EXPECT_EQ(at(swept, "events/1/effects"), "null");  // not to be added up twice
    const Response rest = get("/v1/events?types=redemption.expire&after=" + leaf + ".0");
    EXPECT_EQ(at(rest, "events/0/object"), "\"" + id_of(31) + "\"");

    const Response own = get("/v1/events?types=redemption.expire&account=" + bob, token_);
    EXPECT_EQ(count(own, "events"), 1U);
    EXPECT_EQ(at(own, "events/0/id"), "\"" + leaf + ".1\"");
    EXPECT_EQ(at(own, "events/0/lines/0/amount"), R"("50")");
}

TEST_F(Events, AreFilteredByTypesThatExist) {
    ASSERT_EQ(reserve(30).status, 201);
    ASSERT_EQ(confirm(31, 30, "50").status, 200);
    EXPECT_EQ(
        types(get("/v1/events?types=redemption.reserve,redemption.confirm")),
        "redemption.reserve redemption.confirm "
    );
    EXPECT_EQ(get("/v1/events?types=redemption.reserve,surprise").status, 400);
    EXPECT_EQ(get("/v1/events?types=").status, 400);
    EXPECT_EQ(get("/v1/events?after=5").status, 400);
    EXPECT_EQ(get("/v1/events?after=05.0").status, 400);
    EXPECT_EQ(get("/v1/events?wait=31").status, 400);
    EXPECT_EQ(get("/v1/events?merchant=mall").status, 400);
}

TEST_F(Events, ThePublicOnesNameNoAccount) {
    ASSERT_EQ(reserve(30).status, 201);
    const Response all = get("/v1/events?limit=500");
    EXPECT_EQ(all.body.find(alice), std::string::npos);
    const Response reserved = get("/v1/events?types=redemption.reserve");
    EXPECT_EQ(at(reserved, "events/0/public/offer"), R"("mall.coffee")");
    EXPECT_EQ(at(reserved, "events/0/public/account").size(), 66U);  // a commitment
    EXPECT_EQ(at(reserved, "events/0/lines"), "");
}

TEST_F(Events, AnAccountsAreForItsHolderAndForTokensThatMayStream) {
    ASSERT_EQ(reserve(30).status, 201);
    const std::string path = "/v1/events?account=" + alice;
    EXPECT_EQ(get(path).status, 401);
    EXPECT_EQ(get(path, verifier_token_).status, 403);  // no scope `stream`
    EXPECT_EQ(get(path, mall_token_).status, 403);      // not the custodian
    EXPECT_EQ(get(path, grant(bob_key_, bob, "history")).status, 403);
    EXPECT_EQ(get(path, grant(alice_key_, alice, "account")).status, 403);
    const Response own = get(path, grant(alice_key_, alice, "history"));
    EXPECT_EQ(types(own), "account.open activity.attest redemption.reserve ");
    EXPECT_EQ(
        at(own, "events/2/lines"),
        R"([{"unit":"sz-green","from":"available","to":"held","amount":"-50","balance":"215"}])"
    );
    EXPECT_EQ(get(path, token_).body, own.body);
    EXPECT_EQ(walk("&account=" + alice, token_).size(), 3U);
}

TEST_F(Events, BehindTheRetainedStartArePruned) {
    desk_.settings().event_leaves_kept = 3;
    const std::uint64_t size = node_.local()->head().size;
    EXPECT_EQ(walk("").size(), 3U);
    EXPECT_EQ(get("/v1/events?after=" + std::to_string(size - 4) + ".0").status, 200);
    EXPECT_EQ(get("/v1/events?after=" + std::to_string(size - 5) + ".0").status, 410);
}

TEST_F(Events, APollAnswersAtOnceWhenThereIsSomething) {
    EXPECT_EQ(at(get("/v1/events?wait=30&limit=1"), "events/0/id"), R"("0.0")");
    desk_.settings().limits.streams = 0;
    EXPECT_EQ(get("/v1/events?wait=1").status, 503);
    EXPECT_EQ(get("/v1/events").status, 200);
}

TEST_F(Events, AStreamHasNoPages) {
    const std::vector<Field> accept = {{"accept", "text/event-stream"}};
    EXPECT_EQ(get("/v1/events?limit=3", {}, accept).status, 400);
    EXPECT_EQ(get("/v1/events?wait=3", {}, accept).status, 400);
    EXPECT_EQ(get("/v1/events", {}, {{"accept", "image/png"}}).status, 406);
    const Response stream = get("/v1/events", {}, accept);
    EXPECT_EQ(stream.content_type, "text/event-stream");
    ASSERT_NE(stream.feed, nullptr);
    std::string text;
    stream.feed->next([&](Feed::Piece piece) { text = piece.text; });
    EXPECT_TRUE(text.starts_with("retry: 1000\n\nid: 0.0\nevent: ledger.genesis\ndata: {"));
    EXPECT_EQ(count_of(text, "\nid: ") + 0U, node_.local()->head().size);
    stream.feed->end();
    stream.feed->next([&](Feed::Piece piece) {
        EXPECT_TRUE(piece.last);
        EXPECT_EQ(piece.text, "event: bye\ndata: {}\n\n");
    });
}

}  // namespace
}  // namespace tanji::api
