// What whoever runs a node sees and does, on the admin listener.
#include "api/handlers/handlers.h"
#include "api/handlers/routes.h"
#include "api/problem.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refusal;
using ledger::Result;

void write_node(ledger::JsonWriter& out, const ClusterState& state, const NodeState& node) {
    out.open_object()
        .member("node", node.node)
        .member("member", node.member)
        .member("voter", node.voter)
        .member("leader", node.node == state.leader)
        .member("connected", node.connected)
        .member("program", node.program);
    if (node.match) {
        out.member("match", *node.match);
        out.member("lag", state.last - std::min(state.last, *node.match));
    } else {
        out.name("match").null().name("lag").null();
    }
    out.name("clock_offset_ms");
    if (node.clock_offset_ms) {
        out.raw(std::to_string(*node.clock_offset_ms));
    } else {
        out.null();
    }
    out.member("cosigned_size", node.cosigned_size).close_object();
}

void write_agreement(ledger::JsonWriter& out, const ClusterState& state) {
    out.member("node", state.node)
        .member("role", state.role)
        .member("term", state.term)
        .member("leader", state.leader)
        .member("last_index", state.last)
        .member("durable_index", state.durable)
        .member("committed_index", state.committed)
        .member("applied_index", state.applied)
        .member("membership", state.membership)
        .member("joint", state.joint)
        .member("recovering", state.recovering)
        .name("quarantine");
    if (state.quarantine.empty()) {
        out.null();
    } else {
        out.open_object()
            .member("reason", state.quarantine)
            .member("detail", state.quarantine_detail)
            .close_object();
    }
    out.name("nodes").open_array();
    for (const NodeState& node : state.nodes) {
        write_node(out, state, node);
    }
    out.close_array();
}

void write_checks(ledger::JsonWriter& out, const std::vector<Check>& checks) {
    out.name("checks").open_object();
    for (const Check& check : checks) {
        out.member(check.name, check.ok);
    }
    out.close_object().name("failed").open_array();
    for (const Check& check : checks) {
        if (!check.ok) {
            out.string(check.detail.empty() ? check.name : check.name + ": " + check.detail);
        }
    }
    out.close_array();
}

Response status(Context& context) {
    const ViewPtr view = context.service.local();
    ledger::JsonWriter out;
    out.open_object()
        .member("member", context.service.member())
        .member("version", context.settings.version)
        .member("index", view->head().block)
        .member("size", view->head().size)
        .member("certified_size", certified_size(*view))
        .member("time", static_cast<std::uint64_t>(view->head().time))
        .member("draining", context.service.is_draining());
    write_agreement(out, context.service.cluster());
    write_checks(out, context.service.readiness());
    Response response;
    response.body = out.close_object().take();
    return response;
}

Response answered(ledger::JsonWriter& out) {
    Response response;
    response.body = out.close_object().take();
    response.with("Cache-Control", "no-store");
    return response;
}

// The body of a POST: an object with these members, or none.
using Act = std::function<Result<Response>(ledger::JsonReader& body)>;
Route operation(std::string_view name, std::string_view pattern, Act act) {
    Route route;
    route.name = name;
    route.method = "POST";
    route.pattern = pattern;
    route.body = BodyRule::json;
    route.bucket = Bucket::none;
    route.handler = [act = std::move(act)](RequestPtr request, Respond respond) {
        const auto value = ledger::parse_json(request->body, ErrorCode::bad_request);
        if (!value) {
            respond(problem(value.error(), *request));
            return;
        }
        ledger::JsonFaults faults(ErrorCode::bad_request);
        ledger::JsonReader body(*value, "", faults);
        Result<Response> response = act(body);
        respond(response ? std::move(*response) : problem(response.error(), *request));
    };
    return route;
}

// Whether the body was what it should be; asked before anything is done.
ledger::Status finished(ledger::JsonReader& body) {
    body.finish();
    return body.faults().any() ? ledger::Status(body.faults().refusal()) : ledger::Status();
}

Result<Response> transfer(Operator& by, ledger::JsonReader& body) {
    const std::string to = body.is_null("to") ? std::string() : body.text("to", 64);
    if (auto good = finished(body); !good) {
        return refusal(good);
    }
    const auto leader = by.transfer(to);
    if (!leader) {
        return std::unexpected(leader.error());
    }
    ledger::JsonWriter out;
    out.open_object()
        .member("leader", leader->node)
        .member("member", leader->member)
        .member("term", leader->term);
    return answered(out);
}

Result<Response> drain(Operator& by, ledger::JsonReader& body) {
    if (auto good = finished(body); !good) {
        return refusal(good);
    }
    by.drain();
    ledger::JsonWriter out;
    out.open_object().member("draining", true);
    return answered(out);
}

Result<Response> set_log_level(Operator& by, ledger::JsonReader& body) {
    const std::string level = body.text("level", 16);
    if (auto good = finished(body); !good) {
        return refusal(good);
    }
    if (auto set = by.set_log_level(level); !set) {
        return refusal(set);
    }
    ledger::JsonWriter out;
    out.open_object().member("level", level);
    return answered(out);
}

}  // namespace

Router make_admin_routes(Context& context, Operator& by) {
    Router router;
    router.add(probe("livez", "/livez", {}, live));
    router.add(probe("readyz", "/readyz", {"verbose"}, [&context](const Request& request) {
        return ready(context, request.parameter("verbose") != nullptr);
    }));
    router.add(probe("adminStatus", "/admin/status", {}, [&context](const Request&) {
        return status(context);
    }));
    router.add(probe("metrics", "/metrics", {}, [&context](const Request&) {
        Response response;
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        response.body = context.service.metrics();
        return response;
    }));
    const auto bound = [&by](auto function) {
        return [&by, function](ledger::JsonReader& body) { return function(by, body); };
    };
    router.add(operation("adminTransfer", "/admin/transfer", bound(transfer)));
    router.add(operation("adminDrain", "/admin/drain", bound(drain)));
    router.add(operation("adminLogLevel", "/admin/log-level", bound(set_log_level)));
    return router;
}

}  // namespace tanji::api
