// The routes of the public listener against a small node with the real ledger.
#include "ledger/proof/receipt.h"
#include "tests/api/desk.h"

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

const std::string alice(32, 'a');
constexpr std::string_view open_id = "01a1fb67180070008000000000000001";

class Handlers : public ::testing::Test {
protected:
    ledger::JsonValue json(const Response& response) {
        auto value = ledger::parse_tolerant_json(response.body);
        EXPECT_TRUE(value) << response.body;
        return value ? std::move(*value) : ledger::JsonValue{};
    }
    std::string text(const Response& response, std::string_view name) {
        const ledger::JsonValue value = json(response);
        const ledger::JsonValue* found = value.find(name);
        return found != nullptr && found->string() != nullptr ? *found->string() : "";
    }
    Response open_alice(std::string_view id = open_id) {
        const std::string body = R"({"account":")" + alice + R"(","kind":"user","keys":[")" +
                                 ledger::to_base64(wallet_.public_key().view()) +
                                 R"("],"owner":null})";
        return desk_.post("/v1/accounts", node_.command("account.open", id, body, {&wallet_}));
    }
    std::string grant(ledger::TimeMs not_after, std::string_view scope = "account") {
        const std::string payload = R"({"ledger":")" + node_.id().hex() + R"(","account":")" +
                                    alice + R"(","scope":[")" + std::string(scope) +
                                    R"("],"not_after":)" + std::to_string(not_after) + "}";
        const auto signature = wallet_.sign(ledger::pae(grant_payload_type, payload));
        return "tg1." + ledger::to_base64url(payload) + "." + wallet_.id().hex() + "." +
               ledger::to_base64url(signature.view());
    }
    const std::string token_ = member_token_text("00000001", std::string(32, 's'));
    const std::string foreign_ = member_token_text("00000002", std::string(32, 't'));

    ledger::SigningKey wallet_ = ledger::SigningKey::from_seed(std::string(32, 'w'));
    SmallNode node_;
    Desk desk_{node_};
};

TEST_F(Handlers, AGrantOfAKeyOpenedAMomentAgoHoldsWhereTheClockTrails) {
    node_.pass(1'500);
    ASSERT_EQ(open_alice().status, 201);
    node_.pass(-1'500);  // as on another node
    const std::string target = "/v1/accounts/" + alice;
    // The wallet's clock is the other node's, too.
    const std::string fresh = grant(node_.now_ms() + 1'500 + 900'000);
    EXPECT_EQ(desk_.get(target, fresh).status, 200);
    EXPECT_EQ(desk_.get(target, grant(node_.now_ms() + 2'001 + 900'000)).status, 401);
}

TEST_F(Handlers, AConsistencyProofFromBeyondTheNewestCertificateIsBehind) {
    ASSERT_EQ(open_alice().status, 201);
    node_.certify();
    EXPECT_EQ(desk_.get("/log/consistency?from=2").status, 200);
    const Response behind = desk_.get("/log/consistency?from=3");
    EXPECT_EQ(behind.status, 503);
    EXPECT_EQ(text(behind, "code"), "behind");
    EXPECT_EQ(text(desk_.get("/log/consistency?from=2&to=1"), "code"), "query_invalid");
}

TEST_F(Handlers, ALocalReadBehindItsIndexSaysSoWithoutALeader) {
    node_.answers_barriers = false;
    const auto ask = [&](std::string target) {
        return desk_.ask({.target = std::move(target), .fields = {{"tanji-min-index", "99"}}});
    };
    EXPECT_EQ(text(ask("/v1/members?consistency=local"), "code"), "behind");
    EXPECT_EQ(text(ask("/v1/members"), "code"), "no_leader");
}

TEST_F(Handlers, EveryPublicRouteWithoutParametersAnswersWellFormed) {
    for (const Route* route : desk_.router().routes()) {
        if (route->method != "GET" || route->pattern.contains('{') ||
            route->access != Access::open) {
            continue;
        }
        const std::string target =
            std::string(route->pattern) + (route->name == "logConsistency" ? "?from=0&to=1" : "");
        const Response response = desk_.get(target);
        EXPECT_EQ(response.status, route->name == "logCheckpoint" ? 404 : 200) << target;
        if (response.content_type.ends_with("json")) {
            json(response);
        }
    }
}

TEST_F(Handlers, AnUnknownObjectIs404AndNeverEmpty) {
    const std::string id(32, 'f');
    for (const std::string& target :
         {"/v1/commands/" + id + "/receipt",
          "/v1/activities/" + id,
          "/v1/records/" + id + "/0/proof",
          std::string("/v1/classes/a:b@1:c:2026"),
          "/v1/retirements/" + id,
          "/v1/retirements/" + id + "/certificate",
          std::string("/v1/methodologies/none@1"),
          std::string("/v1/factors/none@1"),
          std::string("/v1/members/nobody"),
          std::string("/v1/memberships/2"),
          std::string("/v1/leaves/99"),
          std::string("/v1/blocks/99"),
          std::string("/v1/checkpoints/99"),
          std::string("/v1/problems/none"),
          std::string("/log/tile/0/000"),
          std::string("/log/tile/0/x/y"),
          std::string("/log/proof/99"),
          std::string("/v1/nothing"),
          std::string("/v1/offers/mall.nothing"),
          std::string("/v1/programmes/none"),
          std::string("/v1/programmes/none@1"),
          "/v1/vouchers/" + std::string(64, 'f'),
          std::string("/v1/proposals"),
          std::string("/v1/stats/leaderboard")}) {
        const Response response = desk_.get(target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_EQ(response.content_type, "application/problem+json") << target;
    }
    EXPECT_EQ(text(desk_.get("/v1/proposals"), "code"), "unknown_endpoint");
    EXPECT_EQ(text(desk_.get("/v1/commands/" + id), "status"), "unknown");
    EXPECT_EQ(text(desk_.get("/v1/commands/" + id + "?not_after=1"), "status"), "expired");
    EXPECT_EQ(desk_.get("/v1/classes?colour=red").status, 400);
}

TEST_F(Handlers, ACommandIsCreatedOnceAndReplayedAfterwards) {
    const Response first = open_alice();
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(*first.field("Tanji-Index"), "2");
    ASSERT_NE(first.field("Location"), nullptr);
    EXPECT_EQ(text(first, "outcome"), "applied");

    const Response again = open_alice();
    ASSERT_EQ(again.status, 201);
    EXPECT_EQ(*again.field("Tanji-Replayed"), "true");
    EXPECT_EQ(
        json(again).find("leaf_index")->integer()[0], json(first).find("leaf_index")->integer()[0]
    );

    const Response other = desk_.post(
        "/v1/accounts",
        node_.command(
            "account.open",
            open_id,
            R"({"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"user","keys":[],"owner":null})"
        )
    );
    EXPECT_EQ(other.status, 409);
    EXPECT_EQ(text(other, "code"), "id_reused");
    EXPECT_EQ(text(desk_.get("/v1/commands/" + std::string(open_id)), "status"), "applied");
}

TEST_F(Handlers, TheSendersReceiptOpensASealedLeafAndThePublicOneDoesNot) {
    const Response opened = open_alice();
    const ledger::JsonValue value = json(opened);
    ASSERT_NE(value.find("receipt"), nullptr);
    const auto own = ledger::read_receipt(ledger::to_canonical_text(*value.find("receipt")));
    ASSERT_TRUE(own) << own.error().detail;
    EXPECT_EQ(own->parts.size(), 2U);  // the command and the opening
    EXPECT_EQ(own->leaf.find(alice), std::string::npos);

    const Response open_to_all = desk_.get("/v1/commands/" + std::string(open_id) + "/receipt");
    ASSERT_EQ(open_to_all.status, 200);
    EXPECT_EQ(open_to_all.body.find(alice), std::string::npos);
    const auto plain = ledger::read_receipt(open_to_all.body);
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->parts.empty());
}

TEST_F(Handlers, ARefusalThatWasExecutedIsAProblemWithItsOutcome) {
    open_alice();
    const Response refused = open_alice("01a1fb67180070008000000000000002");
    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_EQ(text(refused, "code"), "account_exists");
    const ledger::JsonValue value = json(refused);
    EXPECT_TRUE(*value.find("recorded")->boolean());
    ASSERT_NE(value.find("outcome"), nullptr);
    EXPECT_EQ(*value.find("outcome")->find("outcome")->string(), "refused");
    EXPECT_EQ(
        text(desk_.get("/v1/commands/01a1fb67180070008000000000000002"), "code"), "account_exists"
    );
}

TEST_F(Handlers, ADryRunHasNoLeaf) {
    const std::string body =
        R"({"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"user","keys":[],"owner":null})";
    const Response response =
        desk_.post("/v1/commands?dry_run=true", node_.command("account.open", open_id, body));
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(*response.field("Tanji-Simulated"), "true");
    EXPECT_EQ(json(response).find("leaf_index"), nullptr);
    EXPECT_EQ(text(desk_.get("/v1/commands/" + std::string(open_id)), "status"), "unknown");
}

TEST_F(Handlers, APathTakesItsOwnTypeOnly) {
    const auto envelope = node_.command("account.open", open_id, "{}");
    EXPECT_EQ(text(desk_.post("/v1/transfers", envelope), "code"), "path_mismatch");
    const auto attest = node_.command(
        "activity.attest", open_id, R"({"batch":"01a1fb67180070008000000000000009"})"
    );
    EXPECT_EQ(
        text(desk_.post("/v1/activities/01a1fb67180070008000000000000008/attest", attest), "code"),
        "path_mismatch"
    );
    Desk::Asked keyed{
        .method = "POST",
        .target = "/v1/accounts",
        .fields = {{"content-type", "application/json"}, {"idempotency-key", "another"}},
        .body = ledger::to_text(envelope),
    };
    EXPECT_EQ(text(desk_.ask(keyed), "code"), "idempotency_key_mismatch");
}

TEST_F(Handlers, ManyCommandsHaveTheirAnswersInTheirOrder) {
    const std::string body =
        R"({"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"user","keys":[],"owner":null})";
    const std::string lines =
        ledger::to_text(node_.command("account.open", open_id, body)) + "\n{}\n" +
        ledger::to_text(node_.command("account.open", "01a1fb67180070008000000000000002", body)) +
        "\n";
    const Response response = desk_.ask({
        .method = "POST",
        .target = "/v1/commands",
        .fields = {{"content-type", "application/x-ndjson"}},
        .body = lines,
    });
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.body.starts_with(R"({"line":1,"status":200,)")) << response.body;
    EXPECT_NE(response.body.find("\n{\"line\":2,\"status\":400,"), std::string::npos);
    EXPECT_NE(response.body.find("\n{\"line\":3,\"status\":409,"), std::string::npos);
}

TEST_F(Handlers, AnAccountIsShownToItsHolderAndItsCustodianOnly) {
    open_alice();
    const std::string path = "/v1/accounts/" + alice;
    EXPECT_EQ(desk_.get(path).status, 401);
    EXPECT_EQ(desk_.get(path, foreign_).status, 403);
    EXPECT_EQ(desk_.get(path, "tm1.00000001.AAAA").status, 401);
    EXPECT_TRUE(node_.accesses.empty());
    const Response custodian = desk_.get(path, token_);
    ASSERT_EQ(custodian.status, 200) << custodian.body;
    EXPECT_EQ(text(custodian, "custodian"), "metro");
    EXPECT_EQ(node_.accesses.back(), "00000001 getAccount " + alice);

    const Response holder = desk_.get(path, grant(node_.now + 60'000));
    EXPECT_EQ(holder.status, 200) << holder.body;
    EXPECT_EQ(node_.accesses.size(), 2U);
    EXPECT_EQ(desk_.get(path + "/history", grant(node_.now + 60'000)).status, 403);
    EXPECT_EQ(desk_.get(path + "/history", grant(node_.now + 60'000, "history")).status, 200);
    EXPECT_EQ(text(desk_.get(path, grant(node_.now)), "code"), "grant_expired");
    EXPECT_EQ(text(desk_.get(path, grant(node_.now + 16 * 60'000)), "code"), "grant_invalid");
    std::string broken = grant(node_.now + 60'000);
    broken.back() = broken.back() == 'A' ? 'Q' : 'A';
    EXPECT_EQ(text(desk_.get(path, broken), "code"), "grant_invalid");
}

TEST_F(Handlers, AReadMayDemandWhatItsWriterHasSeen) {
    Desk::Asked asked{.target = "/v1/classes", .fields = {{"tanji-min-index", "1"}}};
    EXPECT_EQ(desk_.ask(asked).status, 200);
    asked.fields = {{"tanji-min-index", "7"}};
    EXPECT_EQ(text(desk_.ask(asked), "code"), "behind");
    asked.fields = {{"tanji-min-index", "x"}};
    EXPECT_EQ(desk_.ask(asked).status, 400);
}

TEST_F(Handlers, WhatNeverChangesIsNotSentTwice) {
    const Response first = desk_.get("/v1/genesis");
    ASSERT_NE(first.field("ETag"), nullptr);
    EXPECT_EQ(ledger::sha256(first.body), node_.id());
    const Response again =
        desk_.ask({.target = "/v1/genesis", .fields = {{"if-none-match", *first.field("ETag")}}});
    EXPECT_EQ(again.status, 304);
    EXPECT_TRUE(again.body.empty());
    EXPECT_NE(again.field("Tanji-Index"), nullptr);
}

TEST_F(Handlers, ListsGoOnWhereTheyStopped) {
    open_alice();
    const Response first = desk_.get("/v1/leaves?limit=1");
    const std::string next = text(first, "next");
    ASSERT_FALSE(next.empty());
    const Response second = desk_.get("/v1/leaves?limit=1&cursor=" + next);
    EXPECT_EQ(second.status, 200);
    EXPECT_NE(second.body.find("\"leaf_index\":1"), std::string::npos);
    EXPECT_EQ(text(desk_.get("/v1/blocks?cursor=" + next), "code"), "cursor_invalid");
    EXPECT_EQ(desk_.get("/v1/leaves?limit=0").status, 400);
}

TEST_F(Handlers, TheLogIsServedAsTilesAndProofs) {
    open_alice();
    const Response tile = desk_.get("/log/tile/0/000.p/2");
    EXPECT_EQ(tile.status, 200);
    EXPECT_EQ(tile.body.size(), 64U);
    EXPECT_EQ(desk_.get("/log/tile/entries/000.p/2").status, 200);
    EXPECT_TRUE(desk_.get("/log/proof/1").body.starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"));
    EXPECT_EQ(desk_.get("/log/proof/1?size=1").status, 400);
    EXPECT_TRUE(desk_.get("/log/consistency?from=1&to=2").body.starts_with("old 1\n"));
    EXPECT_TRUE(desk_.get("/log/checkpoint/tip").body.starts_with("tanji.example/test\n2\n"));
}

TEST_F(Handlers, AMemberThatSendsTooMuchHasToWait) {
    desk_.settings().limits.member = {.burst = 2, .per_second = 1};
    const auto envelope = [&](char id) {
        return node_.command(
            "account.open",
            std::string(32, id),
            R"({"account":")" + std::string(32, id) + R"(","kind":"user","keys":[],"owner":null})"
        );
    };
    EXPECT_EQ(desk_.post("/v1/commands", envelope('1')).status, 200);
    EXPECT_EQ(desk_.post("/v1/commands", envelope('2')).status, 200);
    const Response refused = desk_.post("/v1/commands", envelope('3'));
    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.field("Retry-After"), nullptr);
    node_.now += 2000;
    EXPECT_EQ(desk_.post("/v1/commands", envelope('3')).status, 200);
}

TEST_F(Handlers, ReadinessTellsNoDetailInPublic) {
    EXPECT_EQ(desk_.get("/readyz").body, "ok\n");
    node_.ready = false;
    const Response response = desk_.get("/readyz");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body.find("disk"), std::string::npos);
    EXPECT_EQ(desk_.get("/livez").status, 200);
}

}  // namespace
}  // namespace tanji::api
