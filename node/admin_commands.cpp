#include "node/admin_commands.h"

#include "api/client/client.h"
#include "ledger/value/json.h"

#include <functional>
#include <iostream>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::JsonValue;

constexpr int exit_refused = 1;
constexpr int exit_no_answer = 5;

std::string text_of(const JsonValue* value) {
    if (value == nullptr || value->is_null()) {
        return "-";
    }
    if (const auto* number = value->integer()) {
        return std::to_string(*number);
    }
    if (const auto* text = value->string()) {
        return *text;
    }
    return value->boolean() != nullptr && *value->boolean() ? "yes" : "no";
}
std::string text_of(const JsonValue& value, std::string_view name) {
    return text_of(value.find(name));
}
bool is_true(const JsonValue& value, std::string_view name) {
    const auto* found = value.find(name);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

// Columns as wide as their widest cell.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += fmt::format("{:<{}}  ", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string member_of(const JsonValue& status, const std::string& number) {
    const auto* nodes = status.find("nodes");
    if (nodes != nullptr && nodes->array() != nullptr) {
        for (const JsonValue& node : *nodes->array()) {
            if (text_of(node, "node") == number) {
                return fmt::format("{} (node {})", text_of(node, "member"), number);
            }
        }
    }
    return "nobody that is known";
}

std::string peers_of(const JsonValue& status) {
    std::vector<std::vector<std::string>> rows{
        {"node", "member", "role", "connected", "match", "lag", "clock ms", "cosigned", "version"}
    };
    const auto* nodes = status.find("nodes");
    if (nodes == nullptr || nodes->array() == nullptr) {
        return {};
    }
    for (const JsonValue& node : *nodes->array()) {
        const bool self = text_of(node, "node") == text_of(status, "node");
        rows.push_back({
            text_of(node, "node"),
            text_of(node, "member"),
            is_true(node, "leader") ? "leader" : (is_true(node, "voter") ? "follower" : "learner"),
            self ? "itself" : text_of(node, "connected"),
            self ? text_of(status, "durable_index") : text_of(node, "match"),
            self ? "-" : text_of(node, "lag"),
            text_of(node, "clock_offset_ms"),
            text_of(node, "cosigned_size"),
            self ? text_of(status, "version") : text_of(node, "program"),
        });
    }
    return aligned(rows);
}

std::string readiness_of(const JsonValue& status) {
    const auto* failed = status.find("failed");
    if (failed == nullptr || failed->array() == nullptr || failed->array()->empty()) {
        return "ready";
    }
    std::string text = "NOT READY";
    for (const JsonValue& sentence : *failed->array()) {
        text += "\n           " + text_of(&sentence);
    }
    return text;
}

// Prints what came back, or why nothing did.
int told(
    const AdminOptions& options,
    const ledger::Result<api::ClientReply>& reply,
    const std::function<std::string(const JsonValue&)>& sentence
) {
    if (!reply) {
        std::cerr << fmt::format("tanjid: {}: {}\n", options.url, reply.error().detail);
        return exit_no_answer;
    }
    const auto value = ledger::parse_tolerant_json(reply->body);
    if (reply->status != 200) {
        const std::string why = value ? text_of(*value, "detail") : reply->body;
        std::cerr << fmt::format("tanjid: {} ({})\n", why, reply->status);
        return exit_refused;
    }
    if (options.json || !value) {
        std::cout << reply->body << "\n";
    } else {
        std::cout << sentence(*value);
    }
    return 0;
}

ledger::Result<api::ClientReply> ask_node(
    const AdminOptions& options, std::string_view path, const std::optional<std::string>& body
) {
    auto client = api::Client::open({.url = options.url, .timeout_ms = 10'000, .ca_file = {}});
    if (!client) {
        return ledger::refusal(client);
    }
    return body ? client->post(path, "application/json", *body) : client->get(path);
}

std::string one_member(std::string_view name, const std::string& text) {
    ledger::JsonWriter out;
    out.open_object().name(name);
    if (text.empty()) {
        out.null();
    } else {
        out.string(text);
    }
    return out.close_object().take();
}

}  // namespace

std::string status_table(const std::string& body) {
    const auto read = ledger::parse_tolerant_json(body);
    if (!read) {
        return body + "\n";
    }
    const JsonValue& status = *read;
    std::string text = fmt::format(
        "node       {} {}, {} of term {}\n",
        text_of(status, "node"),
        text_of(status, "member"),
        text_of(status, "role"),
        text_of(status, "term")
    );
    text += fmt::format("leader     {}\n", member_of(status, text_of(status, "leader")));
    text += fmt::format(
        "blocks     last {}, committed {}, applied {}\n",
        text_of(status, "last_index"),
        text_of(status, "committed_index"),
        text_of(status, "applied_index")
    );
    text += fmt::format(
        "leaves     {}, certified {}\n", text_of(status, "size"), text_of(status, "certified_size")
    );
    text += fmt::format("readiness  {}\n", readiness_of(status));
    if (const auto* quarantine = status.find("quarantine");
        quarantine != nullptr && !quarantine->is_null()) {
        text += fmt::format(
            "quarantine {}: {}\n", text_of(*quarantine, "reason"), text_of(*quarantine, "detail")
        );
    }
    return text + "\n" + peers_of(status);
}

int run_status(const AdminOptions& options) {
    const auto reply = ask_node(options, "/admin/status", {});
    return told(options, reply, [&](const JsonValue&) { return status_table(reply->body); });
}

int run_transfer(const AdminOptions& options) {
    return told(
        options,
        ask_node(options, "/admin/transfer", one_member("to", options.to)),
        [](const JsonValue& now) {
            return fmt::format(
                "{} (node {}) leads, term {}\n",
                text_of(now, "member"),
                text_of(now, "leader"),
                text_of(now, "term")
            );
        }
    );
}

int run_drain(const AdminOptions& options) {
    return told(options, ask_node(options, "/admin/drain", "{}"), [](const JsonValue&) {
        return "draining: new writes are refused, it leads no more; stop it when you like\n";
    });
}

int run_log_level(const AdminOptions& options) {
    return told(
        options,
        ask_node(options, "/admin/log-level", one_member("level", options.level)),
        [](const JsonValue& now) { return fmt::format("log level {}\n", text_of(now, "level")); }
    );
}

}  // namespace tanji::node
