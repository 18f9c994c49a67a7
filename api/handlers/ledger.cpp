// The ledger about itself: where it stands, how it began, what adds up.
#include "api/assets.h"
#include "api/handlers/handlers.h"
#include "api/json.h"
#include "api/points_json.h"
#include "api/problem.h"
#include "ledger/proof/policy.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <array>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

constexpr std::array<std::string_view, 5> batch_states = {
    "submitted",
    "issued",
    "rejected",
    "lapsed",
    "revoked",
};

Result<Response> root(Context& context, const Request&, const ledger::View& view) {
    ledger::JsonWriter out;
    out.open_object()
        .member("program", "tanjid")
        .member("version", context.settings.version)
        .member("api", "v1")
        .member("ledger", view.head().ledger.hex())
        .member("origin", view.genesis().origin);
    write_bilingual(out, "name", view.genesis().name_zh, view.genesis().name_en);
    out.name("links").open_object();
    for (const std::string_view name :
         {"ledger",       "genesis",     "summary",     "evidence",      "cluster",
          "openapi.json", "problems",    "commands",    "activities",    "schemes",
          "classes",      "retirements", "obligations", "methodologies", "factors",
          "members",      "memberships", "leaves",      "blocks",        "checkpoints",
          "programmes",   "offers",      "redemptions", "clearing",      "events"}) {
        out.member(name, "/v1/" + std::string(name));
    }
    out.member("checkpoint", "/log/checkpoint").member("policy", "/log/policy");
    return json_reply(view, out.close_object().close_object().take());
}

void write_limits(ledger::JsonWriter& out, const Limits& limits) {
    out.name("limits")
        .open_object()
        .member("command_bytes", ledger::stored_bytes_max)
        .member("body_bytes", limits.command_body_bytes_max)
        .member("upload_bytes", limits.upload_bytes_max)
        .member("recompute_bytes", limits.recompute_bytes_max)
        .close_object();
}

Result<Response> about(Context& context, const Request&, const ledger::View& view) {
    const ledger::Genesis& genesis = view.genesis();
    // Of the newest membership; in a joint phase of the list that comes.
    const std::uint64_t voters = view.roster().newest().membership.voters.size();
    ledger::JsonWriter out;
    out.open_object()
        .member("ledger", view.head().ledger.hex())
        .member("origin", genesis.origin)
        .member("suite", "ed25519-sha256")
        .member("genesis", genesis.ledger.hex())
        .member("index", view.head().block)
        .member("size", view.head().size)
        .member("root", view.head().root.hex())
        .member("certified_size", certified_size(view))
        .member("time", static_cast<std::uint64_t>(view.head().time))
        .member("rules", view.head().rules)
        .member("n", voters)
        .member("f", (voters - 1) / 3)
        .member("q", ledger::quorum(voters, genesis.min_cosigners.value_or(0)))
        .member("member", context.service.member());
    write_limits(out, context.settings.limits);
    out.member("demo", context.service.is_demo());
    return json_reply(view, out.close_object().take());
}

Result<Response> genesis(const Request& request, const ledger::View& view) {
    return fixed_reply(request, view, view.genesis_file(), view.genesis().ledger.hex());
}

Result<Response> summary(const Request&, const ledger::View& view) {
    std::array<std::uint64_t, batch_states.size()> states{};
    std::uint64_t records = 0;
    view.batches({}, SIZE_MAX, [&](const ledger::CommandId&, const ledger::BatchRow& row) {
        ++states.at(static_cast<std::size_t>(row.state));
        records += row.count;
        return false;  // counted, not collected
    });
    ledger::ClassSupply total;
    for (const auto& [name, supply] : view.classes()) {
        total.issued += supply.issued;
        total.held += supply.held;
        total.locked += supply.locked;
        total.frozen += supply.frozen;
        total.reserved += supply.reserved;
        total.retired += supply.retired;
        total.cancelled += supply.cancelled;
        total.exported += supply.exported;
        total.reversed += supply.reversed;
    }
    ledger::JsonWriter out;
    out.open_object().name("batches").open_object();
    for (std::size_t i = 0; i < states.size(); ++i) {
        out.member(batch_states[i], states[i]);
    }
    out.close_object()
        .member("records", records)
        .name("grams")
        .raw(class_json("*", total))
        .name("points")
        .open_array();
    for (const ledger::Programme& programme : view.programmes()) {
        out.open_object().member("programme", programme.slug);
        write_supply(out, view.points_supply(programme.slug).value_or(ledger::PointsSupply{}));
        out.close_object();
    }
    out.close_array().member("members", view.members().size());
    write_as_of(out, view, false);
    return json_reply(view, out.close_object().take());
}

Result<Response> list_evidence(Context& context, const Request&, const ledger::View& view) {
    ledger::JsonWriter out;
    out.open_object().name("data").open_array();
    for (const auto& [name, bytes] : context.service.evidence()) {
        out.open_object()
            .member("name", name)
            .member("bytes", bytes.size())
            .member("sha256", ledger::sha256(bytes).hex())
            .close_object();
    }
    return json_reply(view, out.close_array().name("next").null().close_object().take());
}

Result<Response> show_evidence(Context& context, const Request& request, const ledger::View& view) {
    for (const auto& [name, bytes] : context.service.evidence()) {
        if (name == request.of_path("name")) {
            return fixed_reply(request, view, bytes, ledger::sha256(bytes).hex());
        }
    }
    return refuse(ErrorCode::not_found, "there is no such evidence here");
}

Result<Response> cluster(Context& context, const Request&, const ledger::View& view) {
    if (!context.settings.public_cluster) {
        return refuse(ErrorCode::not_found, "this node does not show its cluster");
    }
    const ClusterState state = context.service.cluster();
    ledger::JsonWriter out;
    out.open_object()
        .member("membership", state.membership)
        .member("joint", state.joint)
        .name("data")
        .open_array();
    for (const NodeState& node : state.nodes) {
        out.open_object()
            .member("node", node.node)
            .member("member", node.member)
            .member("voter", node.voter)
            .member("leader", node.node == state.leader)
            .member("answers", node.connected);
        out.name("applied_index");
        if (node.node == state.node) {
            out.integer(view.head().block);
        } else {
            out.null();
        }
        out.member("cosigned_size", node.cosigned_size).close_object();
    }
    return json_reply(view, out.close_array().name("next").null().close_object().take());
}

Result<Response> show_problem(const Request& request, const ledger::View& view) {
    const auto code = ledger::error_code_of(request.of_path("code"));
    if (!code) {
        return refuse(ErrorCode::not_found, "there is no code {:?}", request.of_path("code"));
    }
    return json_reply(view, problem_entry(*code));
}

}  // namespace

void add_ledger_routes(Router& router, Context& context) {
    const auto bound = [&context](auto function) {
        return [&context, function](const Request& request, const ledger::View& view) {
            return function(context, request, view);
        };
    };
    router.add(get("getRoot", "/v1", local(context, bound(root))));
    router.add(get("getLedger", "/v1/ledger", local(context, bound(about))));
    router.add(get("getGenesis", "/v1/genesis", local(context, genesis)));
    router.add(get("getSummary", "/v1/summary", {"consistency"}, reading(context, summary)));
    Route list = get("listEvidence", "/v1/evidence", local(context, bound(list_evidence)));
    Route show = get("getEvidence", "/v1/evidence/{name}", local(context, bound(show_evidence)));
    list.diagnostic = true;
    show.diagnostic = true;
    router.add(std::move(list));
    router.add(std::move(show));
    router.add(get("getCluster", "/v1/cluster", local(context, bound(cluster))));
    router.add(
        get("getContract",
            "/v1/openapi.json",
            local(
                context,
                [](const Request& request, const ledger::View& view) -> Result<Response> {
                    return tagged_reply(request, view, std::string(assets::openapi_json));
                }
            ))
    );
    router.add(
        get("listProblems",
            "/v1/problems",
            local(
                context,
                [](const Request&, const ledger::View& view) -> Result<Response> {
                    return json_reply(view, problem_catalogue());
                }
            ))
    );
    router.add(get("getProblem", "/v1/problems/{code}", local(context, show_problem)));
}

}  // namespace tanji::api
