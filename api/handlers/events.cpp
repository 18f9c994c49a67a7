// What happened, from a place in the log on: page by page, with waiting, or as a stream.
#include "api/events.h"

#include "api/conditions.h"
#include "api/credentials.h"
#include "api/handlers/event_feed.h"
#include "api/handlers/handlers.h"
#include "api/handlers/standing.h"
#include "api/problem.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

constexpr std::string_view stream_type = "text/event-stream";

Result<std::set<std::string, std::less<>>> read_types(const Request& request) {
    std::set<std::string, std::less<>> types;
    const std::string* text = request.parameter("types");
    std::string_view rest = text != nullptr ? std::string_view(*text) : std::string_view();
    while (text != nullptr) {
        const auto comma = std::min(rest.find(','), rest.size());
        const std::string_view type = rest.substr(0, comma);
        if (!is_event_type(type)) {
            return refuse(ErrorCode::query_invalid, "{:?} is no type of an event", type);
        }
        types.emplace(type);
        if (comma == rest.size()) {
            break;
        }
        rest.remove_prefix(comma + 1);
    }
    return types;
}

// Where to go on: a browser that comes again says so in Last-Event-ID.
Result<std::optional<EventId>> read_after(const Request& request) {
    const std::string* last = request.field("last-event-id");
    const std::string* text = last != nullptr ? last : request.parameter("after");
    if (text == nullptr) {
        return std::nullopt;
    }
    const auto id = parse_event_id(*text);
    if (!id) {
        return refuse(ErrorCode::query_invalid, "{:?} is no id of an event, like 5.0", *text);
    }
    return id;
}

// Nothing behind the retained start; from there on when nothing is said.
Result<std::optional<EventId>> kept_place(
    const ledger::View& view, const std::optional<EventId>& after, std::uint64_t kept
) {
    const ledger::TreeSize size = view.head().size;
    const ledger::LeafIndex oldest = size > kept ? size - kept : 0;
    if (oldest == 0) {
        return after;
    }
    if (!after) {
        return before_leaf(oldest);
    }
    if (after->leaf + 1 < oldest) {
        return refuse(
            ErrorCode::pruned, "events are kept from leaf {} on; tiles have the others", oldest
        );
    }
    return after;
}

// One account's events are for who may read its history, by a grant or a token of scope `stream`.
// How long they may be followed.
Result<std::int64_t> may_follow(
    Context& context, const Request& request, const ledger::View& view, const std::string& account
) {
    const std::int64_t longest = context.settings.event_stream_ms;
    if (account.empty()) {
        return longest;
    }
    if (request.grant.empty() && !request.principal.is_member()) {
        return refuse(ErrorCode::authentication_required, "account needs a bearer credential");
    }
    if (request.grant.empty() && !request.principal.may_stream) {
        return refuse(ErrorCode::forbidden, "the token has no scope `stream`");
    }
    Result<ledger::TimeMs> until = may_read_account(context, request, view, account, "history");
    if (!until) {
        return refusal(until);
    }
    return std::min(longest, *until - request.received);
}

struct Order {
    EventFilter filter;
    std::optional<EventId> after;
    std::size_t limit = 0;
    std::int64_t wait_ms = 0;
    std::int64_t life_ms = 0;
    bool stream = false;
};

Result<Order> read_order(Context& context, const Request& request, const ledger::View& view) {
    auto types = read_types(request);
    auto after = read_after(request);
    if (!types || !after) {
        return types ? refusal(after) : refusal(types);
    }
    Result<std::size_t> limit = page_limit(request);
    auto wait = integer_parameter(request, "wait", 0, 30);
    if (!limit || !wait) {
        return limit ? refusal(wait) : refusal(limit);
    }
    auto form = negotiate(request, {"application/json", stream_type});
    if (!form) {
        return refusal(form);
    }
    const bool stream = *form == stream_type;
    if (stream && (request.parameter("limit") != nullptr || *wait)) {
        return refuse(ErrorCode::query_invalid, "a stream has neither limit nor wait");
    }
    const std::string* account = request.parameter("account");
    Order order{
        .filter = {.types = std::move(*types), .account = account != nullptr ? *account : ""},
        .after = {},
        .limit = *limit,
        .wait_ms = static_cast<std::int64_t>(wait->value_or(0)) * 1000,
        .life_ms = 0,
        .stream = stream,
    };
    Result<std::int64_t> life = may_follow(context, request, view, order.filter.account);
    if (!life) {
        return refusal(life);
    }
    order.life_ms = *life;
    auto place = kept_place(view, *after, context.settings.event_leaves_kept);
    if (!place) {
        return refusal(place);
    }
    order.after = *place;
    return order;
}

Response page_reply(
    const ledger::View& view, const EventPage& page, const std::string& certificate
) {
    ledger::JsonWriter out;
    out.open_object().name("events").open_array();
    for (const Event& event : page.events) {
        out.raw(event.data);
    }
    if (!certificate.empty()) {
        out.raw(certificate);
    }
    out.close_array().name("next");
    if (page.next) {
        out.string(to_text(*page.next));
    } else {
        out.null();
    }
    return json_reply(view, out.member("caught_up", page.caught_up).close_object().take());
}

// A page, at once or as soon as there is something on it.
class Poll : public std::enable_shared_from_this<Poll> {
public:
    Poll(Context& context, Respond respond, Order order, ledger::TreeSize certified)
        : context_(context),
          follower_(context.standing->followers()),
          respond_(std::move(respond)),
          order_(std::move(order)),
          until_(steady_ms() + order_.wait_ms),
          certified_(certified) {}

    void turn(const ledger::View& view) {
        const EventPage page = read_events(view, order_.after, order_.filter, order_.limit);
        const bool newly = page.caught_up && certified_size(view) != certified_ &&
                           order_.filter.wants(certified_event);
        const std::int64_t left = until_ - steady_ms();
        const bool waits = page.events.empty() && page.caught_up && !newly && left > 0 &&
                           !context_.service.is_draining();
        if (!waits) {
            context_.observer.events_sent(page.events.size());
            respond_(page_reply(view, page, newly ? certified_data(view) : std::string()));
            return;
        }
        respond_.park();
        order_.after = page.next;
        const auto ready = [self = shared_from_this(), size = view.head().size] {
            const Standing::Place place = self->context_.standing->now(self->context_.service);
            return place.draining || place.size > size || place.certified > self->certified_;
        };
        context_.waiting.wait(static_cast<std::uint32_t>(left), ready, [self = shared_from_this()] {
            self->turn(*self->context_.service.local());
        });
    }

private:
    Context& context_;
    Standing::Follower follower_;
    Respond respond_;
    Order order_;
    std::int64_t until_;
    ledger::TreeSize certified_;
};

Response stream_reply(Context& context, const ledger::View& view, Order order) {
    Response response;
    response.content_type = stream_type;
    add_position(response, view);
    response.with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
    response.close = true;
    response.feed = make_event_feed(
        context, {.after = order.after, .filter = std::move(order.filter), .life_ms = order.life_ms}
    );
    return response;
}

void answer_events(
    Context& context, const RequestPtr& request, const Respond& respond, const ledger::View& view
) {
    Result<Order> order = read_order(context, *request, view);
    if (!order) {
        respond(problem(order.error(), *request));
        return;
    }
    const bool stays = order->stream || order->wait_ms > 0;
    if (stays && context.standing->followers() >= context.settings.limits.streams) {
        const auto refused = refuse(ErrorCode::overloaded, "too many follow the events here");
        respond(problem(refused.error(), *request));
        return;
    }
    if (order->stream) {
        respond(stream_reply(context, view, std::move(*order)));
        return;
    }
    const auto poll =
        std::make_shared<Poll>(context, respond, std::move(*order), certified_size(view));
    poll->turn(view);
}

Handler list_events(Context& context) {
    return [&context](RequestPtr request, Respond respond) {
        open_view(context, request, respond, [&context, request, respond](const ViewPtr& view) {
            answer_events(context, request, respond, *view);
        });
    };
}

}  // namespace

void add_event_routes(Router& router, Context& context) {
    router.add(
        get("listEvents",
            "/v1/events",
            {"after", "types", "account", "limit", "wait", "consistency"},
            list_events(context))
    );
}

}  // namespace tanji::api
