// api/openapi.json says what the code does, both ways.
#include "api/assets.h"
#include "tests/api/desk.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

const ledger::JsonValue& contract() {
    static const ledger::JsonValue value = [] {
        auto read = ledger::parse_tolerant_json(assets::openapi_json);
        EXPECT_TRUE(read) << read.error().detail;
        return read ? std::move(*read) : ledger::JsonValue{};
    }();
    return value;
}

// "GET /v1/leaves/{n}" → operationId
std::map<std::string, std::string> operations() {
    std::map<std::string, std::string> found;
    for (const auto& path : *contract().find("paths")->object()) {
        for (const auto& operation : *path.value.object()) {
            const std::string method = operation.name == "get" ? "GET " : "POST ";
            found[method + path.name] = *operation.value.find("operationId")->string();
        }
    }
    return found;
}

TEST(Contract, HasEveryRouteOfTheCodeAndNoOther) {
    SmallNode node;
    const Desk desk(node);
    std::map<std::string, std::string> routes;
    for (const Route* route : desk.router().routes()) {
        std::string pattern(route->pattern);
        if (const auto tail = pattern.find("*}"); tail != std::string::npos) {
            pattern.erase(tail, 1);
        }
        routes[std::string(route->method) + " " + pattern] = route->name;
    }
    EXPECT_EQ(routes, operations());
}

TEST(Contract, NamesTheQueryParametersThatTheRoutesKnow) {
    SmallNode node;
    const Desk desk(node);
    for (const Route* route : desk.router().routes()) {
        std::string pattern(route->pattern);
        if (const auto tail = pattern.find("*}"); tail != std::string::npos) {
            pattern.erase(tail, 1);
        }
        const auto* path = contract().find("paths")->find(pattern);
        ASSERT_NE(path, nullptr) << pattern;
        const auto* operation = path->find(route->method == "GET" ? "get" : "post");
        std::set<std::string> named;
        if (const auto* parameters = operation->find("parameters")) {
            for (const auto& parameter : *parameters->array()) {
                if (*parameter.find("in")->string() == "query") {
                    named.insert(*parameter.find("name")->string());
                }
            }
        }
        EXPECT_EQ(named, std::set<std::string>(route->query.begin(), route->query.end()))
            << route->name;
    }
}

TEST(Contract, ListsTheCodesInTheirOrder) {
    std::vector<std::string> expected;
#define TANJI_NAME(name) expected.emplace_back(#name);
    TANJI_ERROR_CODES(TANJI_NAME)
#undef TANJI_NAME
    std::vector<std::string> named;
    const auto* schemas = contract().find("components")->find("schemas");
    for (const auto& code : *schemas->find("ProblemCode")->find("enum")->array()) {
        named.push_back(*code.string());
    }
    EXPECT_EQ(named, expected);
}

}  // namespace
}  // namespace tanji::api
