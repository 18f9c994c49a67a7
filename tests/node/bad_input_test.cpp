// Requests that go wrong before any rule of the ledger is asked: framing, routes, queries,
// credentials, envelopes, payloads. None of them leaves a trace in the tree.
#include "tests/node/bad_input.h"

namespace tanji::node::test {
namespace {

const std::string some_id(32, 'f');

class BadInput : public testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<RunningNode>();
        node_->seed_data();
    }
    static void TearDownTestSuite() { node_.reset(); }

    static std::string account() { return node_->data().holders.front().account; }
    static std::string signed_by_metro(const Draft& draft) {
        const ledger::SigningKey& key = node_->key("metro");
        return sealed(*node_, draft, {&key});
    }
    // A retirement whose body is almost right.
    static std::string retirement(std::string_view amount, std::string_view credit_class) {
        return fmt::format(
            R"({{"account":"{}","class":"{}","amount":{},"purpose":"voluntary",)"
            R"("beneficiary":"b","commitment":null,"statement":"s","inventory":null,)"
            R"("instruction":null}})",
            account(), credit_class, amount
        );
    }
    static Refused bad_body(std::string name, std::string type, std::string body, std::string at) {
        return {
            .name = std::move(name),
            .sent = post("/v1/commands", signed_by_metro({.type = std::move(type), .body = std::move(body)})),
            .code = "command_malformed",
            .pointer = std::move(at),
        };
    }
    static std::string grant(ledger::TimeMs not_after, std::size_t wallet) {
        const ledger::SigningKey key = node_->wallet(wallet);
        const std::string payload = fmt::format(
            R"({{"ledger":"{}","account":"{}","scope":["account"],"not_after":{}}})",
            node_->alliance().genesis.ledger.hex(), account(), not_after
        );
        const auto signature = key.sign(ledger::pae(api::grant_payload_type, payload));
        return fmt::format(
            "tg1.{}.{}.{}", ledger::to_base64url(payload), key.id().hex(),
            ledger::to_base64url(signature.view())
        );
    }

    static inline std::unique_ptr<RunningNode> node_;
};

TEST_F(BadInput, FramingThatTwoReadersCouldUnderstandDifferentlyIsRefused) {
    const std::string get_ledger = "GET /v1/ledger HTTP/1.1\r\n";
    const std::string post_command = "POST /v1/commands HTTP/1.1\r\nHost: a\r\n"
                                     "Content-Type: application/json\r\n";
    std::string many;
    for (int i = 0; i < 70; ++i) {
        many += fmt::format("X-{}: 1\r\n", i);
    }
    const auto bad = [](std::string name, std::string bytes) {
        return Refused{.name = std::move(name), .sent = raw(std::move(bytes)), .code = "bad_request"};
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
            bad("a chunk without a size", post_command + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
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
            {"a compressed body", post("/v1/commands", "{}", "Content-Encoding: gzip\r\n"), 415,
             "unsupported_media_type"},
            {"JSON as an upload", post("/v1/activities", "{}"), 415, "unsupported_media_type"},
            {"an upload as a command",
             {.target = "/v1/transfers", .type = "application/x-ndjson", .body = "{}"},
             415, "unsupported_media_type"},
            {"65 KiB of command", post("/v1/commands", std::string(66'561, ' ')), 413, "too_large"},
            {"an announced 5 MiB",
             raw("POST /v1/activities HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"
                 "Content-Length: 5242880\r\n\r\n"),
             413, "too_large"},
            {"2 MiB to recompute",
             raw("POST /v1/recompute HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2097152\r\n\r\n"),
             413, "too_large"},
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
        return Refused{
            .name = target, .sent = get(target), .status = 404, .code = "not_found"
        };
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
            {"an index that is none", get("/v1/summary", "Tanji-Min-Index: -1\r\n"), 400,
             "bad_request"},
            {"an index far ahead", get("/v1/summary", "Tanji-Min-Index: 99999999\r\n"), 503,
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
            {"another scheme", get(account_path, "Authorization: Basic YTpi\r\n"), 401,
             "authentication_required"},
            {"no token", bearer(account_path, "abc"), 401, "token_invalid"},
            {"a token with another secret", bearer(account_path, other_secret), 401,
             "token_invalid"},
            {"a token for streams only", bearer(account_path, node_->streaming_token()), 403,
             "forbidden"},
            {"a token of another member", bearer(account_path, node_->other_token()), 403,
             "forbidden"},
            {"a grant that is none", bearer(account_path, "tg1.a.b.c"), 401, "grant_invalid"},
            {"a grant with a changed end", bearer(account_path, good.substr(0, good.size() - 4) + "AAAA"),
             401, "grant_invalid"},
            {"a grant of the past", bearer(account_path, grant(now - 60'000, 1)), 401,
             "grant_expired"},
            {"a grant for a day", bearer(account_path, grant(now + ledger::ms_per_day, 1)), 401,
             "grant_invalid"},
            {"a grant by another wallet", bearer(account_path, grant(now + 60'000, 2)), 401,
             "grant_invalid"},
            {"a grant for another scope", bearer(account_path + "/history", good), 403,
             "forbidden"},
            {"a grant for what members read",
             bearer("/v1/activities/" + node_->data().batches.front() + "/records", good), 403,
             "forbidden"},
        }
    );
}

TEST_F(BadInput, EnvelopesAreReadStrictly) {
    const std::string good = signed_by_metro({});
    const auto changed = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return post("/v1/commands", text.replace(at, from.size(), to));
    };
    const std::string holder_class = node_->data().holders.front().credit_class;
    const std::string keyid = node_->key("metro").id().hex();
    std::string upper = keyid;
    for (char& c : upper) {
        c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    const auto signatures = good.find("[{");
    const std::string one = good.substr(signatures + 1, good.rfind("}]") - signatures);
    std::string seventeen = one;
    for (int i = 0; i < 16; ++i) {
        seventeen += "," + one;
    }
    Sent detached{.type = "application/json", .body = "{}", .fields = "Tanji-Signature: keyid=1\r\n"};
    const auto malformed = [](std::string name, Sent sent, std::string pointer = {}) {
        return Refused{
            .name = std::move(name), .sent = std::move(sent), .code = "command_malformed",
            .pointer = std::move(pointer)
        };
    };
    expect_all_refused(
        *node_,
        {
            malformed("nothing", post("/v1/commands", "")),
            malformed("an array", post("/v1/commands", "[]")),
            malformed("half", post("/v1/commands", good.substr(0, good.size() / 2))),
            malformed("two values", post("/v1/commands", good + good)),
            malformed("a member twice", changed("{", R"({"payload":"e30=",)")),
            malformed("no payload type", changed("payloadType", "payloadTypo")),
            malformed("no base64", changed(R"("payload":")", R"("payload":"*)"), "/payload"),
            malformed("an upper-case key id", changed(keyid, upper), "/signatures/0/keyid"),
            malformed("a short signature", changed(R"("sig":")", R"("sig":"AAAA","was":")"),
                      "/signatures/0/sig"),
            malformed("a key twice", changed(one, one + "," + one), "/signatures/1/keyid"),
            malformed("seventeen signatures", changed(one, seventeen), "/signatures"),
            malformed("a header that is none", detached),
            {"another payload type", changed("vnd.tanji.command", "vnd.tanji.commend"), 400,
             "payload_type_unknown", "/payloadType"},
            {"40 kB of payload",
             post("/v1/commands", signed_by_metro({.more = ",\"x\":\"" + std::string(40'000, 'x') + "\""})),
             413, "command_too_large"},
            {"nobody signed",
             post("/v1/commands", sealed(*node_, {.type = "credit.retire", .body = retirement("\"1\"", holder_class)}, {})),
             403, "signature_missing", "/signatures"},
        }
    );
}

TEST_F(BadInput, PayloadsAreReadStrictlyAndTheFaultIsPointedAt) {
    const std::string cls = node_->data().holders.front().credit_class;
    const auto draft = [](Draft given, std::string name, std::string pointer) {
        return Refused{
            .name = std::move(name), .sent = post("/v1/commands", signed_by_metro(given)),
            .code = "command_malformed", .pointer = std::move(pointer)
        };
    };
    const auto retire = [&](std::string name, std::string body, std::string pointer) {
        return bad_body(std::move(name), "credit.retire", std::move(body), std::move(pointer));
    };
    const std::string user = new_id();
    const std::string open = fmt::format(R"({{"account":"{}","kind":"user","keys":[],"owner":null)", user);
    std::string no_statement = retirement("\"1\"", cls);
    no_statement.replace(no_statement.find(R"("statement":"s",)"), 16, "");
    std::string control = retirement("\"1\"", cls);
    control.replace(control.find(R"("s")"), 3, R"("\u0007")");
    expect_all_refused(
        *node_,
        {
            draft({.v = "2"}, "another version", "/v"),
            draft({.ledger = "ab"}, "a short ledger id", "/ledger"),
            draft({.id = std::string(32, '0')}, "the id zero", "/id"),
            draft({.id = std::string(32, 'A')}, "an upper-case id", "/id"),
            draft({.not_after = "1.5e3"}, "a fraction", ""),
            draft({.not_after = "-1"}, "a sign", ""),
            draft({.not_after = "9007199254740992"}, "an integer over 2^53", ""),
            draft({.body = "[]"}, "a body that is no object", "/body"),
            draft({.more = R"(,"extra":1)"}, "a member too many", "/extra"),
            draft({.more = R"(,"v":1)"}, "a member twice", ""),
            bad_body("an unknown member of the body", "account.open", open + R"(,"x":1})", "/body/x"),
            bad_body("a kind of nobody", "account.open",
                     fmt::format(R"({{"account":"{}","kind":"robot","keys":[],"owner":null}})", user),
                     "/body/kind"),
            bad_body("a key that is none", "account.open",
                     fmt::format(R"({{"account":"{}","kind":"user","keys":["AAAA"],"owner":null}})", user),
                     "/body/keys/0"),
            bad_body("a member to be opened", "account.open",
                     R"({"account":"metro","kind":"user","keys":[],"owner":null})", "/body/account"),
            retire("the amount 0", retirement("\"0\"", cls), "/body/amount"),
            retire("an amount as a number", retirement("1", cls), "/body/amount"),
            retire("a leading zero", retirement("\"01\"", cls), "/body/amount"),
            retire("nineteen digits", retirement("\"1000000000000000000\"", cls), "/body/amount"),
            retire("a minus", retirement("\"-1\"", cls), "/body/amount"),
            retire("no class", retirement("\"1\"", "a:b"), "/body/class"),
            retire("a member missing", no_statement, "/body/statement"),
            retire("a control character", control, "/body/statement"),
            {"a type of nobody", post("/v1/commands", signed_by_metro({.type = "account.shut"})),
             400, "command_type_unknown", "/type"},
            {"another ledger",
             post("/v1/commands",
                  signed_by_metro({.ledger = std::string(64, 'a'), .body = open + "}"})),
             422, "wrong_ledger", "/ledger"},
        }
    );
}

TEST_F(BadInput, DoorsOptionsAndSignaturesAreChecked) {
    const std::string open = fmt::format(
        R"({{"account":"{}","kind":"user","keys":[],"owner":null}})", new_id()
    );
    const std::string command = signed_by_metro({.body = open});
    const ledger::SigningKey stranger = ledger::SigningKey::from_seed(std::string(32, 'x'));
    const std::string foreign = sealed(*node_, {.body = open}, {&stranger});
    auto tampered = ledger::read_envelope(command).value();
    tampered.signatures[0].sig.bytes[3] ^= 1;
    const std::string attest =
        R"({"batch":")" + some_id +
        R"(","verdict":"accept","except":[],"level":"limited","sampled":1,"report":")" +
        std::string(64, '0') + R"(","reason":null})";
    const std::string estimate =
        R"({"methodology":"bike-demo@1","inputs":{"distance_m":"0"},"keys":{},"date":"2026-05-18"})";
    expect_all_refused(
        *node_,
        {
            {"the wrong door", post("/v1/retirements", command), 422, "path_mismatch"},
            {"another batch in the path",
             post("/v1/activities/" + std::string(32, 'e') + "/attest",
                  signed_by_metro({.type = "activity.attest", .body = attest})),
             422, "path_mismatch"},
            {"another key", post("/v1/commands", command, "Idempotency-Key: abc\r\n"), 400,
             "idempotency_key_mismatch"},
            {"dry_run=maybe", post("/v1/commands?dry_run=maybe", command), 400, "query_invalid"},
            {"until=never", post("/v1/commands?until=never", command), 400, "query_invalid"},
            {"wait=0", post("/v1/commands?wait=0", command), 400, "query_invalid"},
            {"wait=31", post("/v1/commands?wait=31", command), 400, "query_invalid"},
            {"a stranger's key", post("/v1/commands", foreign), 403, "key_unknown"},
            {"a flipped signature", post("/v1/commands", ledger::to_text(tampered)), 403,
             "signature_invalid"},
            {"no JSON to recompute", post("/v1/recompute", "{"), 400, "bad_request"},
            {"no methodology to estimate", post("/v1/estimate", "{}"), 400, "bad_request",
             "/methodology"},
            {"an input out of range", post("/v1/estimate", estimate), 422, "record_invalid", "",
             "input_out_of_range"},
        }
    );
}

}  // namespace
}  // namespace tanji::node::test
