#pragma once

#include "api/gate.h"
#include "api/handlers/routes.h"
#include "tests/api/small_node.h"

#include <memory>
#include <string>
#include <vector>

namespace tanji::api {

// Requests against the public routes of a small node, through the gate but without a socket.
class Desk {
public:
    // Without `limits` at the gate, addresses may ask as often as they like.
    explicit Desk(SmallNode& node);
    Desk(SmallNode& node, const Limits& limits);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    struct Asked {
        std::string method = "GET";
        std::string target;
        std::vector<Field> fields = {};
        std::string body = {};
        std::string peer = "127.0.0.1";
    };

    Response ask(Asked asked);
    Response get(std::string target, std::string token = {});
    Response post(std::string target, const ledger::Envelope& envelope);

    const Router& router() const { return router_; }
    ApiSettings& settings() { return context_.settings; }

private:
    static GateSettings settings_for(
        SmallNode& node, const Limits& limits, const std::shared_ptr<Throttle>& throttle
    );

    Observer observer_;
    Waiting waiting_;
    Context context_;
    Router router_;
    Gate gate_;
};

}  // namespace tanji::api
