// Requests that go wrong before anybody looks into a command: framing, routes, queries,
// credentials. None of them leaves a trace in the tree.
#include "tests/node/bad_requests.h"

namespace tanji::node::test {
namespace {

TEST_F(BadInput, FramingThatTwoReadersCouldUnderstandDifferentlyIsRefused) {
    const std::string get_ledger = "GET /v1/ledger HTTP/1.1\r\n";
    const std::string post_command =
        "POST /v1/commands HTTP/1.1\r\nHost: a\r\n"
        "Content-Type: application/json\r\n";
    std::string many;
    for (int i = 0; i < 70; ++i) {
        many += fmt::format("X-{}: 1\r\n", i);
    }
    const auto bad = [](std::string name, std::string bytes) {
        return Refused{
            .name = std::move(name), .sent = raw(std::move(bytes)), .code = "bad_request"
        };
    };
    expect_all_refused(
        *node_,
        {
            bad("an old version", "GET /v1/ledger HTTP/1.0\r\nHost: a\r\n\r\n"),
            bad("bare line feeds", "GET /v1/ledger HTTP/1.1\nHost: a\n\n"),
            bad("two parts", "GET /v1/ledger\r\nHost: a\r\n\r\n"),
            bad("no host", get_ledger + "\r\n"),
            bad("two hosts", get_ledger + "Host: a\r\nHost: b\r\n\r\n"),
            bad("a folded field", get_ledger + "Host: a\r\nX: 1\r\n 2\r\n\r\n"),
            bad("a blank before the colon", get_ledger + "Host : a\r\n\r\n"),
            bad("a control character", get_ledger + "Host: a\r\nX: \x01\r\n\r\n"),
            bad("a NUL", get_ledger + "Host: a\r\nX: " + std::string(1, '\0') + "\r\n\r\n"),
            bad("absolute form", "GET http://a/v1/ledger HTTP/1.1\r\nHost: a\r\n\r\n"),
            bad("a method that is none", "G@T /v1/ledger HTTP/1.1\r\nHost: a\r\n\r\n"),
            bad("two lengths", post_command + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
            bad("a signed length", post_command + "Content-Length: +2\r\n\r\n{}"),
            bad("a length in hexadecimal", post_command + "Content-Length: 0x2\r\n\r\n{}"),
            bad("length and coding",
                post_command + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            bad("another coding", post_command + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
            bad("a chunk without a size",
                post_command + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            bad("another expectation", post_command + "Content-Length: 2\r\nExpect: 200\r\n\r\n{}"),
            {.name = "a long URI",
             .sent = get("/v1/" + std::string(2'100, 'a')),
             .status = 414,
             .code = "uri_too_long"},
            {.name = "many fields",
             .sent = get("/v1/ledger", many),
             .status = 431,
             .code = "headers_too_large"},
            {.name = "a long head",
             .sent = get("/v1/ledger", "X: " + std::string(17'000, 'x') + "\r\n"),
             .status = 431,
             .code = "headers_too_large"},
        }
    );
}

TEST_F(BadInput, RoutesMethodsAndMediaTypesAreRefused) {
    const auto sent = [](std::string method, std::string target) {
        return Sent{.method = std::move(method), .target = std::move(target), .type = {}};
    };
    Sent with_body = get("/v1/ledger");
    with_body.body = "{}";
    expect_all_refused(
        *node_,
        {
            {"no such path", get("/v1/nothing"), 404, "unknown_endpoint"},
            {"a later version", get("/v2/ledger"), 404, "unknown_endpoint"},
            {"a bad escape", get("/v1/%zz"), 400, "bad_request"},
            {"an escaped slash", get("/v1/members/a%2fb"), 400, "bad_request"},
            {"dots", get("/v1/../v1/ledger"), 400, "bad_request"},
            {"escaped dots", get("/v1/%2e%2e/ledger"), 400, "bad_request"},
            {"an empty segment", get("/v1//ledger"), 400, "bad_request"},
            {"overlong UTF-8", get("/v1/members/%c0%af"), 400, "bad_request"},
            {"DELETE", sent("DELETE", "/v1/ledger"), 405, "method_not_allowed"},
            {"PUT", sent("PUT", "/v1/commands"), 405, "method_not_allowed"},
            {"a method of nobody", sent("BREW", "/v1/ledger"), 405, "method_not_allowed"},
            {"POST to a read", post("/v1/summary", "{}"), 405, "method_not_allowed"},
            {"GET with a body", with_body, 413, "too_large"},
            {"text", {.type = "text/plain", .body = "{}"}, 415, "unsupported_media_type"},
            {"no type", {.type = {}, .body = "{}"}, 415, "unsupported_media_type"},
            {"a compressed body",
             post("/v1/commands", "{}", "Content-Encoding: gzip\r\n"),
             415,
             "unsupported_media_type"},
            {"JSON as an upload", post("/v1/activities", "{}"), 415, "unsupported_media_type"},
            {"an upload as a command",
             {.target = "/v1/transfers", .type = "application/x-ndjson", .body = "{}"},
             415,
             "unsupported_media_type"},
            {"65 KiB of command", post("/v1/commands", std::string(66'561, ' ')), 413, "too_large"},
            {"an announced 5 MiB",
             raw("POST /v1/activities HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"
                 "Content-Length: 5242880\r\n\r\n"),
             413,
             "too_large"},
            {"2 MiB to recompute",
             raw("POST /v1/recompute HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2097152\r\n\r\n"),
             413,
             "too_large"},
        }
    );
}

TEST_F(BadInput, QueriesCursorsAndUnknownObjectsAreRefused) {
    const std::string foreign =
        ledger::to_base64url(std::string(1, '\1') + std::string(8, 'm') + "place");
    std::string many = "/v1/leaves?a0=1";
    for (int i = 1; i < 40; ++i) {
        many += fmt::format("&a{}=1", i);
    }
    const auto query = [](std::string target) {
        return Refused{.name = target, .sent = get(target), .code = "query_invalid"};
    };
    const auto missing = [](std::string target) {
        return Refused{.name = target, .sent = get(target), .status = 404, .code = "not_found"};
    };
    expect_all_refused(
        *node_,
        {
            query("/v1/classes?colour=red"),
            query("/v1/classes?limit=0"),
            query("/v1/classes?limit=501"),
            query("/v1/classes?limit=05"),
            query("/v1/classes?limit=ten"),
            query("/v1/classes?limit=1&limit=2"),
            query("/v1/summary?consistency=maybe"),
            query("/log/consistency?from=5&to=2"),
            query("/log/consistency"),
            query(many),
            {"no cursor", get("/v1/classes?cursor=!!"), 400, "cursor_invalid"},
            {"another list's cursor", get("/v1/classes?cursor=" + foreign), 400, "cursor_invalid"},
            {"an index that is none",
             get("/v1/summary", "Tanji-Min-Index: -1\r\n"),
             400,
             "bad_request"},
            {"an index far ahead",
             get("/v1/summary", "Tanji-Min-Index: 99999999\r\n"),
             503,
             "behind"},
            missing("/v1/activities/" + some_id),
            missing("/v1/activities/xyz"),
            missing("/v1/records/" + some_id + "/0/proof"),
            missing("/v1/retirements/" + some_id),
            missing("/v1/commands/" + some_id + "/receipt"),
            missing("/v1/classes/a:b@1:c:2026"),
            missing("/v1/methodologies/none@1"),
            missing("/v1/factors/none@1"),
            missing("/v1/members/nobody"),
            missing("/v1/leaves/999999"),
            missing("/v1/leaves/18446744073709551616"),
            missing("/v1/blocks/999999"),
            missing("/v1/checkpoints/999999"),
            missing("/log/tile/0/x000/000"),
            missing("/log/tile/entries/000.p/0"),
            missing("/log/tile/9/000"),
            missing("/log/proof/999999"),
        }
    );
}

TEST_F(BadInput, CredentialsThatProveNothingAreRefused) {
    const std::string account_path = "/v1/accounts/" + account();
    const ledger::TimeMs now = RunningNode::now_ms();
    const std::string good = grant(now + 60'000, 1);
    ASSERT_EQ(ask(node_->port(), bearer(account_path, good)).status, 200);
    std::string other_secret = node_->token();
    other_secret.at(15) = other_secret.at(15) == 'A' ? 'B' : 'A';
    expect_all_refused(
        *node_,
        {
            {"nothing", get(account_path), 401, "authentication_required"},
            {"another scheme",
             get(account_path, "Authorization: Basic YTpi\r\n"),
             401,
             "authentication_required"},
            {"no token", bearer(account_path, "abc"), 401, "token_invalid"},
            {"a token with another secret", bearer(account_path, other_secret), 401, "token_invalid"
            },
            {"a token for streams only",
             bearer(account_path, node_->streaming_token()),
             403,
             "forbidden"},
            {"a token of another member",
             bearer(account_path, node_->other_token()),
             403,
             "forbidden"},
            {"a grant that is none", bearer(account_path, "tg1.a.b.c"), 401, "grant_invalid"},
            {"a grant with a changed end",
             bearer(account_path, good.substr(0, good.size() - 4) + "AAAA"),
             401,
             "grant_invalid"},
            {"a grant of the past",
             bearer(account_path, grant(now - 60'000, 1)),
             401,
             "grant_expired"},
            {"a grant for a day",
             bearer(account_path, grant(now + ledger::ms_per_day, 1)),
             401,
             "grant_invalid"},
            {"a grant by another wallet",
             bearer(account_path, grant(now + 60'000, 2)),
             401,
             "grant_invalid"},
            {"a grant for another scope", bearer(account_path + "/history", good), 403, "forbidden"
            },
            {"a grant for what members read",
             bearer("/v1/activities/" + node_->data().batches.front() + "/records", good),
             403,
             "forbidden"},
        }
    );
}

}  // namespace
}  // namespace tanji::node::test
