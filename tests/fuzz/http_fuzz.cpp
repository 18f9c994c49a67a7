#include "api/conditions.h"
#include "api/credentials.h"
#include "api/cursor.h"
#include "api/framing.h"
#include "api/handlers/upload.h"
#include "api/router.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji;
using tanji::fuzz::require;

namespace {

const api::Router& router() {
    static const api::Router made = [] {
        api::Router routes;
        for (const std::string_view pattern :
             {"/v1/accounts/{account}", "/v1/accounts/{account}/history", "/log/{path*}"}) {
            api::Route route;
            route.name = pattern;
            route.method = "GET";
            route.pattern = pattern;
            routes.add(std::move(route));
        }
        return routes;
    }();
    return made;
}

// The head may come in any pieces.
void check_pieces(std::string_view input) {
    const api::HeadEnd whole = api::find_head_end(input, 0);
    require(whole.bytes <= input.size());
    const std::size_t middle = input.size() / 2;
    const api::HeadEnd first = api::find_head_end(input.substr(0, middle), 0);
    if (first.bytes != 0 || first.broken) {
        require(first.bytes == whole.bytes && first.broken == whole.broken);
        return;
    }
    const api::HeadEnd rest = api::find_head_end(input, middle);
    require(rest.bytes == whole.bytes && rest.broken == whole.broken);
}

void check_query(const api::Request& request) {
    api::freshness(request);
    if (const auto limit = api::page_limit(request)) {
        require(*limit >= 1 && *limit <= 500);
    }
    api::submit_options(request);
    if (const auto place = api::place_of_cursor(request)) {
        require(place->size() <= 160);
        if (!place->empty()) {
            api::Request next = request;
            std::erase_if(next.query, [](const api::Parameter& p) { return p.name == "cursor"; });
            const std::string cursor = api::cursor_after(next, *place);
            next.query.push_back({"cursor", cursor});
            const auto again = api::place_of_cursor(next);
            require(again && *again == *place);
        }
    }
    api::negotiate(request, {"application/json", "text/plain"});
    api::is_known(request, "\"tag\"");
    api::preferred_language(request.field("accept-language"), api::Language::zh);
    api::trace_id_of(request.field("traceparent"));
    if (const auto bearer = api::bearer_of(request.field("authorization"))) {
        const auto nobody = [](const ledger::Account&, const ledger::KeyId&) {
            return std::optional<ledger::PublicKey>();
        };
        require(!api::check_grant(*bearer, ledger::Hash{}, 0, nobody));
        require(!api::check_member_token(*bearer, {}, 0));
    }
}

void check_upload(const api::Request& request) {
    const auto early = api::read_upload_header(request, request.body);
    const auto upload = api::read_upload(request);
    if (upload) {
        require(early && *early && (*early)->payload == upload->envelope.payload);
    }
}

}  // namespace

// A request as it comes off the wire: head, target, query, credentials, and an upload after it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::bytes_of(data, size);
    check_pieces(input);
    const api::HeadEnd end = api::find_head_end(input, 0);
    if (end.bytes == 0 || end.broken) {
        return 0;
    }
    const api::Limits limits;
    const auto head = api::read_head(input.substr(0, end.bytes), limits);
    if (!head) {
        return 0;
    }
    require(head->fields.size() <= limits.fields_max);
    const auto target = api::read_target(head->target, limits);
    if (!target) {
        return 0;
    }
    api::Request request;
    request.method = head->method;
    request.target = head->target;
    request.path = target->path;
    request.fields = head->fields;
    request.query = target->query;
    request.body = input.substr(end.bytes);
    const auto match = router().find("GET", target->segments);
    static const api::Route other;
    request.route = match.route != nullptr ? match.route : &other;
    check_query(request);
    check_upload(request);
    return 0;
}
