// A dry run says what the real run will say.
#include "tests/api/small_city.h"

namespace tanji::api {
namespace {

class DryRuns : public City {
protected:
    // The body without the members that only one of the two has, or that tell where it stands.
    static std::string comparable(const Response& response) {
        static const std::set<std::string, std::less<>> apart = {
            "index",
            "leaf_index",
            "receipt",
            "simulated",
            "signatures",
            "recorded",
            "trace_id",
        };
        const auto strip = [](const auto& self, ledger::JsonValue& value) -> void {
            if (auto* object = std::get_if<ledger::JsonValue::Object>(&value.value)) {
                std::erase_if(*object, [](const auto& member) {
                    return apart.contains(member.name);
                });
                for (auto& member : *object) {
                    self(self, member.value);
                }
            }
        };
        ledger::JsonValue value = json(response);
        strip(strip, value);
        return ledger::to_canonical_text(value);
    }
    static void expect_same(const Response& dry, const Response& real) {
        EXPECT_EQ(dry.status, real.status) << dry.body << "\n" << real.body;
        EXPECT_EQ(comparable(dry), comparable(real));
        ASSERT_NE(dry.field("Tanji-Simulated"), nullptr);
        EXPECT_EQ(real.field("Tanji-Simulated"), nullptr);
        EXPECT_EQ(dry.body.find("receipt\":"), std::string::npos);
        EXPECT_EQ(dry.body.find("leaf_index"), std::string::npos);
        EXPECT_EQ(dry.field("Location"), nullptr);
    }
};

TEST_F(DryRuns, SayWhatTheRealRunSays) {
    expect_same(upload_lines(first_batch(), "?dry_run=true"), upload_lines(first_batch()));
    const auto attestation =
        node_.command_by(node_.verifier(), "activity.attest", id_of(20), attest_body(id_of(10), 4));
    const std::string path = "/v1/activities/" + id_of(10) + "/attest";
    expect_same(desk_.post(path + "?dry_run=true", attestation), desk_.post(path, attestation));
    const auto early =
        node_.command_by(node_.verifier(), "activity.attest", id_of(22), attest_body(id_of(10), 4));
    const Response refused = desk_.post(path + "?dry_run=true", early);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(at(refused, "recorded"), "false");  // no leaf, and the id is not spent
    expect_same(refused, desk_.post(path, early));
}

TEST_F(DryRuns, SeeEveryWriteAcknowledgedBeforeUnlessTheyAskForWhatIsHere) {
    const auto open = [&](char id) {
        return ledger::to_text(node_.command(
            "account.open",
            std::string(32, id),
            R"({"account":")" + std::string(32, id) + R"(","kind":"user","keys":[],"owner":null})"
        ));
    };
    const auto ask = [&](const std::string& query, std::string type, std::string body) {
        return desk_.ask({
            .method = "POST",
            .target = "/v1/commands" + query,
            .fields = {{"content-type", std::move(type)}},
            .body = std::move(body),
        });
    };
    const std::size_t before = node_.barriers;
    EXPECT_EQ(ask("?dry_run=true", "application/json", open('d')).status, 200);
    EXPECT_EQ(node_.barriers, before + 1);
    // Many in one request need one barrier.
    const std::string three = open('d') + "\n" + open('e') + "\n" + open('f') + "\n";
    EXPECT_EQ(ask("?dry_run=true", "application/x-ndjson", three).status, 200);
    EXPECT_EQ(node_.barriers, before + 2);

    node_.answers_barriers = false;
    const Response stale = ask("?dry_run=true", "application/json", open('d'));
    EXPECT_EQ(stale.status, 503);
    EXPECT_EQ(at(stale, "code"), R"("no_leader")");
    const std::string local = "?dry_run=true&consistency=local";
    EXPECT_EQ(ask(local, "application/json", open('d')).status, 200);
}

// The leaf that it would have is not in the tree, and a leaf there is another command's.
TEST_F(DryRuns, TellTheConflictsOfTheirOwnLeaf) {
    ASSERT_EQ(upload_lines(first_batch()).status, 201);
    const Response dry = upload_container(second_batch(), "?dry_run=true");
    ASSERT_EQ(at(dry, "result/counts/conflict"), "1");
    ASSERT_EQ(
        upload_lines(batch(12, {{'1', alice, 1850}, {'7', bob, 10}, {'2', alice, 933}})).status, 201
    );
    const Response later = upload_container(second_batch(), "?dry_run=true");
    const Response real = upload_container(second_batch());
    ASSERT_EQ(real.status, 201);
    EXPECT_NE(at(real, "result/conflicts"), "");
    for (const Response& simulated : {dry, later}) {
        const std::string shown = at(simulated, "result/conflicts");
        EXPECT_TRUE(shown.empty() || shown == at(real, "result/conflicts")) << shown;
    }
}

TEST_F(DryRuns, OfWhatIsKnownAlreadyShowNoReceiptOfAnother) {
    const Response real = upload_lines(first_batch());
    const Response again = upload_lines(first_batch(), "?dry_run=true");
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(at(again, "replayed"), "true");
    EXPECT_EQ(at(again, "result/counts"), at(real, "result/counts"));
}

TEST_F(DryRuns, MayLeaveTheSignaturesOut) {
    Batch unsigned_batch = first_batch();
    unsigned_batch.envelope.signatures.clear();
    const Response dry = upload_lines(unsigned_batch, "?dry_run=true");
    EXPECT_EQ(dry.status, 201) << dry.body;
    EXPECT_EQ(at(dry, "signatures"), R"("unchecked")");
    EXPECT_EQ(upload_lines(unsigned_batch).status, 403);
    EXPECT_EQ(get("/v1/activities/" + id_of(10)).status, 404);
}

}  // namespace
}  // namespace tanji::api
