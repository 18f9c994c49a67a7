// Programmes: every version as it was published, and the newest ones with their supply.
#include "api/handlers/handlers.h"
#include "api/points_json.h"
#include "ledger/value/crypto.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Result<Response> list_programmes(const Request& request, const ledger::View& view) {
    Keyed all;
    for (const ledger::Programme& programme : view.programmes()) {
        all.emplace_back(programme.slug, programme_with_supply_json(view, programme));
    }
    return keyed_list(request, view, all);
}

// slug@version: never changes.
Result<Response> show_version(const Request& request, const ledger::View& view) {
    const std::string& ref = request.of_path("ref");
    const auto programme =
        ledger::is_ref(ref)
            ? view.programme(
                  ledger::slug_of(ref), static_cast<std::uint32_t>(ledger::version_of(ref))
              )
            : std::nullopt;
    if (!programme) {
        return refuse(ErrorCode::not_found, "there is no programme {}", ref);
    }
    std::string body = programme_json(*programme);
    const std::string digest = ledger::sha256(body).hex();
    Response response = fixed_reply(request, view, std::move(body), digest);
    return response.with("Tanji-Digest", digest);
}

// slug: the version in force.
Result<Response> show_newest(const Request& request, const ledger::View& view) {
    const auto programme = view.programme(request.of_path("ref"));
    if (!programme) {
        return refuse(ErrorCode::not_found, "there is no programme {}", request.of_path("ref"));
    }
    return tagged_reply(request, view, programme_with_supply_json(view, *programme));
}

Handler show_programme(Context& context) {
    return [version = fixed(context, show_version),
            newest = reading(context, show_newest)](RequestPtr request, Respond respond) {
        const bool is_version = request->of_path("ref").contains('@');
        (is_version ? version : newest)(std::move(request), std::move(respond));
    };
}

}  // namespace

void add_programme_routes(Router& router, Context& context) {
    router.add(
        get("listProgrammes",
            "/v1/programmes",
            {"limit", "cursor", "consistency"},
            reading(context, list_programmes))
    );
    router.add(get("getProgramme", "/v1/programmes/{ref}", {"consistency"}, show_programme(context))
    );
}

}  // namespace tanji::api
