#include "tests/api/listener.h"

#include <utility>

#include <gtest/gtest.h>

namespace tanji::api {

ledger::Result<Operator::NewLeader> SmallOperator::transfer(std::string_view to) {
    if (to == "shop") {
        return ledger::refuse(ledger::ErrorCode::not_found, "shop does not take part");
    }
    acts.push_back("transfer " + std::string(to));
    return NewLeader{.node = 2, .member = "mall", .term = 4};
}

ledger::Status SmallOperator::set_log_level(std::string_view level) {
    acts.push_back("level " + std::string(level));
    return {};
}

Listener::Listener(SmallNode& node, Settings settings)
    : context_{.service = node, .observer = observer_, .settings = settings.api, .waiting = waiting_},
      router_(settings.admin ? make_admin_routes(context_, acting) : make_routes(context_)),
      gate_(gate_settings(node, settings), router_, observer_),
      server_(Server::start(settings.server, gate_, observer_)) {}

Listener::~Listener() {
    if (server_) {
        (*server_)->drain();
    }
    waiting_.stop();
}

std::string Listener::url(std::string_view scheme, std::string_view host) const {
    return std::string(scheme) + "://" + std::string(host) + ":" +
           std::to_string((*server_)->port());
}

void Listener::stop() {
    (*server_)->drain();
    waiting_.stop();
    (*server_)->stop(2000);
}

GateSettings Listener::gate_settings(SmallNode& node, const Settings& settings) {
    GateSettings made;
    made.tls = settings.server.tls.has_value();
    made.admin = settings.admin;
    made.now = [&node] { return node.now_ms(); };
    made.token = [&node](std::string_view bearer, ledger::TimeMs now) {
        return check_member_token(bearer, node.tokens(), now);
    };
    return made;
}

Client client_of(const std::string& url, const std::string& ca_file) {
    auto made = Client::open({.url = url, .timeout_ms = 5000, .ca_file = ca_file});
    EXPECT_TRUE(made);
    return std::move(*made);
}

}  // namespace tanji::api
