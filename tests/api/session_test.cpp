// Sessions on a real loopback socket, with handlers that do nothing: limits, deadlines, order.
#include "tests/api/sessions.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

using ledger::ErrorCode;

TEST_F(Sessions, OneConnectionServesManyRequestsInTheirOrder) {
    serve();
    RawConnection raw = connect();
    raw.send(
        "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\n\r\n{}"
        "GET /hello/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    const std::string all = raw.read_all();
    const auto slow = all.find("\r\n\r\nslow");
    const auto first = all.find("\r\n\r\nhello a");
    const auto echo = all.find("\r\n\r\n{}");
    const auto second = all.find("\r\n\r\nhello b");
    EXPECT_LT(slow, first);
    EXPECT_LT(first, echo);
    EXPECT_LT(echo, second);
    EXPECT_NE(second, std::string::npos);
    EXPECT_NE(all.find("Connection: close"), std::string::npos);
}

TEST_F(Sessions, EveryReplyCarriesTheSecurityHeadersAndItsTraceId) {
    serve();
    Client one = client();
    const auto reply = one.send({
        .method = "GET",
        .target = "/hello/x",
        .fields = {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}},
        .body = {},
    });
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(*reply->field("x-request-id"), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(*reply->field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(*reply->field("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(*reply->field("Access-Control-Allow-Origin"), "*");
}

TEST_F(Sessions, SmuggledFramingIs400AndTheConnectionEnds) {
    serve();
    for (const std::string_view fields :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: gzip\r\n",
          "Content-Length: 1\r\nContent-Length: 2\r\n",
          "X: a\r\n b: c\r\n",
          "X: a\nY: b\r\n"}) {
        RawConnection raw = connect();
        raw.send(
            "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" +
            std::string(fields) + "\r\nGET /hello/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        const std::string all = raw.read_all();
        EXPECT_TRUE(all.starts_with("HTTP/1.1 400 ")) << all;
        EXPECT_EQ(all.find("hello"), std::string::npos) << fields;
        EXPECT_NE(all.find("\"code\":\"bad_request\""), std::string::npos);
    }
}

TEST_F(Sessions, BodiesAreBoundedBeforeTheyAreRead) {
    limits().command_body_bytes_max = 100;
    serve();
    RawConnection raw = connect();
    raw.send(
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Content-Length: 101\r\n\r\n"
    );
    const std::string all = raw.read_all();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 413 ")) << all;
    EXPECT_NE(all.find("Connection: close"), std::string::npos);

    Client one = client();
    EXPECT_EQ(one.post("/v1/commands", "application/json", std::string(100, ' '))->status, 200);
    RawConnection chunked = connect();
    chunked.send(
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n60\r\n" +
        std::string(0x60, 'a') + "\r\n60\r\n" + std::string(0x60, 'a') + "\r\n0\r\n\r\n"
    );
    EXPECT_TRUE(chunked.read_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(Sessions, ChunkedBodiesAreReadHoweverTheyAreCut) {
    serve();
    const std::string raw_request =
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n";
    for (std::size_t cut = raw_request.size() - 32; cut < raw_request.size(); cut += 3) {
        RawConnection raw = connect();
        raw.send(raw_request.substr(0, cut));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        raw.send(raw_request.substr(cut));
        EXPECT_TRUE(raw.read_all().ends_with("\r\n\r\nabcdefg")) << cut;
    }
    RawConnection bad = connect();
    bad.send(
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    );
    EXPECT_TRUE(bad.read_all().starts_with("HTTP/1.1 400 "));
}

TEST_F(Sessions, LongTargetsAndHeadsAreRefusedByTheirOwnStatus) {
    serve();
    RawConnection target = connect();
    target.send("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(target.read_all().starts_with("HTTP/1.1 414 "));
    RawConnection line = connect();
    line.send("GET /" + std::string(20'000, 'a'));
    EXPECT_TRUE(line.read_all().starts_with("HTTP/1.1 414 "));
    RawConnection head = connect();
    head.send("GET /hello/a HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a'));
    EXPECT_TRUE(head.read_all().starts_with("HTTP/1.1 431 "));
}

TEST_F(Sessions, SlowHeadsAndBodiesAre408) {
    limits().head_ms = 80;
    limits().body_ms = 80;
    serve();
    RawConnection head = connect();
    head.send("GET /hello/a HT");
    EXPECT_TRUE(head.read_all().starts_with("HTTP/1.1 408 "));
    RawConnection body = connect();
    body.send(
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Content-Length: 10\r\n\r\nabc"
    );
    EXPECT_TRUE(body.read_all().starts_with("HTTP/1.1 408 "));
}

TEST_F(Sessions, IdleConnectionsEndWithoutAWord) {
    limits().idle_ms = 60;
    serve();
    RawConnection raw = connect();
    EXPECT_EQ(raw.read_all(), "");
    RawConnection used = connect();
    used.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string all = used.read_all();
    EXPECT_TRUE(all.ends_with("hello a")) << all;
    EXPECT_EQ(all.find("408"), std::string::npos);
}

TEST_F(Sessions, TheLastOfTooManyRequestsEndsTheConnection) {
    limits().requests_per_connection = 2;
    serve();
    RawConnection raw = connect();
    for (int i = 0; i < 3; ++i) {
        raw.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    const std::string all = raw.read_all();
    EXPECT_EQ(count_of(all, "HTTP/1.1 200"), 2U);
    EXPECT_EQ(count_of(all, "Connection: close"), 1U);
}

TEST_F(Sessions, RoutesMethodsTypesQueriesAndCredentialsAreTestedInThisOrder) {
    serve();
    Client one = client();
    EXPECT_EQ(one.get("/nothing?x=1")->status, 404);
    const auto other = one.post("/hello/a", "text/plain", "");
    EXPECT_EQ(other->status, 405);
    EXPECT_EQ(*other->field("Allow"), "GET");
    EXPECT_EQ(one.post("/v1/commands", "text/html", "x")->status, 415);
    EXPECT_EQ(one.get("/members?x=1")->status, 400);
    const auto nobody = one.get("/members");
    EXPECT_EQ(nobody->status, 401);
    EXPECT_EQ(*nobody->field("WWW-Authenticate"), "Bearer");
    const auto with = [&](std::string value) {
        return one.send(
            {.method = "GET",
             .target = "/members",
             .fields = {{"Authorization", std::move(value)}},
             .body = {}}
        );
    };
    EXPECT_EQ(with("Bearer bad")->status, 401);
    EXPECT_EQ(with("Bearer tg1.a.b.c")->status, 403);
    EXPECT_EQ(with("Bearer good")->body, "metro");
}

TEST_F(Sessions, AnUploadWithABadHeaderIsRefusedBeforeItHasCome) {
    serve();
    RawConnection raw = connect();
    raw.send(
        "POST /v1/activities HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: 4000000\r\nExpect: 100-continue\r\n\r\n"
    );
    EXPECT_TRUE(raw.read_some().starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
    raw.send("bad\nrecord\n");
    const std::string all = raw.read_all();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 403 ")) << all;
    EXPECT_LT(previewed_.load(), 100U);

    Client one = client();
    EXPECT_EQ(
        one.post("/v1/activities", "application/x-ndjson", "good\n" + std::string(3'000'000, 'a'))
            ->body,
        "3000005"
    );
}

TEST_F(Sessions, AForgottenOrThrowingHandlerIs500AndTellsNothing) {
    serve();
    Client one = client();
    EXPECT_EQ(one.get("/forgets")->status, 500);
    const auto thrown = one.get("/throws");
    EXPECT_EQ(thrown->status, 500);
    EXPECT_EQ(thrown->body.find("secret"), std::string::npos);
}

TEST_F(Sessions, HeadHasTheHeadersOfGetAndNoBody) {
    serve();
    RawConnection raw = connect();
    raw.send("HEAD /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string all = raw.read_all();
    EXPECT_NE(all.find("Content-Length: 7\r\n"), std::string::npos);
    EXPECT_TRUE(all.ends_with("\r\n\r\n"));
}

TEST_F(Sessions, BrowsersMayAskForPublicRoutesFromAnywhere) {
    serve();
    Client one = client();
    const auto reply = one.send({
        .method = "OPTIONS",
        .target = "/v1/commands",
        .fields = {{"Origin", "https://example.org"}, {"Access-Control-Request-Method", "POST"}},
        .body = {},
    });
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 204);
    EXPECT_EQ(*reply->field("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(*reply->field("Access-Control-Allow-Methods"), "POST");
    const auto member = one.send(
        {.method = "GET",
         .target = "/members",
         .fields = {{"Origin", "https://example.org"}},
         .body = {}}
    );
    EXPECT_EQ(member->field("Access-Control-Allow-Origin"), nullptr);
}

TEST_F(Sessions, AnEmptyBucketIs429WithTheTimeToWait) {
    limits().ip = {.burst = 3, .per_second = 1};
    serve();
    Client one = client();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(one.get("/hello/a")->status, 200);
    }
    const auto refused = one.get("/hello/a");
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(*refused->field("Retry-After"), "1");
    EXPECT_EQ(*refused->field("RateLimit-Policy"), "\"ip\";q=3;w=3");
    now_ += 1000;
    EXPECT_EQ(one.get("/hello/a")->status, 200);
    EXPECT_EQ(one.get("/hello/a")->status, 429);
}

TEST_F(Sessions, TooManyRequestsInWorkAre503) {
    limits().requests_in_work = 1;
    serve();
    RawConnection busy = connect();
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto refused = client().get("/hello/a");
    EXPECT_EQ(refused->status, 503);
    EXPECT_NE(refused->body.find("overloaded"), std::string::npos);
    EXPECT_TRUE(busy.read_all().ends_with("slow"));
    EXPECT_EQ(client().get("/hello/a")->status, 200);
}

TEST_F(Sessions, ConnectionsPerAddressAreBounded) {
    limits().connections_per_address = 2;
    serve();
    Client first = client();
    Client second = client();
    EXPECT_TRUE(first.get("/hello/a"));
    EXPECT_TRUE(second.get("/hello/a"));
    EXPECT_FALSE(client().get("/hello/a"));
    EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(Sessions, DrainingAnswersWhatIsUnderWayAndEndsIdleConnections) {
    serve();
    RawConnection idle = connect();
    idle.send("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(idle.read_some().ends_with("hello a"));
    RawConnection busy = connect();
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    server_->drain();
    EXPECT_EQ(idle.read_all(), "");
    const std::string all = busy.read_all();
    EXPECT_TRUE(all.ends_with("slow")) << all;
    EXPECT_NE(all.find("Connection: close"), std::string::npos);
    server_->stop(1000);
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(Sessions, ALargeReplyArrivesWhole) {
    serve();
    const auto reply = client().get("/large");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body.size(), 3'000'000U);
}

TEST_F(Sessions, AClientMayPipeline) {
    serve();
    Client one = client();
    std::vector<ClientRequest> requests;
    for (int i = 0; i < 20; ++i) {
        requests.push_back(
            {.method = "GET", .target = "/hello/" + std::to_string(i), .fields = {}, .body = {}}
        );
    }
    const auto replies = one.send_all(requests);
    ASSERT_EQ(replies.size(), 20U);
    for (std::size_t i = 0; i < replies.size(); ++i) {
        ASSERT_TRUE(replies[i]) << replies[i].error().detail;
        EXPECT_EQ(replies[i]->body, "hello " + std::to_string(i));
    }
}

TEST_F(Sessions, AClientFindsANewConnectionWhenTheOldOneWentAway) {
    limits().idle_ms = 30;
    serve();
    Client one = client();
    EXPECT_EQ(one.get("/hello/a")->status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    const auto again = one.get("/hello/b");
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->body, "hello b");
}

TEST_F(Sessions, AClientDoesNotWaitLongerThanItsDeadline) {
    serve();
    auto made = Client::open(
        {.url = "http://127.0.0.1:" + std::to_string(server_->port()),
         .timeout_ms = 20,
         .ca_file = {}}
    );
    const auto reply = made->get("/slow");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::outcome_unknown);
    EXPECT_FALSE(Client::open({.url = "ftp://a", .ca_file = {}}));
    EXPECT_FALSE(Client::open({.url = "http://a/path", .ca_file = {}}));
}

}  // namespace
}  // namespace tanji::api
