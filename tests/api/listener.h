#pragma once

#include "api/client/client.h"
#include "api/handlers/routes.h"
#include "api/server.h"
#include "tests/api/small_node.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::api {

// Does what it is told and remembers it.
class SmallOperator : public Operator {
public:
    ledger::Result<NewLeader> transfer(std::string_view to) override {
        if (to == "shop") {
            return ledger::refuse(ledger::ErrorCode::not_found, "shop does not take part");
        }
        acts.push_back("transfer " + std::string(to));
        return NewLeader{.node = 2, .member = "mall", .term = 4};
    }
    void drain() override { acts.emplace_back("drain"); }
    ledger::Status set_log_level(std::string_view level) override {
        acts.push_back("level " + std::string(level));
        return {};
    }

    std::vector<std::string> acts;
};

struct Settings {
    ServerSettings server{.address = "127.0.0.1", .port = 0, .tls = {}};
    ApiSettings api = {};
    bool admin = false;
};

// A listener over a small node, with everything behind it.
class Listener {
public:
    explicit Listener(SmallNode& node, Settings settings = {})
        : context_{.service = node, .observer = observer_, .settings = settings.api, .waiting = waiting_},
          router_(settings.admin ? make_admin_routes(context_, acting) : make_routes(context_)),
          gate_(gate_settings(node, settings), router_, observer_),
          server_(Server::start(settings.server, gate_, observer_)) {}

    // Who waits holds on to the context: nobody does any more when it goes.
    ~Listener() {
        if (server_) {
            (*server_)->drain();
        }
        waiting_.stop();
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    const ledger::Result<std::unique_ptr<Server>>& server() const { return server_; }
    std::string url(std::string_view scheme = "http", std::string_view host = "127.0.0.1") const {
        return std::string(scheme) + "://" + std::string(host) + ":" +
               std::to_string((*server_)->port());
    }
    std::uint16_t port() const { return (*server_)->port(); }
    SmallOperator acting;
    void stop() {
        (*server_)->drain();
        waiting_.stop();
        (*server_)->stop(2000);
    }

private:
    static GateSettings gate_settings(SmallNode& node, const Settings& settings) {
        GateSettings made;
        made.tls = settings.server.tls.has_value();
        made.admin = settings.admin;
        made.now = [&node] { return node.now_ms(); };
        made.token = [&node](std::string_view bearer, ledger::TimeMs now) {
            return check_member_token(bearer, node.tokens(), now);
        };
        return made;
    }

    Observer observer_;
    Waiting waiting_;
    Context context_;
    Router router_;
    Gate gate_;
    ledger::Result<std::unique_ptr<Server>> server_;
};

inline Client client_of(const std::string& url, const std::string& ca_file = {}) {
    auto made = Client::open({.url = url, .timeout_ms = 5000, .ca_file = ca_file});
    EXPECT_TRUE(made);
    return std::move(*made);
}

}  // namespace tanji::api
