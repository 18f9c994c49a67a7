// Published documents: their lists, and their exact bytes.
#include "api/handlers/handlers.h"
#include "api/json.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Result<Response> document_reply(
    const Request& request, const ledger::View& view, const std::optional<ledger::DocumentRow>& row
) {
    if (!row) {
        return refuse(ErrorCode::not_found, "there is no {}", request.of_path("ref"));
    }
    Response response = fixed_reply(request, view, row->document, row->digest.hex());
    response.with("Tanji-Digest", row->digest.hex());
    return response;
}

}  // namespace

void add_methodology_routes(Router& router, Context& context) {
    router.add(
        get("listMethodologies",
            "/v1/methodologies",
            {"limit", "cursor", "consistency"},
            reading(
                context,
                [](const Request& request, const ledger::View& view) -> Result<Response> {
                    Keyed all;
                    for (const auto& [ref, row] : view.methodologies()) {
                        all.emplace_back(ref, document_json(ref, row));
                    }
                    return keyed_list(request, view, all);
                }
            ))
    );
    router.add(
        get("getMethodology",
            "/v1/methodologies/{ref}",
            {"consistency"},
            fixed(
                context,
                [](const Request& request, const ledger::View& view) {
                    return document_reply(request, view, view.methodology(request.of_path("ref")));
                }
            ))
    );
    router.add(
        get("listFactors",
            "/v1/factors",
            {"limit", "cursor", "consistency"},
            reading(
                context,
                [](const Request& request, const ledger::View& view) -> Result<Response> {
                    Keyed all;
                    for (const auto& [ref, row] : view.factor_sets()) {
                        all.emplace_back(ref, document_json(ref, row));
                    }
                    return keyed_list(request, view, all);
                }
            ))
    );
    router.add(
        get("getFactors",
            "/v1/factors/{ref}",
            {"consistency"},
            fixed(
                context,
                [](const Request& request, const ledger::View& view) {
                    return document_reply(request, view, view.factor_set(request.of_path("ref")));
                }
            ))
    );
}

}  // namespace tanji::api
