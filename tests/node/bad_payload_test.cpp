// Envelopes, payloads, signatures and doors: what is malformed is refused before it is executed,
// and the fault is pointed at.
#include "ledger/command/envelope.h"
#include "tests/node/bad_requests.h"

namespace tanji::node::test {
namespace {

using BadPayload = BadInput;

TEST_F(BadPayload, EnvelopesAreReadStrictly) {
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
    Sent detached{
        .type = "application/json", .body = "{}", .fields = "Tanji-Signature: keyid=1\r\n"
    };
    const auto malformed = [](std::string name, Sent sent, std::string pointer = {}) {
        return Refused{
            .name = std::move(name),
            .sent = std::move(sent),
            .code = "command_malformed",
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
            malformed(
                "a short signature",
                changed(R"("sig":")", R"("sig":"AAAA","was":")"),
                "/signatures/0/sig"
            ),
            malformed("a key twice", changed(one, one + "," + one), "/signatures/1/keyid"),
            malformed("seventeen signatures", changed(one, seventeen), "/signatures"),
            malformed("a header that is none", detached),
            {"another payload type",
             changed("vnd.tanji.command", "vnd.tanji.commend"),
             400,
             "payload_type_unknown",
             "/payloadType"},
            {"40 kB of payload",
             post(
                 "/v1/commands",
                 signed_by_metro({.more = ",\"x\":\"" + std::string(40'000, 'x') + "\""})
             ),
             413,
             "command_too_large"},
            {"nobody signed",
             post(
                 "/v1/commands",
                 sealed(
                     *node_,
                     {.type = "credit.retire", .body = retirement("\"1\"", holder_class)},
                     {}
                 )
             ),
             403,
             "signature_missing",
             "/signatures"},
        }
    );
}

TEST_F(BadPayload, PayloadsAreReadStrictlyAndTheFaultIsPointedAt) {
    const std::string cls = node_->data().holders.front().credit_class;
    const auto draft = [](Draft given, std::string name, std::string pointer) {
        return Refused{
            .name = std::move(name),
            .sent = post("/v1/commands", signed_by_metro(given)),
            .code = "command_malformed",
            .pointer = std::move(pointer)
        };
    };
    const auto retire = [&](std::string name, std::string body, std::string pointer) {
        return bad_body(std::move(name), "credit.retire", std::move(body), std::move(pointer));
    };
    const std::string user = new_id();
    const std::string open =
        fmt::format(R"({{"account":"{}","kind":"user","keys":[],"owner":null)", user);
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
            bad_body(
                "an unknown member of the body", "account.open", open + R"(,"x":1})", "/body/x"
            ),
            bad_body(
                "a kind of nobody",
                "account.open",
                fmt::format(R"({{"account":"{}","kind":"robot","keys":[],"owner":null}})", user),
                "/body/kind"
            ),
            bad_body(
                "a key that is none",
                "account.open",
                fmt::format(
                    R"({{"account":"{}","kind":"user","keys":["AAAA"],"owner":null}})", user
                ),
                "/body/keys/0"
            ),
            bad_body(
                "a member to be opened",
                "account.open",
                R"({"account":"metro","kind":"user","keys":[],"owner":null})",
                "/body/account"
            ),
            retire("the amount 0", retirement("\"0\"", cls), "/body/amount"),
            retire("an amount as a number", retirement("1", cls), "/body/amount"),
            retire("a leading zero", retirement("\"01\"", cls), "/body/amount"),
            retire("nineteen digits", retirement("\"1000000000000000000\"", cls), "/body/amount"),
            retire("a minus", retirement("\"-1\"", cls), "/body/amount"),
            retire("no class", retirement("\"1\"", "a:b"), "/body/class"),
            retire("a member missing", no_statement, "/body/statement"),
            retire("a control character", control, "/body/statement"),
            {"a type of nobody",
             post("/v1/commands", signed_by_metro({.type = "account.shut"})),
             400,
             "command_type_unknown",
             "/type"},
            {"another ledger",
             post(
                 "/v1/commands",
                 signed_by_metro({.ledger = std::string(64, 'a'), .body = open + "}"})
             ),
             422,
             "wrong_ledger",
             "/ledger"},
        }
    );
}

TEST_F(BadPayload, DoorsOptionsAndSignaturesAreChecked) {
    const std::string open =
        fmt::format(R"({{"account":"{}","kind":"user","keys":[],"owner":null}})", new_id());
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
             post(
                 "/v1/activities/" + std::string(32, 'e') + "/attest",
                 signed_by_metro({.type = "activity.attest", .body = attest})
             ),
             422,
             "path_mismatch"},
            {"another key",
             post("/v1/commands", command, "Idempotency-Key: abc\r\n"),
             400,
             "idempotency_key_mismatch"},
            {"dry_run=maybe", post("/v1/commands?dry_run=maybe", command), 400, "query_invalid"},
            {"until=never", post("/v1/commands?until=never", command), 400, "query_invalid"},
            {"wait=0", post("/v1/commands?wait=0", command), 400, "query_invalid"},
            {"wait=31", post("/v1/commands?wait=31", command), 400, "query_invalid"},
            {"a stranger's key", post("/v1/commands", foreign), 403, "key_unknown"},
            {"a flipped signature",
             post("/v1/commands", ledger::to_text(tampered)),
             403,
             "signature_invalid"},
            {"no JSON to recompute", post("/v1/recompute", "{"), 400, "bad_request"},
            {"no methodology to estimate",
             post("/v1/estimate", "{}"),
             400,
             "bad_request",
             "/methodology"},
            {"an input out of range",
             post("/v1/estimate", estimate),
             422,
             "record_invalid",
             "",
             "input_out_of_range"},
        }
    );
}

}  // namespace
}  // namespace tanji::node::test
