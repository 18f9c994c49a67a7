#include "api/problem.h"

#include "ledger/value/json.h"

#include <fmt/format.h>

namespace tanji::api {
namespace {

using ledger::ErrorCode;

struct Advice {
    std::string_view zh;
    std::string_view en;
};

Advice advice(const ProblemKind& kind) {
    if (kind.retryable) {
        return {"稍后原样重发同一内容", "Send the same bytes again later"};
    }
    if (kind.executed) {
        return {
            "该指令编号已用尽：更正后使用新编号",
            "The command id is spent: correct and use a new id"
        };
    }
    if (kind.status == 401) {
        return {"取得有效凭证后重试", "Obtain a valid credential"};
    }
    if (kind.status == 404 || kind.status == 410) {
        return {"检查所请求的对象", "Check what was asked for"};
    }
    if (kind.status == 500) {
        return {"请将跟踪编号告知运营方", "Tell the operator the trace id"};
    }
    return {"更正请求后再发送", "Correct the request"};
}

void write_kind(ledger::JsonWriter& out, const ProblemKind& kind) {
    const Advice todo = advice(kind);
    out.open_object()
        .member("code", name_of(kind.code))
        .member("status", static_cast<std::uint64_t>(kind.status))
        .member("retryable", kind.retryable)
        .member("recorded", kind.executed);
    out.name("title").open_object().member("zh", kind.zh).member("en", kind.en).close_object();
    out.name("advice").open_object().member("zh", todo.zh).member("en", todo.en).close_object();
    out.close_object();
}

// A refusal that passes by itself says when to come back, even where its author did not.
std::optional<std::uint64_t> retry_after(const ProblemKind& kind, const ProblemContext& context) {
    if (context.retry_after) {
        return context.retry_after;
    }
    const bool waits =
        kind.status == 503 || kind.status == 429 || kind.code == ErrorCode::not_certified;
    return waits ? std::optional<std::uint64_t>(1) : std::nullopt;
}

}  // namespace

std::string problem_body(const ledger::Error& error, const ProblemContext& context) {
    const ProblemKind& kind = problem_kind(error.code);
    ledger::JsonWriter out;
    out.open_object()
        .member("type", fmt::format("/v1/problems/{}", name_of(error.code)))
        .member("title", context.language == Language::zh ? kind.zh : kind.en)
        .member("status", static_cast<std::uint64_t>(kind.status))
        .member("detail", error.detail)
        .member("instance", context.instance)
        .member("code", name_of(error.code))
        .member("retryable", kind.retryable)
        .member("recorded", context.recorded);
    if (!error.reason.empty()) {
        out.member("reason", error.reason);
    }
    if (error.index) {
        out.member("index", *error.index);
    }
    out.name("errors").open_array();
    if (!error.pointer.empty()) {
        out.open_object()
            .member("pointer", "#" + error.pointer)
            .member("detail", error.detail)
            .close_object();
    }
    out.close_array().member("trace_id", context.trace_id);
    if (!context.outcome.empty()) {
        out.name("outcome").raw(context.outcome);
    }
    if (const auto seconds = retry_after(kind, context)) {
        out.member("retry_after_s", *seconds);
    }
    return out.close_object().take();
}

Response problem(const ledger::Error& error, const ProblemContext& context) {
    const ProblemKind& kind = problem_kind(error.code);
    Response response;
    response.status = kind.status;
    response.content_type = "application/problem+json";
    response.body = problem_body(error, context);
    response.with("Content-Language", context.language == Language::zh ? "zh-CN" : "en")
        .with("Vary", "Accept-Language")
        .with("Cache-Control", "no-store");
    if (const auto seconds = retry_after(kind, context)) {
        response.with("Retry-After", std::to_string(*seconds));
    }
    if (kind.status == 401) {
        response.with("WWW-Authenticate", "Bearer");
    }
    return response;
}

Response problem(const ledger::Error& error, const Request& request) {
    return problem(
        error,
        ProblemContext{
            .instance = request.path,
            .trace_id = request.trace_id,
            .language = request.language,
            .recorded = false,
            .outcome = {},
            .retry_after = {},
        }
    );
}

std::string problem_catalogue() {
    ledger::JsonWriter out;
    out.open_object().name("data").open_array();
    for (const ProblemKind& kind : problem_kinds()) {
        write_kind(out, kind);
    }
    return out.close_array().name("next").null().close_object().take();
}

std::string problem_entry(ErrorCode code) {
    ledger::JsonWriter out;
    write_kind(out, problem_kind(code));
    return out.take();
}

}  // namespace tanji::api
