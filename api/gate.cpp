#include "api/gate.h"

#include "api/conditions.h"
#include "api/credentials.h"
#include "api/problem.h"
#include "ledger/value/crypto.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Status;

bool is_loopback_name(std::string_view host) {
    if (host.starts_with("[::1]")) {
        return true;
    }
    const std::string_view name = host.substr(0, host.find(':'));
    return name == "localhost" || name == "127.0.0.1";
}

struct BodyLimit {
    std::size_t bytes = 0;
    bool type_known = false;
};

BodyLimit body_limit(BodyRule rule, std::string_view type, const Limits& limits) {
    const bool is_command = type == command_type || type == "application/json" ||
                            type == "application/vnd.dsse.envelope+json" ||
                            type == "application/vnd.dsse.envelope.v1+json";
    switch (rule) {
        case BodyRule::none:
            return {.bytes = 0, .type_known = true};
        case BodyRule::command:
            return {.bytes = limits.command_body_bytes_max, .type_known = is_command};
        case BodyRule::commands:
            if (type == ndjson_type) {
                return {.bytes = limits.upload_bytes_max, .type_known = true};
            }
            return {.bytes = limits.command_body_bytes_max, .type_known = is_command};
        case BodyRule::upload:
            return {
                .bytes = limits.upload_bytes_max,
                .type_known = type == batch_type || type == ndjson_type,
            };
        case BodyRule::json:
            return {.bytes = limits.recompute_bytes_max, .type_known = type == "application/json"};
        case BodyRule::witness:
            return {
                .bytes = limits.witness_bytes_max,
                .type_known =
                    type.empty() || type == "text/plain" || type == "application/octet-stream" ||
                    type == "application/x-www-form-urlencoded",  // what curl sends unasked
            };
    }
    return {};
}

bool is_public(const Route* route) {
    return route == nullptr || route->access == Access::open ||
           route->access == Access::signed_command;
}

}  // namespace

Gate::Gate(GateSettings settings, const Router& router, Observer& observer)
    : settings_(std::move(settings)),
      router_(router),
      observer_(observer) {}

std::expected<Admitted, Response> Gate::admit(Head head, const std::string& peer) {
    Admitted admitted{.request = std::make_shared<Request>()};
    Request& request = *admitted.request;
    const std::string method = head.method;
    admitted.is_head = method == "HEAD";
    request.method = admitted.is_head ? "GET" : method;
    request.target = head.target;
    request.path = head.target.substr(0, head.target.find('?'));
    request.peer = settings_.proxies.caller(peer, head.fields);
    request.fields = std::move(head.fields);
    request.received = settings_.now();
    request.language = preferred_language(request.field("accept-language"), settings_.language);
    const auto trace_id = trace_id_of(request.field("traceparent"));
    request.trace_id = trace_id ? *trace_id : ledger::to_hex(ledger::random_bytes(16));

    const auto refused = [&](const ledger::Error& error) {
        Response response = problem(error, request);
        response.close = head.body != BodyForm::none;  // an unread body would be the next request
        complete(response, &request);
        return std::unexpected(std::move(response));
    };
    if (settings_.admin) {
        const std::string* host = request.field("host");
        if (host == nullptr || !is_loopback_name(*host)) {
            return refused(refuse(ErrorCode::forbidden, "Host is not a loopback name").error());
        }
    }
    auto target = read_target(head.target, settings_.limits);
    if (!target) {
        return refused(target.error());
    }
    request.query = std::move(target->query);
    Router::Match match = router_.find(request.method, target->segments);
    if (match.methods.empty()) {
        return refused(
            refuse(ErrorCode::unknown_endpoint, "there is nothing at {}", request.path).error()
        );
    }
    if (match.route == nullptr) {
        request.route = nullptr;
        if (method == "OPTIONS") {
            Response response = preflight(match, request);
            complete(response, &request);
            return std::unexpected(std::move(response));
        }
        auto answer =
            refused(refuse(ErrorCode::method_not_allowed, "{} is not known here", method).error());
        answer.error().with("Allow", fmt::format("{}", fmt::join(match.methods, ", ")));
        return answer;
    }
    admitted.route = match.route;
    request.route = match.route;
    request.path_parameters = std::move(match.parameters);
    if (Status checked = check_body(head, admitted); !checked) {
        return refused(checked.error());
    }
    if (Status checked = check_query(request); !checked) {
        return refused(checked.error());
    }
    if (settings_.quarantined() && !match.route->diagnostic && !settings_.admin) {
        return refused(
            refuse(ErrorCode::quarantined, "this node is quarantined: ask another one").error()
        );
    }
    if (draining_ && match.route->access == Access::signed_command) {
        return refused(refuse(ErrorCode::draining, "this node is being stopped").error());
    }
    const Status credential = check_credential(request);
    if (auto charged = charge(admitted, credential.has_value()); !charged) {
        Response response = std::move(charged.error());
        response.close = head.body != BodyForm::none;
        complete(response, &request);
        return std::unexpected(std::move(response));
    }
    if (!credential) {
        return refused(credential.error());
    }
    return admitted;
}

Status Gate::check_body(const Head& head, Admitted& admitted) const {
    const Request& request = *admitted.request;
    const std::string* type_field = request.field("content-type");
    const std::string type = type_field != nullptr ? media_type(*type_field) : std::string();
    if (request.field("content-encoding") != nullptr) {
        return refuse(ErrorCode::unsupported_media_type, "bodies are not compressed here");
    }
    const BodyLimit limit = body_limit(admitted.route->body, type, settings_.limits);
    if (!limit.type_known) {
        return refuse(
            ErrorCode::unsupported_media_type, "content type {:?} is not read here", type
        );
    }
    if (head.content_length > limit.bytes || (head.body == BodyForm::chunked && limit.bytes == 0)) {
        return refuse(ErrorCode::too_large, "at most {} bytes are read here", limit.bytes);
    }
    admitted.body_bytes_max = limit.bytes;
    admitted.is_upload = limit.bytes == settings_.limits.upload_bytes_max;
    return {};
}

Status Gate::check_query(const Request& request) const {
    for (const Parameter& parameter : request.query) {
        if (std::ranges::find(request.route->query, parameter.name) == request.route->query.end()) {
            return refuse(
                ErrorCode::query_invalid, "there is no parameter {:?} here", parameter.name
            );
        }
    }
    return {};
}

std::expected<void, Response> Gate::charge(const Admitted& admitted, bool credential_fits) {
    const Request& request = *admitted.request;
    const Route& route = *admitted.route;
    const bool signer_pays = route.access == Access::signed_command && credential_fits;
    std::string_view kind = "ip";
    std::string who = bucket_of_address(request.peer);
    Limits::Bucket bucket = settings_.limits.ip;
    if (route.bucket == Bucket::compute) {
        kind = "compute";
        bucket = settings_.limits.compute;
    } else if (route.bucket == Bucket::none || settings_.admin) {
        return {};
    } else if (credential_fits && request.principal.is_member()) {
        kind = "member";
        who = request.principal.member;
        bucket = settings_.limits.member;
    }
    Throttle& throttle = *settings_.throttle;
    const auto verdict = signer_pays ? throttle.look(kind, who, bucket, 1, request.received)
                                     : throttle.take(kind, who, bucket, 1, request.received);
    if (verdict.allowed) {
        return {};
    }
    observer_.rate_limited(kind);
    ProblemContext context{
        .instance = request.path,
        .trace_id = request.trace_id,
        .language = request.language,
        .recorded = false,
        .outcome = {},
        .retry_after = verdict.wait_s,
    };
    Response response = problem(
        refuse(ErrorCode::rate_limited, "bucket {} is empty for {} s", kind, verdict.wait_s)
            .error(),
        context
    );
    response.with(
        "RateLimit-Policy",
        fmt::format(
            "\"{}\";q={};w={}",
            kind,
            bucket.burst,
            bucket.burst / std::max<std::uint32_t>(1, bucket.per_second)
        )
    );
    response.with("RateLimit", fmt::format("\"{}\";r={};t={}", kind, verdict.left, verdict.wait_s));
    return std::unexpected(std::move(response));
}

Status Gate::check_credential(Request& request) const {
    const auto bearer = bearer_of(request.field("authorization"));
    const bool needed =
        request.route->access == Access::member || request.route->access == Access::holder;
    if (!bearer) {
        if (needed) {
            return refuse(ErrorCode::authentication_required, "this needs a bearer credential");
        }
        return {};
    }
    if (is_grant(*bearer)) {
        // Whose keys signed it, only the ledger knows: the handler asks.
        request.grant = *bearer;
        if (request.route->access == Access::member) {
            return refuse(
                ErrorCode::forbidden, "a read grant opens the routes of its account only"
            );
        }
        return {};
    }
    auto principal = settings_.token(*bearer, request.received);
    if (!principal) {
        return refusal(principal);
    }
    if (needed && !principal->may_read) {
        return refuse(ErrorCode::forbidden, "the token has no scope `read`");
    }
    request.principal = std::move(*principal);
    return {};
}

Response Gate::preflight(const Router::Match& match, const Request& request) const {
    Response response;
    response.status = 204;
    response.content_type.clear();
    response.with("Allow", fmt::format("{}, OPTIONS", fmt::join(match.methods, ", ")));
    const std::string* origin = request.field("origin");
    if (origin == nullptr || settings_.admin) {
        return response;
    }
    const bool listed =
        std::ranges::find(settings_.cors_origins, *origin) != settings_.cors_origins.end();
    response.with("Access-Control-Allow-Methods", fmt::format("{}", fmt::join(match.methods, ", ")))
        .with(
            "Access-Control-Allow-Headers",
            std::string("Content-Type, Tanji-Signature, Tanji-Min-Index, Tanji-Purpose, "
                        "Idempotency-Key, If-None-Match, Last-Event-ID, traceparent"
            ) + (listed ? ", Authorization" : "")
        )
        .with("Access-Control-Max-Age", "86400");
    return response;
}

Response Gate::refuse_head(const ledger::Error& error) const {
    Response response = problem(
        error,
        ProblemContext{
            .instance = {},
            .trace_id = ledger::to_hex(ledger::random_bytes(16)),
            .language = settings_.language,
            .recorded = false,
            .outcome = {},
            .retry_after = {},
        }
    );
    response.close = true;
    complete(response, nullptr);
    return response;
}

void Gate::complete(Response& response, const Request* request) const {
    response.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
    if (settings_.tls) {
        response.with("Strict-Transport-Security", "max-age=31536000");
    }
    if (draining_) {
        response.close = true;
    }
    if (request == nullptr) {
        return;
    }
    response.with("X-Request-Id", request->trace_id);
    if (settings_.admin) {
        return;
    }
    const std::string* origin = request->field("origin");
    std::string_view allowed;
    if (is_public(request->route) && request->field("authorization") == nullptr) {
        allowed = "*";
    } else if (origin != nullptr &&
               std::ranges::find(settings_.cors_origins, *origin) != settings_.cors_origins.end()) {
        allowed = *origin;
    }
    if (!allowed.empty()) {
        response.with("Access-Control-Allow-Origin", allowed)
            .with(
                "Access-Control-Expose-Headers",
                "Tanji-Index, Tanji-Certified, Tanji-Replayed, Tanji-Simulated, Tanji-Digest, "
                "RateLimit, RateLimit-Policy, ETag, Location, Retry-After, X-Request-Id"
            );
    }
}

bool Gate::enter(bool upload) {
    if (in_work_.fetch_add(1) >= settings_.limits.requests_in_work) {
        in_work_.fetch_sub(1);
        return false;
    }
    if (upload && uploads_.fetch_add(1) >= settings_.limits.uploads_in_work) {
        uploads_.fetch_sub(1);
        in_work_.fetch_sub(1);
        return false;
    }
    return true;
}

void Gate::leave(bool upload) {
    if (upload) {
        uploads_.fetch_sub(1);
    }
    in_work_.fetch_sub(1);
}

}  // namespace tanji::api
