// Who takes part, and since when.
#include "api/handlers/handlers.h"
#include "api/json.h"
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

Result<Response> list_memberships(const Request& request, const ledger::View& view) {
    const ledger::Roster roster = view.roster();
    Keyed all;
    for (const ledger::MembershipRow& row : roster.memberships) {
        all.emplace_back(
            fmt::format("{:020}", row.membership.number), membership_json(roster, row)
        );
    }
    return keyed_list(request, view, all);
}

Result<Response> show_membership(const Request& request, const ledger::View& view) {
    Result<std::uint64_t> number = number_of_path(request, "number");
    if (!number) {
        return refusal(number);
    }
    const ledger::Roster roster = view.roster();
    const ledger::MembershipRow* row = roster.membership(*number);
    if (row == nullptr) {
        return refuse(ErrorCode::not_found, "there is no membership {}", *number);
    }
    return json_reply(view, membership_json(roster, *row));
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
            reading(context, list_memberships))
    );
    router.add(
        get("getMembership",
            "/v1/memberships/{number}",
            {"consistency"},
            reading(context, show_membership))
    );
}

}  // namespace tanji::api
