// Who pays for commands, and for reads.
#include "tests/api/desk.h"

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

class Charging : public ::testing::Test {
protected:
    Charging() {
        desk_.settings().limits.ip = {.burst = 3, .per_second = 1};
        desk_.settings().limits.member = {.burst = 2, .per_second = 1};
    }

    ledger::Envelope open_account(char id) {
        const std::string body =
            R"({"account":")" + std::string(32, id) + R"(","kind":"user","keys":[],"owner":null})";
        return node_.command("account.open", std::string(32, id), body);
    }
    // Names metro's key; signed by nobody who has it.
    ledger::Envelope junk(char id) {
        ledger::Envelope envelope = open_account(id);
        envelope.payload.insert(envelope.payload.find("\"v\":1") + 5, " ");
        return envelope;
    }
    Response send_text(std::string body, const std::string& peer, bool dry_run = false) {
        return desk_.ask({
            .method = "POST",
            .target = dry_run ? "/v1/commands?dry_run=true" : "/v1/commands",
            .fields = {{"content-type", "application/json"}},
            .body = std::move(body),
            .peer = peer,
        });
    }
    Response send(const ledger::Envelope& envelope, const std::string& peer) {
        return send_text(ledger::to_text(envelope), peer);
    }

    SmallNode node_;
    Desk desk_{node_};
};

TEST_F(Charging, JunkUnderAMembersNameEmptiesItsSendersBucketAndNotTheMembers) {
    for (const char id : {'1', '2', '3'}) {
        EXPECT_EQ(send(junk(id), "203.0.113.9").status, 403) << id;
    }
    const Response stopped = send(junk('4'), "203.0.113.9");
    EXPECT_EQ(stopped.status, 429) << stopped.body;
    EXPECT_EQ(send(open_account('a'), "198.51.100.1").status, 200);
    EXPECT_EQ(send(open_account('b'), "198.51.100.1").status, 200);
}

TEST_F(Charging, WhatAMemberSignedCostsTheMemberWhereverItComesFrom) {
    EXPECT_EQ(send(open_account('a'), "198.51.100.1").status, 200);
    EXPECT_EQ(send(open_account('b'), "198.51.100.2").status, 200);
    const Response third = send(open_account('c'), "198.51.100.3");
    EXPECT_EQ(third.status, 429) << third.body;
    EXPECT_FALSE(node_.local()->account(std::string(32, 'c')));
    node_.pass(1'000);
    EXPECT_EQ(send(open_account('c'), "198.51.100.3").status, 200);
}

TEST_F(Charging, SendingAgainWhatHasItsOutcomeCostsTheSenderAndNotTheSigner) {
    const ledger::Envelope envelope = open_account('a');
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(send(envelope, "198.51.100.1").status, 200) << i;
    }
    EXPECT_EQ(send(envelope, "198.51.100.1").status, 429);
    EXPECT_EQ(send(open_account('b'), "198.51.100.2").status, 200);
}

TEST_F(Charging, ADryRunCostsItsSenderTwoWhoeverSignedIt) {
    const std::string text = ledger::to_text(open_account('a'));
    EXPECT_EQ(send_text(text, "203.0.113.9", true).status, 200);
    EXPECT_EQ(send_text(text, "203.0.113.9", true).status, 429);
    EXPECT_EQ(send(open_account('a'), "198.51.100.1").status, 200);
    EXPECT_EQ(send_text(text, "203.0.113.8", true).status, 200) << "known by now";
    EXPECT_EQ(send(open_account('b'), "198.51.100.1").status, 200) << "its second of two";
}

TEST_F(Charging, WhatIsNoCommandAtAllCostsItsSender) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(send_text("{}", "203.0.113.9").status, 400);
    }
    EXPECT_EQ(send(open_account('a'), "203.0.113.9").status, 429);
    EXPECT_EQ(send(open_account('a'), "198.51.100.1").status, 200);
}

TEST_F(Charging, JunkInABatchOfCommandsCostsItsSenderLineByLine) {
    std::string lines;
    for (const char id : {'1', '2', '3', '4'}) {
        lines += ledger::to_text(junk(id)) + "\n";
    }
    const Response answers = desk_.ask({
        .method = "POST",
        .target = "/v1/commands",
        .fields = {{"content-type", "application/x-ndjson"}},
        .body = lines,
    });
    EXPECT_EQ(answers.status, 200);
    EXPECT_NE(answers.body.find(R"({"line":3,"status":403)"), std::string::npos) << answers.body;
    EXPECT_NE(answers.body.find(R"({"line":4,"status":429)"), std::string::npos) << answers.body;
    EXPECT_EQ(send(open_account('a'), "198.51.100.1").status, 200);
}

// --- reads, at the gate ---

class GateCharging : public ::testing::Test {
protected:
    static Limits limits() {
        Limits limits;
        limits.ip = {.burst = 2, .per_second = 1};
        limits.member = {.burst = 3, .per_second = 1};
        return limits;
    }
    int get(const std::string& authorization) {
        std::vector<Field> fields;
        if (!authorization.empty()) {
            fields.push_back({"authorization", authorization});
        }
        return desk_.ask({.target = "/v1/ledger", .fields = std::move(fields)}).status;
    }

    SmallNode node_;
    Desk desk_{node_, limits()};
};

TEST_F(GateCharging, ACredentialThatIsNoneDoesNotAvoidTheBucketOfTheAddress) {
    EXPECT_EQ(get("Basic eDp5"), 200);  // not read here: the route is public
    EXPECT_EQ(get("Bearer tg1.no.real.grant"), 200);
    EXPECT_EQ(get("Bearer tg1.no.real.grant"), 429);
    EXPECT_EQ(get(""), 429);
    EXPECT_EQ(get("Bearer tm1.00000009.unknown"), 429);
}

TEST_F(GateCharging, WhoHasNothingLeftIsRefusedBeforeACommandIsRead) {
    EXPECT_EQ(get(""), 200);
    EXPECT_EQ(get(""), 200);
    const Response refused = desk_.ask({
        .method = "POST",
        .target = "/v1/commands",
        .fields = {{"content-type", "application/json"}},
        .body = "not read",
    });
    EXPECT_EQ(refused.status, 429) << refused.body;
}

TEST_F(GateCharging, AMembersTokenReadsAtThePriceOfTheMember) {
    const std::string token = "Bearer " + member_token_text("00000001", std::string(32, 's'));
    EXPECT_EQ(get(token), 200);
    EXPECT_EQ(get(token), 200);
    EXPECT_EQ(get(token), 200);
    EXPECT_EQ(get(token), 429);
    EXPECT_EQ(get(""), 200);  // the address has paid nothing
}

}  // namespace
}  // namespace tanji::api
