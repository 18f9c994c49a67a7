// Batches of rides through the routes: upload, what members see inside, attestation, revocation.
#include "tests/api/small_city.h"

namespace tanji::api {
namespace {

using Batches = City;

TEST_F(Batches, AreTakenAsLinesAndAsAContainerWithTheSameOutcome) {
    const Response lines = upload_lines(first_batch());
    ASSERT_EQ(lines.status, 201) << lines.body;
    EXPECT_EQ(*lines.field("Location"), "/v1/activities/" + id_of(10));
    EXPECT_EQ(at(lines, "outcome"), R"("applied")");
    EXPECT_EQ(at(lines, "result/state"), R"("submitted")");
    EXPECT_EQ(at(lines, "result/counts/counted"), "3");
    EXPECT_EQ(at(lines, "result/counts/capped"), "1");
    EXPECT_EQ(at(lines, "result/counted_ug"), R"("465349900")");

    // The same bytes the other way: the first outcome again.
    const Response container = upload_container(first_batch());
    ASSERT_EQ(container.status, 201) << container.body;
    EXPECT_EQ(*container.field("Tanji-Replayed"), "true");
    EXPECT_EQ(at(container, "leaf_index"), at(lines, "leaf_index"));
    EXPECT_EQ(at(container, "result"), at(lines, "result"));

    const Response second = upload_container(second_batch());
    ASSERT_EQ(second.status, 201) << second.body;
    const std::string first_leaf = at(lines, "leaf_index");
    EXPECT_EQ(
        at(second, "result/conflicts"),
        R"([{"conflict":1,"record":0,"rule":"event","leaf":)" + first_leaf + R"(,"first":3}])"
    );
}

TEST_F(Batches, AllInConflictAreRefusedWithTheirReceipts) {
    ASSERT_EQ(upload_lines(first_batch()).status, 201);
    const Response again = upload_lines(batch(12, {{'1', alice, 1850}, {'4', bob, 2100}}));
    ASSERT_EQ(again.status, 409) << again.body;
    EXPECT_EQ(at(again, "code"), R"("activity_conflict")");
    EXPECT_EQ(at(again, "recorded"), "true");
    EXPECT_EQ(get("/v1/activities/" + id_of(12)).status, 404);
    const std::string leaf = at(get("/v1/activities/" + id_of(10)), "leaves/0");
    EXPECT_EQ(
        at(again, "outcome/result/conflicts"),
        R"([{"conflict":1,"record":0,"rule":"event","leaf":)" + leaf +
            R"(,"first":0},{"conflict":1,"record":1,"rule":"event","leaf":)" + leaf +
            R"(,"first":3}])"
    );
}

TEST_F(Batches, AreRefusedForTheirHeaderBeforeTheRecordsAreRead) {
    const Route* route = nullptr;
    for (const Route* each : desk_.router().routes()) {
        route = each->name == "submitActivities" ? each : route;
    }
    ASSERT_NE(route, nullptr);
    Batch forged = first_batch();
    forged.envelope.signatures.front().sig =
        node_.verifier().sign(ledger::signed_bytes(forged.envelope));
    const std::string text = ledger::to_ndjson(forged.envelope, forged.records);
    const std::string raw = ledger::to_container(forged.envelope.payload, forged.records);
    const std::size_t line_end = text.find('\n') + 1;
    const std::size_t header_end = 4 + forged.envelope.payload.size();

    Request lines;
    lines.fields = {{"content-type", "application/x-ndjson"}};
    EXPECT_FALSE(route->preview(lines, text.substr(0, line_end - 1)));  // not all there yet
    const auto verdict = route->preview(lines, text.substr(0, line_end));
    ASSERT_TRUE(verdict && !*verdict);
    EXPECT_EQ(verdict->error().code, ledger::ErrorCode::signature_invalid);

    Request container;
    container.fields = {
        {"content-type", std::string(batch_type)},
        {"tanji-signature", ledger::to_signature_header(forged.envelope.signatures)}
    };
    EXPECT_FALSE(route->preview(container, raw.substr(0, header_end - 1)));
    const auto other = route->preview(container, raw.substr(0, header_end));
    ASSERT_TRUE(other && !*other);
    EXPECT_EQ(other->error().code, ledger::ErrorCode::signature_invalid);

    // And a header of another ledger, whoever signed it.
    Batch foreign = first_batch();
    std::string payload = foreign.envelope.payload;
    payload.replace(payload.find(node_.id().hex()), 64, std::string(64, '0'));
    foreign.envelope = ledger::sign_command(payload, std::vector{&node_.metro()});
    const auto elsewhere =
        route->preview(lines, ledger::to_ndjson(foreign.envelope, foreign.records));
    ASSERT_TRUE(elsewhere && !*elsewhere);
    EXPECT_EQ(elsewhere->error().code, ledger::ErrorCode::wrong_ledger);

    EXPECT_EQ(upload_lines(forged).status, 403);
    EXPECT_EQ(at(upload_container(forged), "code"), R"("signature_invalid")");
    EXPECT_EQ(get("/v1/activities/" + forged.id).status, 404);
}

TEST_F(Batches, ThatAreNoBatchesAreRefusedWithoutALeaf) {
    const std::string size = at(get("/v1/ledger"), "size");
    const Batch good = first_batch();
    const std::string text = ledger::to_ndjson(good.envelope, good.records);
    const std::string raw = ledger::to_container(good.envelope.payload, good.records);
    const std::string signature = ledger::to_signature_header(good.envelope.signatures);
    const auto lines = [&](std::string body) {
        return post("/v1/activities", "application/x-ndjson", std::move(body));
    };
    const auto container = [&](std::string body, const std::string& by) {
        return post(
            "/v1/activities", std::string(batch_type), std::move(body), {{"tanji-signature", by}}
        );
    };
    EXPECT_EQ(lines(text.substr(0, text.size() - 30)).status, 400);
    EXPECT_EQ(lines(text + "\n").status, 400);
    EXPECT_EQ(lines(text + text.substr(text.find('\n') + 1) + "{}\n").status, 400);
    EXPECT_EQ(container(raw.substr(0, raw.size() - 1), signature).status, 400);
    EXPECT_EQ(container(raw + "x", signature).status, 400);
    EXPECT_EQ(container(raw.substr(0, 3), signature).status, 400);
    EXPECT_EQ(container(std::string(9, '\xff'), signature).status, 413);
    EXPECT_EQ(container(raw, "keyid=x").status, 400);
    EXPECT_EQ(post("/v1/activities", std::string(batch_type), raw).status, 403);
    EXPECT_EQ(post("/v1/activities", "application/json", "{}").status, 415);
    EXPECT_EQ(at(get("/v1/ledger"), "size"), size);
}

TEST_F(Batches, AreListedByWhatIsAskedAndNothingElse) {
    ASSERT_EQ(upload_lines(first_batch()).status, 201);
    ASSERT_EQ(upload_lines(second_batch()).status, 201);
    ASSERT_EQ(attest(first_batch(), 20).status, 200);
    const auto ids = [&](const std::string& query) {
        const ledger::JsonValue value = json(get("/v1/activities" + query));
        std::string all;
        for (const auto& one : *value.find("data")->array()) {
            all += one.find("id")->string()->substr(30) + " ";
        }
        return all;
    };
    EXPECT_EQ(ids(""), "10 11 ");
    EXPECT_EQ(ids("?state=issued"), "10 ");
    EXPECT_EQ(ids("?state=submitted"), "11 ");
    EXPECT_EQ(ids("?provider=metro&methodology=bike-demo@1"), "10 11 ");
    EXPECT_EQ(ids("?provider=verico"), "");
    const std::string at_second = at(get("/v1/activities/" + id_of(11)), "submitted_at");
    EXPECT_EQ(ids("?from=" + at_second), "11 ");
    EXPECT_EQ(ids("?to=" + at_second), "10 ");
    EXPECT_EQ(get("/v1/activities?state=unheard").status, 400);
    EXPECT_EQ(get("/v1/activities?colour=red").status, 400);

    const Response page = get("/v1/activities?limit=1");
    EXPECT_EQ(at(page, "data/0/id"), "\"" + id_of(10) + "\"");
    const std::string cursor = *json(page).find("next")->string();
    EXPECT_EQ(ids("?limit=1&cursor=" + cursor), "11 ");

    // The link to the next page has the filters of this one.
    const Response filtered = get("/v1/activities?limit=1&methodology=bike-demo@1");
    ASSERT_NE(filtered.field("Link"), nullptr);
    const std::string link = *filtered.field("Link");
    const Response followed = get(link.substr(1, link.find('>') - 1));
    ASSERT_EQ(followed.status, 200) << link;
    EXPECT_EQ(json(followed).find("data")->array()->size(), 1U);
    EXPECT_EQ(at(followed, "data/0/id"), "\"" + id_of(11) + "\"");
    EXPECT_EQ(
        at(get("/v1/activities?limit=1&state=issued&cursor=" + cursor), "code"),
        R"("cursor_invalid")"
    );
}

TEST_F(Batches, ShowTheirStateAndTheHeaderThatWasSigned) {
    const Response submitted = upload_lines(first_batch());
    const Response shown = get("/v1/activities/" + id_of(10));
    ASSERT_EQ(shown.status, 200);
    EXPECT_EQ(at(shown, "state"), R"("submitted")");
    EXPECT_EQ(at(shown, "class"), "\"" + std::string(bike_class) + "\"");
    EXPECT_EQ(at(shown, "leaves"), "[" + at(submitted, "leaf_index") + "]");
    EXPECT_EQ(at(shown, "header/reduction_ug"), R"("532059900")");
    EXPECT_EQ(at(shown, "serials"), "null");

    const Response attested = attest(first_batch(), 20);
    ASSERT_EQ(attested.status, 200) << attested.body;
    EXPECT_EQ(at(attested, "result/state"), R"("issued")");
    EXPECT_EQ(at(attested, "result/grams"), R"("465")");
    EXPECT_EQ(at(attested, "result/reserved"), R"("10")");
    const Response issued = get("/v1/activities/" + id_of(10));
    EXPECT_EQ(at(issued, "state"), R"("issued")");
    EXPECT_EQ(at(issued, "verifier"), R"("verico")");
    EXPECT_EQ(at(issued, "serials"), R"({"first":"1","last":"465"})");

    const auto revoke = node_.command(
        "activity.revoke",
        id_of(21),
        R"({"batch":")" + id_of(10) +
            R"(","records":null,"reason":"other","free":false,"evidence":null})"
    );
    const Response revoked = desk_.post("/v1/activities/" + id_of(10) + "/revoke", revoke);
    ASSERT_EQ(revoked.status, 200) << revoked.body;
    EXPECT_EQ(at(revoked, "result/reversed"), R"("465")");
    EXPECT_EQ(at(revoked, "result/owed"), R"("0")");
    EXPECT_EQ(at(get("/v1/activities/" + id_of(10)), "state"), R"("revoked")");
}

TEST_F(Batches, AreOpenInsideToTheMembersTheyConcernOnly) {
    ASSERT_EQ(upload_lines(first_batch()).status, 201);
    const std::string path = "/v1/activities/" + id_of(10);
    for (const std::string part : {"/sample", "/conflicts", "/records", "/allocations"}) {
        EXPECT_EQ(get(path + part).status, 401) << part;
        EXPECT_EQ(get(path + part, grant(alice_key_, alice, "records")).status, 403) << part;
        EXPECT_EQ(get(path + part, token_, {{"tanji-purpose", "t"}}).status, 200) << part;
        EXPECT_EQ(get(path + part, verifier_token_, {{"tanji-purpose", "t"}}).status, 200) << part;
    }
    const std::size_t before = node_.accesses.size();
    EXPECT_EQ(get(path + "/records", token_).status, 400);
    EXPECT_EQ(node_.accesses.size(), before);
}

TEST_F(Batches, AreSampledTheSameForEverybody) {
    ASSERT_EQ(upload_lines(first_batch()).status, 201);
    const std::string path = "/v1/activities/" + id_of(10) + "/sample";
    const Response whole = get(path, token_);
    EXPECT_EQ(json(whole).find("records")->array()->size(), 4U);
    ASSERT_EQ(upload_lines(second_batch()).status, 201);
    EXPECT_EQ(get(path, verifier_token_).body, whole.body);
    EXPECT_EQ(json(get(path + "?count=2", token_)).find("records")->array()->size(), 2U);
    EXPECT_EQ(get(path + "?count=0", token_).status, 400);

    const ledger::Hash root = *ledger::Hash::from_hex(*json(whole).find("root")->string());
    const std::uint64_t size = *json(whole).find("size")->integer();
    EXPECT_EQ(root, node_.local()->root_at(size));
    const auto drawn = ledger::draw_sample(
        ledger::sampling_seed(*ledger::CommandId::from_hex(id_of(10)), size, root), 4, 4
    );
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        EXPECT_EQ(at(whole, "records/" + std::to_string(i)), std::to_string(drawn[i]));
    }
}

TEST_F(Batches, GiveTheirRecordsAsWireBytesLinesAndJson) {
    const Batch sent = first_batch();
    ASSERT_EQ(upload_container(sent).status, 201);
    const std::string path = "/v1/activities/" + sent.id + "/records";
    const Response wire = get_bodies(path, std::string(batch_type));
    EXPECT_EQ(wire.content_type, batch_type);
    EXPECT_EQ(wire.body, ledger::to_attachment(sent.records));

    const Response lines = get_bodies(path, "application/x-ndjson");
    EXPECT_EQ(std::ranges::count(lines.body, '\n'), 4);
    const ledger::JsonValue first = parse(lines.body.substr(0, lines.body.find('\n')));
    EXPECT_EQ(at(first, "record"), ledger::to_text(sent.records[0]));
    EXPECT_EQ(at(first, "result/outcome"), R"("counted")");
    EXPECT_EQ(at(first, "result/ug"), R"("176305000")");

    const Response all = get_bodies(path, "application/json");
    EXPECT_EQ(at(all, "data/2/result/outcome"), R"("capped")");
    EXPECT_EQ(at(all, "data/2/record"), ledger::to_text(sent.records[2]));
    EXPECT_EQ(get_bodies(path, "text/html").status, 406);
}

TEST_F(Batches, PageTheirRecordsAndAllocations) {
    ASSERT_EQ(upload_lines(first_batch()).status, 201);
    ASSERT_EQ(attest(first_batch(), 20).status, 200);
    const std::string records = "/v1/activities/" + id_of(10) + "/records";
    const Response page = get_bodies(records + "?limit=3", "application/json");
    ASSERT_EQ(json(page).find("data")->array()->size(), 3U) << page.body;
    const std::string cursor = *json(page).find("next")->string();
    const Response rest = get_bodies(records + "?limit=3&cursor=" + cursor, "application/json");
    EXPECT_EQ(json(rest).find("data")->array()->size(), 1U);
    EXPECT_EQ(at(rest, "data/0/index"), "3");
    EXPECT_EQ(at(rest, "next"), "null");

    const std::string allocations = "/v1/activities/" + id_of(10) + "/allocations";
    const Response one = get(allocations + "?limit=1", token_);
    ASSERT_EQ(json(one).find("data")->array()->size(), 1U);
    EXPECT_EQ(at(one, "data/0/account"), "\"" + alice + "\"");
    EXPECT_EQ(at(one, "data/0/grams"), R"("265")");
    const Response two =
        get(allocations + "?limit=1&cursor=" + *json(one).find("next")->string(), token_);
    EXPECT_EQ(at(two, "data/0/account"), "\"" + bob + "\"");
    EXPECT_EQ(at(two, "next"), "null");
    EXPECT_EQ(at(get(allocations + "?cursor=" + cursor, token_), "code"), R"("cursor_invalid")");
}

}  // namespace
}  // namespace tanji::api
