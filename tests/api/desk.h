#pragma once

#include "api/credentials.h"
#include "api/gate.h"
#include "api/handlers/routes.h"
#include "tests/api/small_node.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::api {

// Requests against the public routes of a small node, through the gate but without a socket.
class Desk {
public:
    // Without `limits` at the gate, addresses may ask as often as they like.
    explicit Desk(SmallNode& node, const Limits& limits = unlimited())
        : context_{.service = node, .observer = observer_, .settings = {}, .waiting = waiting_},
          router_(make_routes(context_)),
          gate_(settings_for(node, limits), router_, observer_) {}

    struct Asked {
        std::string method = "GET";
        std::string target;
        std::vector<Field> fields = {};
        std::string body = {};
        std::string peer = "127.0.0.1";
    };

    Response ask(Asked asked) {
        Head head{
            .method = asked.method, .target = asked.target, .fields = std::move(asked.fields)
        };
        head.fields.push_back({"host", "test"});
        if (!asked.body.empty()) {
            head.body = BodyForm::length;
            head.content_length = asked.body.size();
        }
        auto admitted = gate_.admit(std::move(head), asked.peer);
        if (!admitted) {
            return admitted.error();
        }
        admitted->request->body = std::move(asked.body);
        std::optional<Response> answer;
        admitted->route->handler(admitted->request, Respond([&](std::optional<Response> made) {
                                     answer = std::move(made);
                                 }));
        EXPECT_TRUE(answer) << asked.target;
        return answer.value_or(Response{});
    }
    Response get(std::string target, std::string token = {}) {
        Asked asked{.target = std::move(target)};
        if (!token.empty()) {
            asked.fields.push_back({"authorization", "Bearer " + token});
        }
        return ask(std::move(asked));
    }
    Response post(std::string target, const ledger::Envelope& envelope) {
        return ask({
            .method = "POST",
            .target = std::move(target),
            .fields = {{"content-type", "application/json"}},
            .body = ledger::to_text(envelope),
        });
    }

    const Router& router() const { return router_; }
    ApiSettings& settings() { return context_.settings; }

private:
    static Limits unlimited() {
        Limits limits;
        limits.ip.burst = 0;
        limits.member.burst = 0;
        return limits;
    }
    static GateSettings settings_for(SmallNode& node, const Limits& limits) {
        GateSettings settings;
        settings.limits = limits;
        settings.now = [&node] { return node.now_ms(); };
        settings.token = [&node](std::string_view bearer, ledger::TimeMs now) {
            return check_member_token(bearer, node.tokens(), now);
        };
        return settings;
    }

    Observer observer_;
    Waiting waiting_;
    Context context_;
    Router router_;
    Gate gate_;
};

}  // namespace tanji::api
