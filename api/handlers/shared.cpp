#include "api/conditions.h"
#include "api/credentials.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/problem.h"
#include "ledger/value/json.h"

#include <algorithm>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

Response answer(const Request& request, const Read& read, const ledger::View& view) {
    Result<Response> response = read(request, view);
    if (response) {
        return std::move(*response);
    }
    Response refused = problem(response.error(), request);
    add_position(refused, view);
    return refused;
}

bool is_verifier_of(
    const ledger::Member& member, const ledger::BatchRow& batch, ledger::TimeMs now
) {
    return member.grant(ledger::Role::verifier, ledger::slug_of(batch.methodology), now) !=
               nullptr ||
           member.grant(ledger::Role::verifier, batch.scheme, now) != nullptr;
}

}  // namespace

Result<ViewPtr> open_view(Context& context, const Request& request) {
    Result<Freshness> wanted = freshness(request);
    if (!wanted) {
        return refusal(wanted);
    }
    if (wanted->local) {
        ViewPtr here = context.service.local();
        if (here->head().block >= wanted->min_index.value_or(0)) {
            return here;
        }
    }
    return context.service.latest(wanted->min_index.value_or(0));
}

Handler reading(Context& context, Read read) {
    return [&context, read = std::move(read)](RequestPtr request, Respond respond) {
        Result<ViewPtr> view = open_view(context, *request);
        respond(view ? answer(*request, read, **view) : problem(view.error(), *request));
    };
}

Handler fixed(Context& context, Read read) {
    return [&context, read = std::move(read)](RequestPtr request, Respond respond) {
        const ViewPtr here = context.service.local();
        Result<Response> found = read(*request, *here);
        if (found) {
            respond(std::move(*found));
            return;
        }
        if (found.error().code != ErrorCode::not_found) {
            respond(problem(found.error(), *request));
            return;
        }
        Result<ViewPtr> view = open_view(context, *request);
        respond(view ? answer(*request, read, **view) : problem(view.error(), *request));
    };
}

Handler local(Context& context, Read read) {
    return [&context, read = std::move(read)](RequestPtr request, Respond respond) {
        respond(answer(*request, read, *context.service.local()));
    };
}

ledger::TreeSize certified_size(const ledger::View& view) {
    const auto certificate = view.certificate();
    return certificate ? certificate->size : 0;
}

void add_position(Response& response, const ledger::View& view) {
    response.with("Tanji-Index", std::to_string(view.head().block))
        .with("Tanji-Certified", std::to_string(certified_size(view)));
}

Response json_reply(const ledger::View& view, std::string body) {
    Response response;
    response.body = std::move(body);
    add_position(response, view);
    response.with("Cache-Control", "no-store");
    return response;
}

Response fixed_reply(
    const Request& request,
    const ledger::View& view,
    std::string body,
    std::string_view etag,
    std::string_view type
) {
    Response response;
    const std::string tag = "\"" + std::string(etag) + "\"";
    response.content_type = type;
    if (is_known(request, tag)) {
        response.status = 304;
    } else {
        response.body = std::move(body);
    }
    add_position(response, view);
    response.with("ETag", tag).with("Cache-Control", "public, max-age=31536000, immutable");
    return response;
}

Response text_reply(std::string body) {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    response.with("Cache-Control", "no-store");
    return response;
}

Response list_reply(
    const Request& request,
    const ledger::View& view,
    const std::vector<std::string>& elements,
    const std::string& next
) {
    ledger::JsonWriter out;
    out.open_object().name("data").open_array();
    for (const std::string& element : elements) {
        out.raw(element);
    }
    out.close_array().name("next");
    if (next.empty()) {
        out.null();
    } else {
        out.string(next);
    }
    Response response = json_reply(view, out.close_object().take());
    add_link(response, request, next);
    return response;
}

void add_link(Response& response, const Request& request, const std::string& next) {
    if (next.empty()) {
        return;
    }
    std::string link = "<" + request.path + "?";
    for (const Parameter& parameter : request.query) {
        if (parameter.name != "cursor") {
            link += parameter.name + "=" +
                    boost::urls::encode(parameter.value, boost::urls::unreserved_chars) + "&";
        }
    }
    response.with("Link", link + "cursor=" + next + ">; rel=\"next\"");
}

Result<NumberedPage> numbered_page(const Request& request, std::size_t count) {
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    NumberedPage page;
    if (place->size() == 8) {
        page.first = std::min<std::size_t>(ledger::read_u64(*place), count);
    }
    page.end = page.first + std::min(*limit, count - page.first);
    if (page.end < count) {
        ledger::Bytes next;
        ledger::append_u64(next, page.end);
        page.next = cursor_after(request, next);
    }
    return page;
}

Result<Response> keyed_list(const Request& request, const ledger::View& view, const Keyed& all) {
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    std::vector<std::string> elements;
    std::string next;
    for (const auto& [key, json] : all) {
        if (key <= *place) {
            continue;
        }
        if (elements.size() == *limit) {
            return list_reply(request, view, elements, cursor_after(request, next));
        }
        elements.push_back(json);
        next = key;
    }
    return list_reply(request, view, elements, "");
}

Route get(
    std::string_view name,
    std::string_view pattern,
    std::vector<std::string_view> query,
    Handler handler
) {
    Route route;
    route.name = name;
    route.method = "GET";
    route.pattern = pattern;
    route.query = std::move(query);
    route.handler = std::move(handler);
    return route;
}

Route get(std::string_view name, std::string_view pattern, Handler handler) {
    return get(name, pattern, {}, std::move(handler));
}

Route post(std::string_view name, std::string_view pattern, BodyRule body, Handler handler) {
    Route route;
    route.name = name;
    route.method = "POST";
    route.pattern = pattern;
    route.access = Access::signed_command;
    route.body = body;
    route.query = {"dry_run", "until", "wait"};
    route.handler = std::move(handler);
    return route;
}

Result<ledger::CommandId> id_of_path(const Request& request, std::string_view name) {
    const auto id = ledger::CommandId::from_hex(request.of_path(name));
    if (!id) {
        return refuse(ErrorCode::not_found, "{:?} is no id", request.of_path(name));
    }
    return *id;
}

Result<std::uint64_t> number_of_path(const Request& request, std::string_view name) {
    const auto number = parse_integer(request.of_path(name));
    if (!number) {
        return refuse(ErrorCode::not_found, "{:?} is no number", request.of_path(name));
    }
    return *number;
}

Status may_read_account(
    Context& context,
    const Request& request,
    const ledger::View& view,
    std::string_view account,
    std::string_view scope
) {
    const auto row = view.account(account);
    if (!request.grant.empty()) {
        const FindKey find = [&](const ledger::Account& of,
                                 const ledger::KeyId& id) -> std::optional<ledger::PublicKey> {
            const auto key = view.key(id);
            if (!key || key->owner != of.text() || !key->valid_at(request.received)) {
                return std::nullopt;
            }
            return key->key;
        };
        auto grant = check_grant(request.grant, view.head().ledger, request.received, find);
        if (!grant) {
            return refusal(grant);
        }
        if (grant->account.text() != account || !grant->covers(scope)) {
            return refuse(ErrorCode::forbidden, "the grant does not cover this");
        }
        context.service.log_access(
            grant->key.hex(),
            request.route->name,
            account,
            request.field("tanji-purpose") != nullptr ? *request.field("tanji-purpose") : ""
        );
        return {};
    }
    const std::string& member = request.principal.member;
    if (member != account && (!row || row->custodian != member)) {
        return refuse(ErrorCode::forbidden, "the token's member is not the account's custodian");
    }
    const std::string* purpose = request.field("tanji-purpose");
    context.service.log_access(
        request.principal.token_id, request.route->name, account, purpose != nullptr ? *purpose : ""
    );
    return {};
}

Status may_read_batch(
    Context& context,
    const Request& request,
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::BatchRow& batch,
    bool bodies
) {
    const std::string& name = request.principal.member;
    const auto member = view.member(name);
    const auto schemes = view.schemes();
    const bool registers = std::ranges::any_of(schemes, [&](const ledger::Scheme& scheme) {
        return scheme.scheme == batch.scheme && scheme.registrar == name;
    });
    const bool allowed = batch.provider == name || registers ||
                         (member && is_verifier_of(*member, batch, view.head().time));
    if (!allowed) {
        return refuse(ErrorCode::forbidden, "the batch does not concern member {}", name);
    }
    const std::string* purpose = request.field("tanji-purpose");
    if (bodies && (purpose == nullptr || purpose->empty() || purpose->size() > 128)) {
        return refuse(
            ErrorCode::bad_request, "Tanji-Purpose must say, in 1..128 characters, why it is read"
        );
    }
    context.service.log_access(
        request.principal.token_id,
        request.route->name,
        id.hex(),
        purpose != nullptr ? *purpose : ""
    );
    return {};
}

}  // namespace tanji::api
