#include "api/problem.h"

#include "ledger/value/json.h"

#include <set>

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

using ledger::ErrorCode;

std::vector<ErrorCode> all_codes() {
    return {
#define TANJI_CODE(name) ErrorCode::name,
        TANJI_ERROR_CODES(TANJI_CODE)
#undef TANJI_CODE
    };
}

TEST(Problem, EveryCodeHasAStatusAndATitleInBothLanguages) {
    const std::set<int> known = {
        400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 414, 415, 422, 429, 431, 500, 503
    };
    for (const ErrorCode code : all_codes()) {
        const ProblemKind& kind = problem_kind(code);
        EXPECT_EQ(kind.code, code);
        EXPECT_TRUE(known.contains(kind.status)) << name_of(code);
        EXPECT_FALSE(kind.zh.empty()) << name_of(code);
        EXPECT_FALSE(kind.en.empty()) << name_of(code);
        EXPECT_TRUE(ledger::parse_json(problem_entry(code))) << name_of(code);
    }
}

TEST(Problem, UnknownObjectsAre404AndWhatMayComeBackIsRetryable) {
    for (const ErrorCode code : all_codes()) {
        const ProblemKind& kind = problem_kind(code);
        if (name_of(code).ends_with("_unknown") && kind.executed) {
            EXPECT_EQ(kind.status, 404) << name_of(code);
        }
        if (kind.status == 503 || kind.status == 429 || kind.status == 408) {
            EXPECT_TRUE(kind.retryable) << name_of(code);
        }
        if (kind.executed) {
            EXPECT_FALSE(kind.retryable) << name_of(code);
        }
    }
}

TEST(Problem, TheBodyHasAllMembersInTheirOrder) {
    ledger::Error error{
        .code = ErrorCode::record_invalid,
        .detail = "record 7 is outside the period",
        .pointer = "/body/count",
        .reason = "outside_period",
        .index = 7,
    };
    ProblemContext context{
        .instance = "/v1/commands/01",
        .trace_id = "0af7651916cd43dd8448eb211c80319c",
        .language = Language::en,
        .recorded = true,
        .outcome = R"({"command":"01"})",
        .retry_after = {},
    };
    EXPECT_EQ(
        problem_body(error, context),
        R"({"type":"/v1/problems/record_invalid","title":"Record invalid","status":422,)"
        R"("detail":"record 7 is outside the period","instance":"/v1/commands/01",)"
        R"("code":"record_invalid","retryable":false,"recorded":true,"reason":"outside_period",)"
        R"("index":7,"errors":[{"pointer":"#/body/count","detail":"record 7 is outside the period"}],)"
        R"("trace_id":"0af7651916cd43dd8448eb211c80319c","outcome":{"command":"01"}})"
    );
}

TEST(Problem, AnUnknownOutcomeAlwaysSaysWhenToAskAgain) {
    ProblemContext context;
    const Response response = problem(
        {.code = ErrorCode::outcome_unknown, .detail = "x", .pointer = {}, .reason = {}, .index = {}
        },
        context
    );
    EXPECT_EQ(response.status, 503);
    ASSERT_NE(response.field("Retry-After"), nullptr);
    EXPECT_EQ(*response.field("Content-Language"), "zh-CN");
    EXPECT_EQ(response.content_type, "application/problem+json");
}

}  // namespace
}  // namespace tanji::api
