// Probes, for balancers and the service manager.
#include "api/assets.h"
#include "api/handlers/handlers.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {

Route probe(
    std::string_view name,
    std::string_view pattern,
    std::vector<std::string_view> query,
    std::function<Response(const Request&)> answer
) {
    Route route =
        get(name,
            pattern,
            std::move(query),
            [answer = std::move(answer)](RequestPtr request, Respond respond) {
                respond(answer(*request));
            });
    route.bucket = Bucket::none;
    route.diagnostic = true;
    return route;
}

Response live(const Request&) {
    return text_reply("ok\n");
}

Response ready(Context& context, bool verbose) {
    const std::vector<Check> checks = context.service.readiness();
    const bool all = std::ranges::all_of(checks, &Check::ok);
    std::string lines;
    for (const Check& check : checks) {
        lines += (check.ok ? "[+]" : "[-]") + check.name + (check.ok ? " ok" : " failed");
        lines += verbose && !check.detail.empty() ? ": " + check.detail + "\n" : "\n";
    }
    Response response = text_reply(verbose ? lines : (all ? "ok\n" : "not ready\n"));
    response.status = all ? 200 : 503;
    if (!all) {
        response.with("Retry-After", "1");
    }
    return response;
}

namespace {

Response version(Context& context) {
    ledger::JsonWriter out;
    out.open_object()
        .member("program", "tanjid")
        .member("version", context.settings.version)
        .member("commit", context.settings.commit)
        .member("api", "v1")
        .member("contract", ledger::sha256(assets::openapi_json).hex())
        .close_object();
    Response response;
    response.body = out.take();
    response.with("Cache-Control", "no-store");
    return response;
}

}  // namespace

void add_health_routes(Router& router, Context& context) {
    Route alive = probe("livez", "/livez", {}, live);
    alive.blocking = false;
    router.add(std::move(alive));
    router.add(probe("readyz", "/readyz", {}, [&context](const Request&) {
        return ready(context, false);
    }));
    router.add(probe("version", "/version", {}, [&context](const Request&) {
        return version(context);
    }));
}

}  // namespace tanji::api
