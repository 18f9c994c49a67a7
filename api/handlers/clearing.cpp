// Who owes whom: for the two members of a position, and for the owner of the programme.
#include "api/clearing_json.h"
#include "api/conditions.h"
#include "api/handlers/handlers.h"

#include <set>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

constexpr std::size_t parts_shown = 10'000;

Status check_filters(const Request& request, const ledger::View& view) {
    const std::string* programme = request.parameter("programme");
    if (programme != nullptr && !view.programme(*programme)) {
        return refuse(ErrorCode::query_invalid, "there is no programme {:?}", *programme);
    }
    const std::string* member = request.parameter("member");
    if (member != nullptr && !view.member(*member)) {
        return refuse(ErrorCode::query_invalid, "there is no member {:?}", *member);
    }
    const std::string* detail = request.parameter("detail");
    if (detail != nullptr && *detail != "true" && *detail != "false") {
        return refuse(ErrorCode::query_invalid, "detail is true or false");
    }
    return {};
}

std::set<std::string> owned_by(const ledger::View& view, const std::string& member) {
    std::set<std::string> slugs;
    for (const ledger::Programme& programme : view.programmes()) {
        if (programme.owner == member) {
            slugs.insert(programme.slug);
        }
    }
    return slugs;
}

// What concerns the token's member, narrowed by the filters.
WantsPosition wants(const Request& request, const ledger::View& view, const std::string& reader) {
    const auto value = [&](std::string_view name) {
        const std::string* text = request.parameter(name);
        return text != nullptr ? std::optional(*text) : std::nullopt;
    };
    return [reader,
            owned = owned_by(view, reader),
            programme = value("programme"),
            member = value("member"
            )](const std::string& of, const std::string& debtor, const std::string& creditor) {
        const bool concerns = debtor == reader || creditor == reader || owned.contains(of);
        return concerns && (!programme || *programme == of) &&
               (!member || *member == debtor || *member == creditor);
    };
}

Result<Response> show_clearing(Context& context, const Request& request, const ledger::View& view) {
    Result<std::string> member = member_of(request);
    if (!member) {
        return refusal(member);
    }
    if (Status good = check_filters(request, view); !good) {
        return refusal(good);
    }
    auto form = negotiate(request, {"application/json", "text/csv"});
    if (!form) {
        return refusal(form);
    }
    const std::string* detail = request.parameter("detail");
    const bool detailed = detail != nullptr && *detail == "true";
    const Clearing clearing =
        read_clearing(view, wants(request, view, *member), detailed, parts_shown);
    log_read(context, request, "clearing");
    if (*form == "text/csv") {
        Response response = json_reply(view, clearing_csv(view, clearing));
        response.content_type = "text/csv; charset=utf-8; header=present";
        return response;
    }
    const std::string* consistency = request.parameter("consistency");
    const bool local = consistency != nullptr && *consistency == "local";
    return json_reply(view, clearing_json(view, clearing, local));
}

}  // namespace

void add_clearing_routes(Router& router, Context& context) {
    const auto read = [&context](const Request& request, const ledger::View& view) {
        return show_clearing(context, request, view);
    };
    Route route =
        get("getClearing",
            "/v1/clearing",
            {"programme", "member", "detail", "consistency"},
            reading(context, read));
    route.access = Access::member;
    router.add(std::move(route));
}

}  // namespace tanji::api
