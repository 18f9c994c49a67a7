#pragma once

#include "api/client/client.h"
#include "api/handlers/routes.h"
#include "api/server.h"
#include "tests/api/small_node.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::api {

// Does what it is told and remembers it.
class SmallOperator : public Operator {
public:
    ledger::Result<NewLeader> transfer(std::string_view to) override;
    void drain() override { acts.emplace_back("drain"); }
    ledger::Status set_log_level(std::string_view level) override;

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
    explicit Listener(SmallNode& node, Settings settings = {});

    // Who waits holds on to the context: nobody does any more when it goes.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    const ledger::Result<std::unique_ptr<Server>>& server() const { return server_; }
    std::string url(std::string_view scheme = "http", std::string_view host = "127.0.0.1") const;
    std::uint16_t port() const { return (*server_)->port(); }
    SmallOperator acting;
    void stop();

private:
    static GateSettings gate_settings(SmallNode& node, const Settings& settings);

    Observer observer_;
    Waiting waiting_;
    Context context_;
    Router router_;
    Gate gate_;
    ledger::Result<std::unique_ptr<Server>> server_;
};

Client client_of(const std::string& url, const std::string& ca_file = {});

}  // namespace tanji::api
