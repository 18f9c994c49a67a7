// Offers, for everybody to see.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/points_json.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Result<std::optional<bool>> open_filter(const Request& request) {
    const std::string* text = request.parameter("open");
    if (text == nullptr) {
        return std::nullopt;
    }
    if (*text != "true" && *text != "false") {
        return refuse(ErrorCode::query_invalid, "open is true or false");
    }
    return *text == "true";
}

Result<Response> list_offers(const Request& request, const ledger::View& view) {
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    Result<std::optional<bool>> open = open_filter(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    if (!open) {
        return refusal(open);
    }
    const auto is = [&](std::string_view name, std::string_view value) {
        const std::string* wanted = request.parameter(name);
        return wanted == nullptr || *wanted == value;
    };
    const auto wanted = [&](const std::string&, const ledger::Offer& offer) {
        return is("merchant", offer.merchant) && is("programme", offer.programme) &&
               (!*open || **open == is_open(offer, view.head().time));
    };
    const auto offers = view.offers(*place, *limit, wanted);
    std::vector<std::string> elements;
    for (const auto& [id, offer] : offers) {
        elements.push_back(offer_json(view, id, offer));
    }
    const std::string next =
        offers.size() == *limit ? cursor_after(request, offers.back().first) : "";
    return list_reply(request, view, elements, next, *open ? Walk::changing : Walk::stable);
}

Result<Response> show_offer(const Request& request, const ledger::View& view) {
    const std::string& id = request.of_path("offer");
    const auto offer = view.offer(id);
    if (!offer) {
        return refuse(ErrorCode::not_found, "there is no offer {}", id);
    }
    return tagged_reply(request, view, offer_json(view, id, *offer));
}

}  // namespace

void add_offer_routes(Router& router, Context& context) {
    router.add(
        get("listOffers",
            "/v1/offers",
            {"merchant", "programme", "open", "limit", "cursor", "consistency"},
            reading(context, list_offers))
    );
    router.add(get("getOffer", "/v1/offers/{offer}", {"consistency"}, reading(context, show_offer))
    );
}

}  // namespace tanji::api
