// What whoever runs a node sees and does, over its own listener.
#include "tests/api/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Admin : public testing::Test {
protected:
    Admin() : listener_(node_, Settings{.admin = true}), client_(client_of(listener_.url())) {}

    ClientReply post(std::string_view target, std::string body) {
        auto reply = client_.post(target, "application/json", std::move(body));
        EXPECT_TRUE(reply) << target;
        return reply.value_or(ClientReply{});
    }
    const std::vector<std::string>& acts() const { return listener_.acting.acts; }

    SmallNode node_;
    Listener listener_;
    Client client_;
};

TEST_F(Admin, LeadershipGoesWhereTheOperatorSays) {
    const ClientReply named = post("/admin/transfer", R"({"to":"mall"})");
    EXPECT_EQ(named.status, 200);
    EXPECT_EQ(named.body, R"({"leader":2,"member":"mall","term":4})");
    EXPECT_EQ(post("/admin/transfer", R"({"to":null})").status, 200);
    EXPECT_THAT(acts(), ElementsAre("transfer mall", "transfer "));
}

TEST_F(Admin, AMemberThatTakesNoPartIsNamedInTheRefusal) {
    const ClientReply reply = post("/admin/transfer", R"({"to":"shop"})");
    EXPECT_EQ(reply.status, 404);
    EXPECT_THAT(reply.body, HasSubstr("shop does not take part"));
}

TEST_F(Admin, DrainsAndTurnsTheLogUp) {
    EXPECT_EQ(post("/admin/drain", "{}").body, R"({"draining":true})");
    EXPECT_EQ(post("/admin/log-level", R"({"level":"debug"})").body, R"({"level":"debug"})");
    EXPECT_THAT(acts(), ElementsAre("drain", "level debug"));
}

// A page in the operator's browser can post a form to a loopback address, but no JSON.
TEST_F(Admin, WhatABrowserSendsUnaskedDoesNothing) {
    for (const std::string_view type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
        const auto reply = client_.post("/admin/drain", type, "{}");
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, 415) << type;
    }
    EXPECT_EQ(client_.get("/admin/drain")->status, 405);
    EXPECT_THAT(acts(), IsEmpty());
}

TEST_F(Admin, ABodyThatIsNotUnderstoodDoesNothing) {
    for (const std::string_view body :
         {"", "[]", "{", R"({"level":1})", R"({"level":"info","x":1})"}) {
        EXPECT_EQ(post("/admin/log-level", std::string(body)).status, 400) << body;
    }
    EXPECT_EQ(post("/admin/drain", R"({"now":true})").status, 400);
    EXPECT_EQ(post("/admin/transfer", "{}").status, 400);
    EXPECT_THAT(acts(), IsEmpty());
}

TEST_F(Admin, TheStatusTellsHowFarEachNodeIs) {
    const auto reply = client_.get("/admin/status");
    ASSERT_TRUE(reply);
    for (const std::string_view part :
         {R"("role":"leader","term":3,"leader":1,"last_index":9)",
          R"("recovering":false,"quarantine":null)",
          R"({"node":2,"member":"mall","voter":true,"leader":false,"connected":false,)",
          R"("match":7,"lag":2,"clock_offset_ms":-12,"cosigned_size":0})",
          R"("checks":{"disk":true},"failed":[])"}) {
        EXPECT_THAT(reply->body, HasSubstr(std::string(part)));
    }
}

TEST_F(Admin, ThePublicListenerKnowsNothingOfIt) {
    const Listener open(node_);
    Client stranger = client_of(open.url());
    for (const std::string_view target :
         {"/admin/drain", "/admin/transfer", "/admin/log-level", "/admin/status"}) {
        EXPECT_EQ(stranger.post(target, "application/json", "{}")->status, 404) << target;
    }
    EXPECT_THAT(open.acting.acts, IsEmpty());
}

TEST_F(Admin, ThePublicListShowsWhoLeadsAndWhoAnswers) {
    const Listener open(node_);
    EXPECT_THAT(
        client_of(open.url()).get("/v1/cluster")->body,
        HasSubstr(R"({"node":2,"member":"mall","voter":true,"leader":false,"answers":false,)"
                  R"("applied_index":null,"cosigned_size":0})")
    );
}

}  // namespace
}  // namespace tanji::api
