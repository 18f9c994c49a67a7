#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/problem.h"
#include "ledger/value/crypto.h"
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

}  // namespace

void open_view(
    Context& context,
    const RequestPtr& request,
    const Respond& respond,
    std::function<void(const ViewPtr&)> then
) {
    Result<Freshness> wanted = freshness(*request);
    if (!wanted) {
        respond(problem(wanted.error(), *request));
        return;
    }
    const ledger::BlockIndex least = wanted->min_index.value_or(0);
    if (wanted->local) {
        if (const ViewPtr here = context.service.local(); here->head().block >= least) {
            then(here);
            return;
        }
    }
    context.service.latest(
        {.least = least, .barrier = !wanted->local},
        [request, respond, then = std::move(then)](Result<ViewPtr> view) {
            if (!view) {
                respond(problem(view.error(), *request));
                return;
            }
            respond.resume([then, view = std::move(*view)] { then(view); });
        }
    );
}

Handler reading(Context& context, Read read) {
    return [&context, read = std::move(read)](RequestPtr request, Respond respond) {
        open_view(context, request, respond, [request, respond, read](const ViewPtr& view) {
            respond(answer(*request, read, *view));
        });
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
        open_view(context, request, respond, [request, respond, read](const ViewPtr& view) {
            respond(answer(*request, read, *view));
        });
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

Response tagged_reply(const Request& request, const ledger::View& view, std::string body) {
    const std::string tag = ledger::sha256(body).hex().substr(0, 32);
    Response response = fixed_reply(request, view, std::move(body), tag);
    response.fields.pop_back();  // its Cache-Control
    return response.with("Cache-Control", "no-cache");
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
    const std::string& next,
    Walk walk
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
    if (walk == Walk::changing) {
        out.member("stable", false);
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
    route.query = {"dry_run", "until", "wait", "consistency"};
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

}  // namespace tanji::api
