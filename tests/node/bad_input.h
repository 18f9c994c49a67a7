#pragma once

#include "api/credentials.h"
#include "ledger/command/envelope.h"
#include "tests/api/raw_connection.h"
#include "tests/node/node_fixture.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

// A table of requests that a node must refuse: what is sent, and what must come back.
namespace tanji::node::test {

using Keys = std::vector<const ledger::SigningKey*>;

struct Sent {
    std::string method = "POST";
    std::string target = "/v1/commands";
    std::string type = "application/json";  // content type; none when empty
    std::string body = {};
    std::string fields = {};  // more header lines, each with its CRLF
    std::string raw = {};     // if not empty, the bytes instead of all the above
};

inline Sent get(std::string target, std::string fields = {}) {
    return {.method = "GET", .target = std::move(target), .type = {}, .fields = std::move(fields)};
}
inline Sent bearer(std::string target, std::string_view token) {
    return get(std::move(target), fmt::format("Authorization: Bearer {}\r\n", token));
}
inline Sent raw(std::string bytes) {
    return {.raw = std::move(bytes)};
}
inline Sent post(std::string target, std::string body, std::string fields = {}) {
    return {.target = std::move(target), .body = std::move(body), .fields = std::move(fields)};
}

struct Refused {
    std::string name;
    Sent sent;
    int status = 400;
    std::string code;
    std::string pointer = {};  // of errors[0]; none when empty
    std::string reason = {};
    bool recorded = false;  // then the refusal is a leaf of its own
};

struct Reply {
    int status = 0;
    std::string head;
    std::string body;
};

inline std::string bytes_of(const Sent& sent) {
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

inline Reply ask(std::uint16_t port, const Sent& sent) {
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

// What a refusal must leave as it is.
struct Books {
    ledger::TreeSize size = 0;
    ledger::Hash root;
    std::string balances;

    bool operator==(const Books&) const = default;
};

inline Books books_of(RunningNode& node) {
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

// The members that RFC 9457 and the contract ask for.
inline void expect_problem(const Reply& reply, const Refused& refused) {
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

// Sends each and looks at the reply and at the books.
inline void expect_all_refused(RunningNode& node, const std::vector<Refused>& table) {
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

// A command's payload with each member as one wants it.
struct Draft {
    std::string type = "account.open";
    std::string v = "1";
    std::string ledger = {};     // of the node when empty
    std::string id = {};         // a new one when empty
    std::string not_after = {};  // in an hour when empty
    std::string body = "{}";
    std::string more = {};  // members at the end, with a comma before
};

inline std::string new_id() {
    return ledger::to_hex(ledger::random_bytes(16));
}

inline std::string payload_of(const RunningNode& node, const Draft& draft) {
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

inline std::string sealed(const RunningNode& node, const Draft& draft, const Keys& keys) {
    return ledger::to_text(ledger::sign_command(payload_of(node, draft), keys));
}

}  // namespace tanji::node::test
