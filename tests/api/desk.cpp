#include "tests/api/desk.h"

#include "api/credentials.h"

#include <optional>
#include <utility>

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

Limits unlimited() {
    Limits limits;
    limits.ip.burst = 0;
    limits.member.burst = 0;
    return limits;
}

}  // namespace

Desk::Desk(SmallNode& node) : Desk(node, unlimited()) {}

Desk::Desk(SmallNode& node, const Limits& limits)
    : context_{.service = node, .observer = observer_, .settings = {}, .waiting = waiting_},
      router_(make_routes(context_)),
      gate_(settings_for(node, limits, context_.throttle), router_, observer_) {}

Desk::~Desk() = default;

Response Desk::ask(Asked asked) {
    Head head{.method = asked.method, .target = asked.target, .fields = std::move(asked.fields)};
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

Response Desk::get(std::string target, std::string token) {
    Asked asked{.target = std::move(target)};
    if (!token.empty()) {
        asked.fields.push_back({"authorization", "Bearer " + token});
    }
    return ask(std::move(asked));
}

Response Desk::post(std::string target, const ledger::Envelope& envelope) {
    return ask({
        .method = "POST",
        .target = std::move(target),
        .fields = {{"content-type", "application/json"}},
        .body = ledger::to_text(envelope),
    });
}

GateSettings Desk::settings_for(
    SmallNode& node, const Limits& limits, const std::shared_ptr<Throttle>& throttle
) {
    GateSettings settings;
    settings.limits = limits;
    settings.throttle = throttle;
    settings.now = [&node] { return node.now_ms(); };
    settings.token = [&node](std::string_view bearer, ledger::TimeMs now) {
        return check_member_token(bearer, node.tokens(), now);
    };
    return settings;
}

}  // namespace tanji::api
