// The engine for everybody: what was issued can be computed again, to the microgram.
#include "tests/api/small_city.h"

namespace tanji::api {
namespace {

class Recompute : public City {
protected:
    void SetUp() override {
        ASSERT_EQ(upload_lines(first_batch()).status, 201);
        ASSERT_EQ(upload_container(second_batch()).status, 201);
    }
    Response recompute(const std::string& body, bool member = true) {
        std::vector<Field> fields = {{"tanji-purpose", "test"}};
        if (member) {
            fields.push_back({"authorization", "Bearer " + token_});
        }
        return post("/v1/recompute", "application/json", body, fields);
    }
};

TEST_F(Recompute, ABatchComesOutAsItWasIssued) {
    ASSERT_EQ(attest(first_batch(), 20).status, 200);
    ASSERT_EQ(attest(second_batch(), 22).status, 200);
    for (const Batch& batch : {first_batch(), second_batch()}) {
        const Response made = recompute(R"({"batch":")" + batch.id + R"("})");
        ASSERT_EQ(made.status, 200) << made.body;
        const ledger::JsonValue value = json(made);
        const Response stored =
            get_bodies("/v1/activities/" + batch.id + "/records", "application/json");
        const ledger::JsonValue results = json(stored);
        for (std::size_t i = 0; i < batch.records.size(); ++i) {
            const std::string n = std::to_string(i);
            EXPECT_EQ(
                at(value, "records/" + n + "/outcome"), at(results, "data/" + n + "/result/outcome")
            ) << batch.id
              << " " << n;
            EXPECT_EQ(at(value, "records/" + n + "/ug"), at(results, "data/" + n + "/result/ug"))
                << batch.id << " " << n;
        }
        const Response allocations = get("/v1/activities/" + batch.id + "/allocations", token_);
        const ledger::JsonValue given = json(allocations);
        for (const auto& account : *value.find("accounts")->array()) {
            std::string grams = "\"0\"";
            for (const auto& allocation : *given.find("data")->array()) {
                if (at(allocation, "account") == at(account, "account")) {
                    grams = at(allocation, "grams");
                    EXPECT_EQ(at(account, "ug"), at(allocation, "ug"));
                }
            }
            EXPECT_EQ(at(account, "grams"), grams) << batch.id << " " << at(account, "account");
        }
        const Response shown = get("/v1/activities/" + batch.id);
        EXPECT_EQ(at(value, "reduction_ug"), at(shown, "header/reduction_ug"));
        EXPECT_EQ(at(value, "counted_ug"), at(shown, "counted_ug"));
    }
}

TEST_F(Recompute, AnybodyMayComputeRecordsOfTheirOwn) {
    std::string records;
    for (const ledger::Record& record : first_batch().records) {
        records += (records.empty() ? "" : ",") + ledger::to_text(record);
    }
    const Response made = recompute(
        R"({"methodology":"bike-demo@1","factors":"public-factors-core@1","records":[)" + records +
            "]}",
        false
    );
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(at(made, "records/0/ug"), R"("176305000")");
    EXPECT_EQ(at(made, "records/2/outcome"), R"("capped")");
    EXPECT_EQ(at(made, "accounts/0/grams"), R"("265")");
    EXPECT_EQ(at(made, "accounts/1/grams"), R"("200")");
    EXPECT_EQ(at(made, "methodology_digest"), "\"" + ledger::sha256(methodology_).hex() + "\"");
    EXPECT_EQ(at(made, "factors_digest"), "\"" + ledger::sha256(factors_).hex() + "\"");
}

TEST_F(Recompute, SomeRecordsOfABatchKeepTheirOutcome) {
    const Response made = recompute(R"({"batch":")" + id_of(10) + R"(","records":[2,3]})");
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(json(made).find("records")->array()->size(), 2U);
    EXPECT_EQ(at(made, "records/0/index"), "2");
    EXPECT_EQ(at(made, "records/0/outcome"), R"("capped")");
    EXPECT_EQ(at(made, "records/1/ug"), R"("200130000")");
}

TEST_F(Recompute, RefusesWhatItCannotCompute) {
    EXPECT_EQ(recompute(R"({"batch":")" + id_of(10) + R"("})", false).status, 401);
    EXPECT_EQ(recompute(R"({"batch":")" + id_of(77) + R"("})").status, 404);
    EXPECT_EQ(recompute(R"({"batch":")" + id_of(10) + R"(","records":[4]})").status, 400);
    EXPECT_EQ(recompute(R"({"batch":")" + id_of(10) + R"(","records":[1,1]})").status, 400);
    EXPECT_EQ(recompute(R"({"batch":")" + id_of(10) + R"(","more":1})").status, 400);
    EXPECT_EQ(recompute("{").status, 400);
    EXPECT_EQ(recompute("[]").status, 400);
    EXPECT_EQ(
        recompute(
            R"({"methodology":"no-such@1","factors":"public-factors-core@1","records":[)" +
            ledger::to_text(first_batch().records[0]) + "]}"
        )
            .status,
        404
    );
    std::string long_ride = ledger::to_text(record({'1', alice, 50'001}));
    const Response refused = recompute(
        R"({"methodology":"bike-demo@1","factors":"public-factors-core@1","records":[)" +
        long_ride + "]}"
    );
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(at(refused, "index"), "0");
}

TEST_F(Recompute, AnEstimateIsTheSameEngineAndLeavesNoTrace) {
    const std::string size = at(get("/v1/ledger"), "size");
    const auto estimate = [&](std::string_view metres, std::string_view more = "") {
        return post(
            "/v1/estimate",
            "application/json",
            R"({"methodology":"bike-demo@1","inputs":{"distance_m":")" + std::string(metres) +
                R"("},"date":"2026-11-20")" + std::string(more) + "}"
        );
    };
    const Response made = estimate("1850");
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(at(made, "kind"), R"("ESTIMATE")");
    EXPECT_EQ(at(made, "ug"), R"("176305000")");
    EXPECT_EQ(at(made, "grams"), R"("176")");
    EXPECT_EQ(at(made, "factors"), R"("public-factors-core@1")");
    EXPECT_EQ(estimate("50001").status, 422);
    EXPECT_EQ(estimate("1850", R"(,"quality":"Q")").status, 422);
    EXPECT_EQ(estimate("1850", R"(,"keys":{"mode":"x"})").status, 400);
    EXPECT_EQ(estimate("x").status, 400);
    EXPECT_EQ(at(get("/v1/ledger"), "size"), size);
}

}  // namespace
}  // namespace tanji::api
