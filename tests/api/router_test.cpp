#include "api/router.h"

#include "api/cursor.h"

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

using ledger::ErrorCode;

Route route(std::string_view name, std::string_view method, std::string_view pattern) {
    Route made;
    made.name = name;
    made.method = method;
    made.pattern = pattern;
    return made;
}

Router small() {
    Router router;
    router.add(route("root", "GET", "/"));
    router.add(route("batch", "GET", "/v1/activities/{batch}"));
    router.add(route("submit", "POST", "/v1/activities"));
    router.add(route("list", "GET", "/v1/activities"));
    router.add(route("proof", "GET", "/v1/records/{batch}/{n}/proof"));
    router.add(route("checkpoint", "GET", "/log/checkpoint"));
    router.add(route("tip", "GET", "/log/checkpoint/tip"));
    router.add(route("tile", "GET", "/log/tile/{level}/{n*}"));
    router.add(route("entries", "GET", "/log/tile/entries/{n*}"));
    return router;
}

std::string_view found(const Router& router, std::string_view method, std::string_view target) {
    const auto read = read_target(target, Limits{});
    if (!read) {
        return name_of(read.error().code);
    }
    const auto match = router.find(method, read->segments);
    if (match.route != nullptr) {
        return match.route->name;
    }
    return match.methods.empty() ? "nothing" : "other method";
}

TEST(Router, FindsTheRouteOfMethodAndPath) {
    const Router router = small();
    EXPECT_EQ(found(router, "GET", "/"), "root");
    EXPECT_EQ(found(router, "GET", "/v1/activities"), "list");
    EXPECT_EQ(found(router, "POST", "/v1/activities"), "submit");
    EXPECT_EQ(found(router, "GET", "/v1/activities/b1"), "batch");
    EXPECT_EQ(found(router, "GET", "/log/checkpoint/tip"), "tip");
    EXPECT_EQ(found(router, "GET", "/log/tile/0/x001/x234/067"), "tile");
    EXPECT_EQ(found(router, "GET", "/log/tile/entries/x001/067.p/12"), "entries");
    EXPECT_EQ(found(router, "POST", "/log/checkpoint"), "other method");
    EXPECT_EQ(found(router, "GET", "/v1/activities/b1/more"), "nothing");
    EXPECT_EQ(found(router, "GET", "/log/tile/0"), "nothing");
}

TEST(Router, PathParametersAreDecodedOnce) {
    const Router router = small();
    const auto target = read_target("/v1/records/a%40b:c@1/%2525/proof", Limits{});
    ASSERT_TRUE(target);
    const auto match = router.find("GET", target->segments);
    ASSERT_NE(match.route, nullptr);
    ASSERT_EQ(match.parameters.size(), 2U);
    EXPECT_EQ(match.parameters[0].value, "a@b:c@1");
    EXPECT_EQ(match.parameters[1].value, "%25");
}

TEST(Router, ATailKeepsItsSlashes) {
    const Router router = small();
    const auto target = read_target("/log/tile/1/x001/002.p/7", Limits{});
    const auto match = router.find("GET", target->segments);
    ASSERT_EQ(match.parameters.size(), 2U);
    EXPECT_EQ(match.parameters[1].name, "n");
    EXPECT_EQ(match.parameters[1].value, "x001/002.p/7");
}

TEST(Router, PathsThatCouldBeReadTwoWaysAreRefused) {
    for (const std::string_view target :
         {"/v1/%2f",
          "/v1/a%2Fb",
          "/v1/../v1",
          "/v1/./a",
          "/v1//a",
          "/v1/",
          "/v1/%2e%2e/a",
          "/v1/%00",
          "/v1/%ff",
          "/v1/%zz",
          "/v1/%",
          "/v1/%0a"}) {
        const auto read = read_target(target, Limits{});
        ASSERT_FALSE(read) << target;
        EXPECT_EQ(read.error().code, ErrorCode::bad_request) << target;
    }
}

TEST(Router, QueriesWithRepeatedOrNamelessParametersAreRefused) {
    std::string many = "/v1?a0=1";
    for (int i = 1; i < 40; ++i) {
        many += "&a" + std::to_string(i) + "=1";
    }
    for (const std::string& target :
         {std::string("/v1?a=1&a=2"),
          std::string("/v1?=1"),
          std::string("/v1?a=%00"),
          std::string("/v1?a=1&&b=2"),
          many}) {
        const auto read = read_target(target, Limits{});
        ASSERT_FALSE(read) << target;
        EXPECT_EQ(read.error().code, ErrorCode::query_invalid) << target;
    }
    const auto read = read_target("/v1?class=a:b%3Ac@1", Limits{});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->query[0].value, "a:b:c@1");
}

TEST(Cursor, BelongsToOneListWithItsFilters) {
    const Route lists = route("list", "GET", "/v1/activities");
    const Route others = route("retirements", "GET", "/v1/retirements");
    Request first;
    first.route = &lists;
    first.query = {{"state", "issued"}, {"limit", "10"}};
    const std::string cursor = cursor_after(first, "place");

    Request next = first;
    next.query = {{"limit", "20"}, {"cursor", cursor}, {"state", "issued"}};
    ASSERT_TRUE(place_of_cursor(next));
    EXPECT_EQ(*place_of_cursor(next), "place");
    EXPECT_EQ(*place_of_cursor(first), "");

    Request filtered = next;
    filtered.query[2].value = "revoked";
    EXPECT_EQ(place_of_cursor(filtered).error().code, ErrorCode::cursor_invalid);
    Request elsewhere = next;
    elsewhere.route = &others;
    EXPECT_EQ(place_of_cursor(elsewhere).error().code, ErrorCode::cursor_invalid);
    Request broken = next;
    for (const std::string& text :
         {std::string(), std::string("A"), std::string(300, 'A'), std::string("AAAAAAAAAAAAAAAA")
         }) {
        broken.query[1].value = text;
        EXPECT_EQ(place_of_cursor(broken).error().code, ErrorCode::cursor_invalid) << text;
    }
}

}  // namespace
}  // namespace tanji::api
