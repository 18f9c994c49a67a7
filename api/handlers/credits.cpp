// Schemes, classes, retirements and their certificates, obligations: all public.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/handlers/receipts.h"
#include "api/json.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/value/json.h"

#include <set>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

constexpr ledger::Amount grams_per_tonne = 1'000'000;

Result<Response> list_schemes(const Request& request, const ledger::View& view) {
    Keyed all;
    for (const ledger::Scheme& scheme : view.schemes()) {
        all.emplace_back(scheme.scheme, scheme_json(scheme));
    }
    return keyed_list(request, view, all);
}

Result<Response> list_classes(const Request& request, const ledger::View& view) {
    Keyed all;
    for (const auto& [name, supply] : view.classes()) {
        all.emplace_back(name, class_json(name, supply));
    }
    return keyed_list(request, view, all);
}

Result<Response> show_class(const Request& request, const ledger::View& view) {
    const std::string& name = request.of_path("class");
    const auto supply = view.credit_class(name);
    if (!supply) {
        return refuse(ErrorCode::not_found, "there is no class {}", name);
    }
    return json_reply(view, class_json(name, *supply));
}

Result<Response> list_retirements(const Request& request, const ledger::View& view) {
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    const auto is = [&](std::string_view name, std::string_view value) {
        const std::string* wanted = request.parameter(name);
        return wanted == nullptr || *wanted == value;
    };
    // A user's own are found by their ids only: a list would be a profile.
    const auto wanted = [&](const ledger::Retirement& retirement) {
        const auto account = view.account(retirement.account);
        const bool is_user = account && account->kind == ledger::AccountKind::user;
        return !is_user && is("account", retirement.account) &&
               is("class", retirement.credit_class) && is("purpose", retirement.purpose);
    };
    const auto found = view.retirements(ledger::CommandId::from(*place), *limit, wanted);
    std::vector<std::string> elements;
    for (const auto& [id, retirement] : found) {
        elements.push_back(retirement_json(view, id, retirement));
    }
    const std::string next =
        found.size() == *limit ? cursor_after(request, found.back().first.view()) : "";
    return list_reply(request, view, elements, next);
}

struct Found {
    ledger::CommandId id;
    ledger::Retirement retirement;
};

Result<Found> find_retirement(const Request& request, const ledger::View& view) {
    Result<ledger::CommandId> id = id_of_path(request, "id");
    if (!id) {
        return refusal(id);
    }
    auto retirement = view.retirement(*id);
    if (!retirement) {
        return refuse(ErrorCode::not_found, "there is no retirement {}", id->hex());
    }
    return Found{.id = *id, .retirement = std::move(*retirement)};
}

Result<Response> show_retirement(const Request& request, const ledger::View& view) {
    Result<Found> found = find_retirement(request, view);
    if (!found) {
        return refusal(found);
    }
    std::string body = retirement_json(view, found->id, found->retirement);
    if (found->retirement.leaf < certified_size(view)) {
        return fixed_reply(request, view, std::move(body), found->id.hex());
    }
    return json_reply(view, std::move(body));
}

// The parts of scheme:methodology:region:year.
std::vector<std::string> parts_of_class(std::string_view text) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == ':') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// The factor sets that the grams of a class were computed with, up to that time.
void write_factors(
    ledger::JsonWriter& out, const ledger::View& view, const ledger::Retirement& retirement
) {
    std::set<std::string> refs;
    view.batches({}, SIZE_MAX, [&](const ledger::CommandId&, const ledger::BatchRow& row) {
        if (row.credit_class == retirement.credit_class && row.issued_at != 0 &&
            row.issued_at <= retirement.time) {
            refs.insert(row.factors);
        }
        return false;  // looked at, not collected
    });
    out.name("factors").open_array();
    for (const std::string& ref : refs) {
        const auto document = view.factor_set(ref);
        out.open_object()
            .member("ref", ref)
            .member("digest", document ? document->digest.hex() : std::string())
            .close_object();
    }
    out.close_array();
}

Result<Response> show_certificate(
    Context& context, const Request& request, const ledger::View& view
) {
    Result<Found> found = find_retirement(request, view);
    if (!found) {
        return refusal(found);
    }
    const ledger::Retirement& retirement = found->retirement;
    if (retirement.leaf >= certified_size(view)) {
        return refuse(ErrorCode::not_certified, "leaf {} is not certified yet", retirement.leaf);
    }
    const auto parts = parts_of_class(retirement.credit_class);
    const std::string methodology = parts.size() > 1 ? parts[1] : std::string();
    const auto document = view.methodology(methodology);
    ledger::JsonWriter out;
    out.open_object().member("certificate", std::uint64_t{1});
    out.member("ledger", view.head().ledger.hex()).member("origin", view.genesis().origin);
    write_retirement(out, view, found->id, retirement);
    out.member("tonnes", static_cast<std::uint64_t>(retirement.amount / grams_per_tonne))
        .name("methodology")
        .open_object()
        .member("ref", methodology)
        .name("digest");
    if (document) {
        out.string(document->digest.hex());
    } else {
        out.null();
    }
    out.close_object();
    write_factors(out, view, retirement);
    out.member("verify", context.settings.public_url + "/v1/retirements/" + found->id.hex())
        .name("receipt")
        .raw(ledger::to_text(make_receipt(context.service, view, retirement.leaf)));
    return fixed_reply(request, view, out.close_object().take(), "certificate-" + found->id.hex());
}

Result<Response> list_obligations(const Request& request, const ledger::View& view) {
    Keyed all;
    for (const ledger::View::Debt& debt : view.obligations()) {
        ledger::JsonWriter out;
        out.open_object()
            .member("member", debt.member)
            .member("scheme", debt.scheme)
            .amount_member("owed", debt.obligation.owed)
            .member("since", static_cast<std::uint64_t>(debt.obligation.since))
            .close_object();
        all.emplace_back(debt.member + "/" + debt.scheme, out.take());
    }
    return keyed_list(request, view, all);
}

}  // namespace

void add_credit_routes(Router& router, Context& context) {
    const auto add = [&](std::string_view name,
                         std::string_view pattern,
                         std::vector<std::string_view> query,
                         Read read) {
        query.push_back("consistency");
        router.add(get(name, pattern, std::move(query), reading(context, std::move(read))));
    };
    add("listSchemes", "/v1/schemes", {"limit", "cursor"}, list_schemes);
    add("listClasses", "/v1/classes", {"limit", "cursor"}, list_classes);
    add("getClass", "/v1/classes/{class}", {}, show_class);
    add("listRetirements",
        "/v1/retirements",
        {"class", "account", "purpose", "limit", "cursor"},
        list_retirements);
    add("getRetirement", "/v1/retirements/{id}", {}, show_retirement);
    add("retirementCertificate",
        "/v1/retirements/{id}/certificate",
        {},
        [&context](const Request& request, const ledger::View& view) {
            return show_certificate(context, request, view);
        });
    add("listObligations", "/v1/obligations", {"limit", "cursor"}, list_obligations);
}

}  // namespace tanji::api
