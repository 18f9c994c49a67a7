// Who takes part, and since when.
#include "api/handlers/handlers.h"
#include "api/json.h"
#include "ledger/proof/policy.h"
#include "ledger/value/json.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Result<Response> list_members(const Request& request, const ledger::View& view) {
    Keyed all;
    for (const ledger::Member& member : view.members()) {
        all.emplace_back(member.member, member_json(view, member));
    }
    return keyed_list(request, view, all);
}

Result<Response> show_member(const Request& request, const ledger::View& view) {
    const auto member = view.member(request.of_path("member"));
    if (!member) {
        return refuse(ErrorCode::not_found, "there is no member {}", request.of_path("member"));
    }
    return json_reply(view, member_json(view, *member));
}

// The membership that genesis made: number 1, of leaf 0.
std::string first_membership(const ledger::View& view) {
    ledger::JsonWriter out;
    out.open_object().member("number", std::uint64_t{1}).member("leaf_index", std::uint64_t{0});
    for (const bool voter : {true, false}) {
        out.name(voter ? "voters" : "learners").open_array();
        for (const ledger::GenesisNode& node : view.genesis().nodes) {
            if (node.voter == voter) {
                out.open_object()
                    .member("node", node.node)
                    .member("member", node.member)
                    .member("log", node.log)
                    .member("cosign", node.cosign)
                    .close_object();
            }
        }
        out.close_array();
    }
    return out.close_object().take();
}

Result<Response> show_membership(const Request& request, const ledger::View& view) {
    Result<std::uint64_t> number = number_of_path(request, "number");
    if (!number) {
        return refusal(number);
    }
    if (*number != 1) {
        return refuse(ErrorCode::not_found, "there is no membership {}", *number);
    }
    return json_reply(view, first_membership(view));
}

}  // namespace

void add_member_routes(Router& router, Context& context) {
    router.add(
        get("listMembers",
            "/v1/members",
            {"limit", "cursor", "consistency"},
            reading(context, list_members))
    );
    router.add(
        get("getMember", "/v1/members/{member}", {"consistency"}, reading(context, show_member))
    );
    router.add(
        get("listMemberships",
            "/v1/memberships",
            {"limit", "cursor", "consistency"},
            reading(
                context,
                [](const Request& request, const ledger::View& view) -> Result<Response> {
                    return keyed_list(request, view, {{"1", first_membership(view)}});
                }
            ))
    );
    router.add(
        get("getMembership",
            "/v1/memberships/{number}",
            {"consistency"},
            reading(context, show_membership))
    );
}

}  // namespace tanji::api
