#pragma once

#include "api/gate.h"
#include "api/handlers/routes.h"
#include "tests/api/small_node.h"

#include <string>
#include <vector>

namespace tanji::api {

// Requests against the public routes of a small node, through the gate but without a socket.
class Desk {
public:
    explicit Desk(SmallNode& node);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    struct Asked {
        std::string method = "GET";
        std::string target;
        std::vector<Field> fields = {};
        std::string body = {};
    };

    Response ask(Asked asked);
    Response get(std::string target, std::string token = {});
    Response post(std::string target, const ledger::Envelope& envelope);

    const Router& router() const { return router_; }
    ApiSettings& settings() { return context_.settings; }

private:
    static GateSettings settings_for(SmallNode& node);

    Observer observer_;
    Waiting waiting_;
    Context context_;
    Router router_;
    Gate gate_;
};

}  // namespace tanji::api
