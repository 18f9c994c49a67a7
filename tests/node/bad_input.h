#pragma once

#include "ledger/value/crypto.h"
#include "tests/node/node_fixture.h"

#include <cstdint>
#include <string>
#include <string_view>
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

Sent get(std::string target, std::string fields = {});
Sent bearer(std::string target, std::string_view token);
Sent raw(std::string bytes);
Sent post(std::string target, std::string body, std::string fields = {});

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

std::string bytes_of(const Sent& sent);
Reply ask(std::uint16_t port, const Sent& sent);

// What a refusal must leave as it is.
struct Books {
    ledger::TreeSize size = 0;
    ledger::Hash root;
    std::string balances;

    bool operator==(const Books&) const = default;
};

Books books_of(RunningNode& node);

// The members that RFC 9457 and the contract ask for.
void expect_problem(const Reply& reply, const Refused& refused);

// Sends each and looks at the reply and at the books.
void expect_all_refused(RunningNode& node, const std::vector<Refused>& table);

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

std::string new_id();
std::string payload_of(const RunningNode& node, const Draft& draft);
std::string sealed(const RunningNode& node, const Draft& draft, const Keys& keys);

}  // namespace tanji::node::test
