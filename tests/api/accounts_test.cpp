// Accounts, credits and retirements through the routes.
#include "tests/api/small_city.h"

namespace tanji::api {
namespace {

class Credits : public City {
protected:
    void SetUp() override {
        ASSERT_EQ(upload_lines(first_batch()).status, 201);
        ASSERT_EQ(attest(first_batch(), 20).status, 200);
    }
    static std::string retire_body(std::string_view account, std::string_view amount) {
        return R"({"account":")" + std::string(account) + R"(","class":")" +
               std::string(bike_class) + R"(","amount":")" + std::string(amount) +
               R"(","purpose":"voluntary","beneficiary":"Test Ltd","commitment":null,)"
               R"("statement":"for a test","inventory":null,"instruction":null})";
    }
    Response retire(int n, std::string_view amount) {
        return desk_.post(
            "/v1/retirements",
            node_.command_by(alice_key_, "credit.retire", id_of(n), retire_body(alice, amount))
        );
    }
    Response assign(int n, std::string_view amount) {
        const std::string body = R"({"account":")" + alice + R"(","to":"metro","class":")" +
                                 std::string(bike_class) + R"(","amount":")" + std::string(amount) +
                                 R"(","purpose":"assign","consent":null,"consideration":null,)"
                                 R"("instruction":null})";
        return desk_.post(
            "/v1/assignments", node_.command("credit.assign", id_of(n), body, {&alice_key_})
        );
    }
    std::string held(const std::string& account) {
        return at(get("/v1/accounts/" + account, token_), "credits/0/held");
    }
};

TEST_F(Credits, AnAccountIsOneConsistentReadForHolderAndCustodian) {
    const std::string path = "/v1/accounts/" + alice;
    const Response custodian = get(path, token_);
    ASSERT_EQ(custodian.status, 200) << custodian.body;
    EXPECT_EQ(
        at(custodian, "credits"),
        R"([{"class":")" + std::string(bike_class) + R"(","held":"259","locked":"0","frozen":"0"}])"
    );
    EXPECT_EQ(at(custodian, "as_of/consistency"), R"("linearizable")");
    const Response holder = get(path, grant(alice_key_, alice, "account"));
    EXPECT_EQ(holder.body, custodian.body);
    EXPECT_EQ(get(path, grant(bob_key_, bob, "account")).status, 403);
    EXPECT_EQ(get(path, grant(bob_key_, alice, "account")).status, 401);
    EXPECT_EQ(get(path, verifier_token_).status, 403);

    ASSERT_NE(custodian.field("ETag"), nullptr);
    const std::string etag = *custodian.field("ETag");
    EXPECT_EQ(get(path, token_, {{"if-none-match", etag}}).status, 304);
    ASSERT_EQ(retire(30, "9").status, 201);
    EXPECT_EQ(get(path, token_, {{"if-none-match", etag}}).status, 200);
    EXPECT_EQ(held(alice), R"("250")");
}

TEST_F(Credits, HistoryIsNewestFirstWithSignsAndBalances) {
    ASSERT_EQ(retire(30, "9").status, 201);
    ASSERT_EQ(assign(31, "50").status, 201);
    const std::string path = "/v1/accounts/" + alice + "/history";
    EXPECT_EQ(get(path, grant(alice_key_, alice, "account")).status, 403);
    const std::string allowed = grant(alice_key_, alice, "history");
    const Response all = get(path, allowed);
    ASSERT_EQ(json(all).find("data")->array()->size(), 3U) << all.body;
    EXPECT_EQ(at(all, "data/0/type"), R"("credit.assign")");
    EXPECT_EQ(at(all, "data/0/amount"), R"("-50")");
    EXPECT_EQ(at(all, "data/0/balance"), R"("200")");
    EXPECT_EQ(at(all, "data/1/type"), R"("credit.retire")");
    EXPECT_EQ(at(all, "data/1/amount"), R"("-9")");
    EXPECT_EQ(at(all, "data/1/balance"), R"("250")");
    EXPECT_EQ(at(all, "data/2/type"), R"("activity.attest")");
    EXPECT_EQ(at(all, "data/2/amount"), R"("259")");
    EXPECT_EQ(at(all, "data/2/balance"), R"("259")");

    std::string cursor;
    for (int i = 0; i < 3; ++i) {
        const Response page = get(path + "?limit=1" + cursor, token_);
        EXPECT_EQ(at(page, "data/0"), at(all, "data/" + std::to_string(i))) << page.body;
        const ledger::JsonValue value = json(page);
        const std::string* next = value.find("next")->string();
        cursor = next != nullptr ? "&cursor=" + *next : "";
    }
}

TEST_F(Credits, AccountRecordsTellWhatEachRideGave) {
    ASSERT_EQ(upload_lines(second_batch()).status, 201);
    ASSERT_EQ(attest(second_batch(), 22).status, 200);
    const std::string path = "/v1/accounts/" + alice + "/records";
    const Response all = get(path, grant(alice_key_, alice, "records"));
    ASSERT_EQ(all.status, 200) << all.body;
    EXPECT_EQ(at(all, "data/0/batch"), "\"" + id_of(10) + "\"");
    EXPECT_EQ(at(all, "data/0/grams"), R"("265")");
    EXPECT_EQ(
        at(all, "data/0/records"),
        R"([{"index":0,"outcome":"counted","ug":"176305000"},)"
        R"({"index":1,"outcome":"counted","ug":"88914900"},)"
        R"({"index":2,"outcome":"capped","ug":"0"}])"
    );
    EXPECT_EQ(at(all, "data/1/grams"), R"("95")");
    EXPECT_EQ(
        at(all, "data/1/records"),
        R"([{"index":1,"outcome":"capped","ug":"0"},{"index":2,"outcome":"counted","ug":"95300000"}])"
    );
    const Response page = get(path + "?limit=1", token_);
    ASSERT_EQ(json(page).find("data")->array()->size(), 1U) << page.body;
    ASSERT_NE(json(page).find("next")->string(), nullptr);
    const Response rest =
        get(path + "?limit=1&cursor=" + *json(page).find("next")->string(), token_);
    EXPECT_EQ(at(rest, "data/0"), at(all, "data/1"));
    EXPECT_EQ(at(rest, "next"), "null");
}

TEST_F(Credits, ARecordIsShownStepByStepToItsHolder) {
    const std::string path = "/v1/records/" + id_of(10) + "/0";
    EXPECT_EQ(get(path).status, 401);
    EXPECT_EQ(get(path, grant(bob_key_, bob, "records")).status, 403);
    EXPECT_EQ(get(path, grant(alice_key_, alice, "account")).status, 403);
    const Response shown = get(path, grant(alice_key_, alice, "records"));
    ASSERT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(at(shown, "outcome"), R"("counted")");
    EXPECT_EQ(at(shown, "ug"), R"("176305000")");
    EXPECT_EQ(at(shown, "record"), ledger::to_text(first_batch().records[0]));
    EXPECT_NE(at(shown, "reduction"), "null");
    EXPECT_EQ(get_bodies(path).body, shown.body);
    EXPECT_EQ(get(path, token_).status, 400);  // a member says why
}

// Blocks are gone, and rules need their records no more: sums and proofs stay, records say why not.
TEST_F(Credits, WhatIsPrunedIsSaidAndNothingElseIsMissing) {
    const std::string records = "/v1/accounts/" + alice + "/records";
    const std::string shown = at(get(records, token_), "data/0/grams");
    const std::string account = get("/v1/accounts/" + alice, token_).body;
    ASSERT_NE(at(get(records, token_), "data/0/records"), "null");
    node_.forget_blocks();
    EXPECT_EQ(at(get("/v1/blocks/2"), "code"), R"("pruned")");
    EXPECT_EQ(get("/v1/blocks/2").status, 410);
    EXPECT_EQ(at(get("/v1/blocks"), "data/0/header"), "null");
    const std::string record = "/v1/records/" + id_of(10) + "/0";
    EXPECT_EQ(get(record, grant(alice_key_, alice, "records")).status, 410);
    EXPECT_EQ(at(get(records, token_), "data/0/records"), "null");
    EXPECT_EQ(at(get(records, token_), "data/0/grams"), shown);
    EXPECT_EQ(get("/v1/accounts/" + alice, token_).body, account);
    EXPECT_EQ(get("/v1/leaves/1/receipt").status, 200);
}

TEST_F(Credits, ARetirementHasItsCertificateWhenItIsCertified) {
    const Response retired = retire(30, "100");
    ASSERT_EQ(retired.status, 201) << retired.body;
    EXPECT_EQ(*retired.field("Location"), "/v1/retirements/" + id_of(30));
    EXPECT_EQ(at(retired, "result/first"), R"("1")");
    EXPECT_EQ(at(retired, "result/last"), R"("100")");
    const std::string path = "/v1/retirements/" + id_of(30);
    const Response early = get(path + "/certificate");
    EXPECT_EQ(early.status, 409);
    EXPECT_EQ(at(early, "code"), R"("not_certified")");
    EXPECT_NE(early.field("Retry-After"), nullptr);

    node_.certify();
    const Response certificate = get(path + "/certificate");
    ASSERT_EQ(certificate.status, 200) << certificate.body;
    EXPECT_EQ(certificate.body.find(alice), std::string::npos);
    EXPECT_EQ(at(certificate, "grams"), R"("100")");
    EXPECT_EQ(at(certificate, "tonnes"), "0");
    EXPECT_EQ(at(certificate, "beneficiary"), R"("Test Ltd")");
    EXPECT_EQ(
        at(certificate, "methodology/digest"), "\"" + ledger::sha256(methodology_).hex() + "\""
    );
    EXPECT_EQ(at(certificate, "factors/0/digest"), "\"" + ledger::sha256(factors_).hex() + "\"");
    const auto receipt = ledger::read_receipt(at(certificate, "receipt"));
    ASSERT_TRUE(receipt);
    const auto verdict = verify(*receipt);
    ASSERT_TRUE(verdict) << steps(verdict).front();
    EXPECT_EQ(verdict->standing, ledger::Standing::certified);
    EXPECT_EQ(get(path).status, 200);
}

TEST_F(Credits, AUsersRetirementsAreFoundByTheirIdsOnly) {
    ASSERT_EQ(retire(30, "100").status, 201);
    ASSERT_EQ(assign(31, "50").status, 201);
    const auto own = node_.command("credit.retire", id_of(32), retire_body("metro", "20"));
    ASSERT_EQ(desk_.post("/v1/retirements", own).status, 201);
    const auto count = [&](const std::string& query) {
        const Response list = get("/v1/retirements" + query);
        EXPECT_EQ(list.status, 200) << list.body;
        EXPECT_EQ(list.body.find(alice), std::string::npos);
        return json(list).find("data")->array()->size();
    };
    EXPECT_EQ(count("?account=" + alice), 0U);
    EXPECT_EQ(count("?account=metro"), 1U);
    EXPECT_EQ(count("?purpose=voluntary"), 1U);
    EXPECT_EQ(count("?purpose=neutrality"), 0U);
    EXPECT_EQ(count(""), 1U);
    EXPECT_EQ(get("/v1/retirements/" + id_of(30)).status, 200);
}

TEST_F(Credits, SupplyAddsUpAndDebtsAreShown) {
    ASSERT_EQ(retire(30, "200").status, 201);
    const std::string path = "/v1/classes/" + std::string(bike_class);
    EXPECT_EQ(at(get(path), "issued"), R"("465")");
    EXPECT_EQ(at(get(path), "retired"), R"("200")");
    EXPECT_EQ(at(get(path), "reserved"), R"("10")");
    EXPECT_EQ(at(get(path), "conserved"), "true");
    EXPECT_EQ(at(get("/v1/obligations"), "data"), "[]");
    const auto revoke = node_.command(
        "activity.revoke",
        id_of(21),
        R"({"batch":")" + id_of(10) +
            R"(","records":null,"reason":"false_data","free":true,"evidence":null})"
    );
    const Response revoked = desk_.post("/v1/activities/" + id_of(10) + "/revoke", revoke);
    ASSERT_EQ(revoked.status, 200) << revoked.body;
    EXPECT_EQ(at(revoked, "result/reversed"), R"("265")");
    EXPECT_EQ(at(revoked, "result/owed"), R"("200")");
    EXPECT_EQ(at(get("/v1/obligations"), "data/0/owed"), R"("200")");
    EXPECT_EQ(at(get("/v1/obligations"), "data/0/member"), R"("metro")");
    EXPECT_EQ(at(get("/v1/members/metro"), "obligations/0/owed"), R"("200")");
    EXPECT_EQ(at(get(path), "conserved"), "true");
}

}  // namespace
}  // namespace tanji::api
