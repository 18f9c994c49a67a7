// Redemptions, for their holders and merchants; vouchers, for whoever knows the commitment.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/points_json.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

// The merchant, or who may read the account: only the latter learns whose it is.
Result<bool> may_read_redemption(
    Context& context,
    const Request& request,
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::Redemption& redemption
) {
    const std::string account = redemption.account.text();
    const std::string& member = request.principal.member;
    if (request.grant.empty() && member == merchant_of(redemption)) {
        const auto row = view.account(account);
        log_read(context, request, id.hex());
        return member == account || (row && row->custodian == member);
    }
    if (auto may = may_read_account(context, request, view, account, "account"); !may) {
        return refusal(may);
    }
    return true;
}

Result<Response> show_redemption(
    Context& context, const Request& request, const ledger::View& view
) {
    Result<ledger::CommandId> id = id_of_path(request, "id");
    if (!id) {
        return refusal(id);
    }
    const auto redemption = view.redemption(*id);
    if (!redemption) {
        return refuse(ErrorCode::not_found, "there is no redemption {}", id->hex());
    }
    Result<bool> named = may_read_redemption(context, request, view, *id, *redemption);
    if (!named) {
        return refusal(named);
    }
    return json_reply(view, redemption_json(view, *id, *redemption, *named));
}

// Whose redemptions are asked for: an account's or a merchant's, never all.
struct Whose {
    std::string account;
    std::string merchant;
};

Result<Whose> whose(Context& context, const Request& request, const ledger::View& view) {
    const std::string* account = request.parameter("account");
    const std::string* merchant = request.parameter("merchant");
    if ((account == nullptr) == (merchant == nullptr)) {
        return refuse(ErrorCode::query_invalid, "either account or merchant says whose");
    }
    if (account != nullptr) {
        if (auto may = may_read_account(context, request, view, *account, "account"); !may) {
            return refusal(may);
        }
        return Whose{.account = *account, .merchant = {}};
    }
    Result<std::string> member = member_of(request);
    if (!member) {
        return refusal(member);
    }
    if (*member != *merchant) {
        return refuse(ErrorCode::forbidden, "the token speaks for {}", *member);
    }
    log_read(context, request, *merchant);
    return Whose{.account = {}, .merchant = *merchant};
}

Result<std::optional<ledger::RedemptionState>> state_filter(const Request& request) {
    const std::string* text = request.parameter("state");
    if (text == nullptr) {
        return std::nullopt;
    }
    const auto state = ledger::redemption_state_of(*text);
    if (!state) {
        return refuse(ErrorCode::query_invalid, "{:?} is no state of a redemption", *text);
    }
    return state;
}

Result<Response> list_redemptions(
    Context& context, const Request& request, const ledger::View& view
) {
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    Result<std::optional<ledger::RedemptionState>> state = state_filter(request);
    Result<Whose> of = state ? whose(context, request, view) : Result<Whose>(refusal(state));
    if (!of) {
        return refusal(of);
    }
    const auto wanted = [&](const ledger::Redemption& redemption) {
        return !*state || **state == redemption.state;
    };
    const auto after = ledger::CommandId::from(*place);
    const auto found = of->merchant.empty()
                           ? view.redemptions_of_account(of->account, after, *limit, wanted)
                           : view.redemptions_of_merchant(of->merchant, after, *limit, wanted);
    std::vector<std::string> elements;
    for (const auto& [id, redemption] : found) {
        elements.push_back(redemption_json(view, id, redemption, of->merchant.empty()));
    }
    const std::string next =
        found.size() == *limit ? cursor_after(request, found.back().first.view()) : "";
    return list_reply(request, view, elements, next, *state ? Walk::changing : Walk::stable);
}

Result<Response> show_voucher(const Request& request, const ledger::View& view) {
    const auto commitment = ledger::Hash::from_hex(request.of_path("commitment"));
    const auto id = commitment ? view.voucher(*commitment) : std::nullopt;
    const auto redemption = id ? view.redemption(*id) : std::nullopt;
    if (!redemption) {
        return refuse(ErrorCode::not_found, "no confirmation has carried this commitment");
    }
    return json_reply(view, voucher_json(view, *commitment, *id, *redemption));
}

}  // namespace

void add_redemption_routes(Router& router, Context& context) {
    const auto add = [&](std::string_view name,
                         std::string_view pattern,
                         std::vector<std::string_view> query,
                         auto function) {
        const auto read = [&context, function](const Request& request, const ledger::View& view) {
            return function(context, request, view);
        };
        Route route = get(name, pattern, std::move(query), reading(context, read));
        route.access = Access::holder;
        router.add(std::move(route));
    };
    add("listRedemptions",
        "/v1/redemptions",
        {"account", "merchant", "state", "limit", "cursor", "consistency"},
        list_redemptions);
    add("getRedemption", "/v1/redemptions/{id}", {"consistency"}, show_redemption);
    router.add(get(
        "getVoucher", "/v1/vouchers/{commitment}", {"consistency"}, reading(context, show_voucher)
    ));
}

}  // namespace tanji::api
