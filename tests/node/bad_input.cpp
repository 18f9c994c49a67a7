#include "tests/node/bad_input.h"

#include "ledger/command/envelope.h"
#include "ledger/value/json.h"
#include "tests/api/raw_connection.h"

#include <gtest/gtest.h>

namespace tanji::node::test {

Sent get(std::string target, std::string fields) {
    return {.method = "GET", .target = std::move(target), .type = {}, .fields = std::move(fields)};
}

Sent bearer(std::string target, std::string_view token) {
    return get(std::move(target), fmt::format("Authorization: Bearer {}\r\n", token));
}

Sent raw(std::string bytes) {
    return {.raw = std::move(bytes)};
}

Sent post(std::string target, std::string body, std::string fields) {
    return {.target = std::move(target), .body = std::move(body), .fields = std::move(fields)};
}

std::string bytes_of(const Sent& sent) {
    if (!sent.raw.empty()) {
        return sent.raw;
    }
    std::string request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}",
        sent.method,
        sent.target,
        sent.fields
    );
    if (!sent.type.empty()) {
        request += fmt::format("Content-Type: {}\r\n", sent.type);
    }
    if (!sent.body.empty() || sent.method == "POST") {
        request += fmt::format("Content-Length: {}\r\n", sent.body.size());
    }
    return request + "\r\n" + sent.body;
}

Reply ask(std::uint16_t port, const Sent& sent) {
    const api::RawConnection connection(port);
    connection.send(bytes_of(sent));
    const std::string all = connection.read_all();
    const auto end = all.find("\r\n\r\n");
    EXPECT_NE(end, std::string::npos) << "no reply but: " << all;
    if (end == std::string::npos || all.size() < 12) {
        return {};
    }
    return {
        .status = std::stoi(all.substr(9, 3)),
        .head = all.substr(0, end + 2),
        .body = all.substr(end + 4),
    };
}

Books books_of(RunningNode& node) {
    const auto view = node.service().local();
    std::string balances;
    for (const auto& [credit_class, supply] : view->classes()) {
        balances +=
            fmt::format("{} {} {} {}\n", credit_class, supply.issued, supply.retired, supply.held);
    }
    for (const DemoData::Holder& holder : node.data().holders) {
        for (const auto& [credit_class, holding] : view->holdings(holder.account)) {
            balances += fmt::format("{} {} {}\n", holder.account, credit_class, holding.held);
        }
    }
    for (const auto& [id, row] : view->batches({}, 1'000, [](auto&&...) { return true; })) {
        balances += fmt::format("{} {} {}\n", id.hex(), name_of(row.state), row.live);
    }
    return {
        .size = view->head().size, .root = view->root_at(view->head().size), .balances = balances
    };
}

void expect_problem(const Reply& reply, const Refused& refused) {
    EXPECT_EQ(reply.status, refused.status);
    EXPECT_NE(reply.head.find("application/problem+json"), std::string::npos) << reply.head;
    const auto problem = ledger::parse_json(reply.body);
    ASSERT_TRUE(problem) << reply.body;
    const auto text = [&](std::string_view name) {
        const ledger::JsonValue* found = problem->find(name);
        return found != nullptr && found->string() != nullptr ? *found->string() : std::string();
    };
    EXPECT_EQ(text("code"), refused.code) << reply.body;
    EXPECT_EQ(text("type"), "/v1/problems/" + refused.code);
    EXPECT_EQ(text("reason"), refused.reason) << reply.body;
    EXPECT_FALSE(text("title").empty());
    EXPECT_FALSE(text("detail").empty());
    EXPECT_EQ(text("trace_id").size(), 32U);
    const ledger::JsonValue* status = problem->find("status");
    ASSERT_TRUE(status != nullptr && status->integer() != nullptr);
    EXPECT_EQ(*status->integer(), static_cast<std::uint64_t>(refused.status));
    const ledger::JsonValue* recorded = problem->find("recorded");
    ASSERT_TRUE(recorded != nullptr && recorded->boolean() != nullptr);
    EXPECT_EQ(*recorded->boolean(), refused.recorded) << reply.body;
    const ledger::JsonValue* errors = problem->find("errors");
    ASSERT_TRUE(errors != nullptr && errors->array() != nullptr);
    std::string pointer;
    if (!errors->array()->empty()) {
        const ledger::JsonValue* first = errors->array()->front().find("pointer");
        ASSERT_TRUE(first != nullptr && first->string() != nullptr);
        pointer = *first->string();
    }
    EXPECT_EQ(pointer, refused.pointer.empty() ? "" : "#" + refused.pointer) << reply.body;
}

void expect_all_refused(RunningNode& node, const std::vector<Refused>& table) {
    Books before = books_of(node);
    for (const Refused& refused : table) {
        SCOPED_TRACE(refused.name);
        expect_problem(ask(node.port(), refused.sent), refused);
        const Books after = books_of(node);
        EXPECT_EQ(after.balances, before.balances);
        EXPECT_EQ(after.size, before.size + (refused.recorded ? 1 : 0));
        EXPECT_EQ(after.root == before.root, !refused.recorded);
        before = after;
    }
}

std::string new_id() {
    return ledger::to_hex(ledger::random_bytes(16));
}

std::string payload_of(const RunningNode& node, const Draft& draft) {
    return fmt::format(
        R"({{"type":"{}","v":{},"ledger":"{}","id":"{}","not_after":{},"salt":"{}","body":{}{}}})",
        draft.type,
        draft.v,
        draft.ledger.empty() ? node.alliance().genesis.ledger.hex() : draft.ledger,
        draft.id.empty() ? new_id() : draft.id,
        draft.not_after.empty() ? std::to_string(RunningNode::now_ms() + 3'600'000)
                                : draft.not_after,
        new_id(),
        draft.body,
        draft.more
    );
}

std::string sealed(const RunningNode& node, const Draft& draft, const Keys& keys) {
    return ledger::to_text(ledger::sign_command(payload_of(node, draft), keys));
}

}  // namespace tanji::node::test
