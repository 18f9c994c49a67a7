#pragma once

#include "api/handlers/standing.h"
#include "api/handlers/waiting.h"
#include "api/observer.h"
#include "api/router.h"
#include "api/service.h"
#include "api/throttle.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What the files of this folder share: where they read, how they answer, how a route is written
// down. The table of routes is made in routes.cpp.
namespace tanji::api {

struct ApiSettings {
    bool public_cluster = true;
    std::string public_url;  // goes into certificates; empty: paths only
    std::string version = "0.1.0";
    std::string commit;
    Limits limits;
    std::uint64_t event_leaves_kept = 1'000'000;  // older ones are `pruned`
    std::int64_t event_comment_ms = 15'000;
    std::int64_t event_stream_ms = 3'600'000;
};

// Outlives every request.
struct Context {
    Service& service;
    Observer& observer;
    ApiSettings settings;
    Waiting& waiting;
    // What each member, account key and address may still send; the gate's, too.
    std::shared_ptr<Throttle> throttle = std::make_shared<Throttle>(65'536);
    std::shared_ptr<Standing> standing = std::make_shared<Standing>();
};

using ViewPtr = std::shared_ptr<const ledger::View>;
using Read = std::function<ledger::Result<Response>(const Request&, const ledger::View&)>;

// A read of the state: linearizable unless the request asks for what is here.
Handler reading(Context& context, Read read);
// A read of what never changes: what is found here is right; a barrier comes before its 404.
Handler fixed(Context& context, Read read);
// A read that never waits.
Handler local(Context& context, Read read);

// Goes on with the view that a request wants, at once or later on a worker; responds when there is
// none.
void open_view(
    Context& context,
    const RequestPtr& request,
    const Respond& respond,
    std::function<void(const ViewPtr&)> then
);

// A JSON reply with Tanji-Index and Tanji-Certified, not to be stored.
Response json_reply(const ledger::View& view, std::string body);
// The same for what never changes; 304 when the caller has it already.
Response fixed_reply(
    const Request& request,
    const ledger::View& view,
    std::string body,
    std::string_view etag,
    std::string_view type = "application/json"
);
Response text_reply(std::string body);
void add_position(Response& response, const ledger::View& view);
ledger::TreeSize certified_size(const ledger::View& view);

// The same for what changes, but not often: 304 when the caller has just this.
Response tagged_reply(const Request& request, const ledger::View& view, std::string body);

// Whether a list can be walked without missing anything. One that is filtered by something that
// changes cannot.
enum class Walk : std::uint8_t { stable, changing };

// A page: `elements` are JSON; `next` is a cursor or empty.
Response list_reply(
    const Request& request,
    const ledger::View& view,
    const std::vector<std::string>& elements,
    const std::string& next,
    Walk walk = Walk::stable
);

// A page of a list that is at hand as a whole, ascending by key.
using Keyed = std::vector<std::pair<std::string, std::string>>;  // key, JSON
ledger::Result<Response> keyed_list(
    const Request& request, const ledger::View& view, const Keyed& all
);

// The same by number, when making an element costs something: which of `count` to show.
struct NumberedPage {
    std::size_t first = 0;
    std::size_t end = 0;
    std::string next;  // a cursor, or empty
};
ledger::Result<NumberedPage> numbered_page(const Request& request, std::size_t count);
// Tells where the next page is.
void add_link(Response& response, const Request& request, const std::string& next);

Route get(std::string_view name, std::string_view pattern, Handler handler);
Route get(
    std::string_view name,
    std::string_view pattern,
    std::vector<std::string_view> query,
    Handler handler
);
// A route for a signed command.
Route post(std::string_view name, std::string_view pattern, BodyRule body, Handler handler);

// Reads an id of the path; not_found when it is none, since then nothing has it.
ledger::Result<ledger::CommandId> id_of_path(const Request& request, std::string_view name);
ledger::Result<std::uint64_t> number_of_path(const Request& request, std::string_view name);

// --- Who may read what (docs/api.md, "Reads"). Each allowed read is one line of the access log.
// ----

// The account's holder by a grant that covers `scope`, or a token of its custodian. Until when.
ledger::Result<ledger::TimeMs> may_read_account(
    Context& context,
    const Request& request,
    const ledger::View& view,
    std::string_view account,
    std::string_view scope
);
// The same for the account of the path, and then whether there is one: in this order, so that
// nobody learns which pseudonyms exist.
ledger::Status admit_to_account(
    Context& context, const Request& request, const ledger::View& view, std::string_view scope
);
// The token's member; a grant speaks for no member. Refuses with forbidden.
ledger::Result<std::string> member_of(const Request& request);
// An allowed read that is not one of an account: its line of the access log.
void log_read(Context& context, const Request& request, std::string_view object);
// A member that provided the batch, may attest it, or registers its scheme. Record bodies need a
// purpose.
ledger::Status may_read_batch(
    Context& context,
    const Request& request,
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::BatchRow& batch,
    bool bodies
);

// A GET that no bucket holds up, answered from what is at hand.
Route probe(
    std::string_view name,
    std::string_view pattern,
    std::vector<std::string_view> query,
    std::function<Response(const Request&)> answer
);
Response live(const Request& request);
// `verbose`: a line for each check, with what is wrong.
Response ready(Context& context, bool verbose);

void add_ledger_routes(Router& router, Context& context);
void add_health_routes(Router& router, Context& context);
void add_command_routes(Router& router, Context& context);
void add_activity_routes(Router& router, Context& context);
void add_record_routes(Router& router, Context& context);
void add_account_routes(Router& router, Context& context);
void add_credit_routes(Router& router, Context& context);
void add_methodology_routes(Router& router, Context& context);
void add_recompute_routes(Router& router, Context& context);
void add_member_routes(Router& router, Context& context);
void add_programme_routes(Router& router, Context& context);
void add_offer_routes(Router& router, Context& context);
void add_redemption_routes(Router& router, Context& context);
void add_clearing_routes(Router& router, Context& context);
void add_event_routes(Router& router, Context& context);
void add_history_routes(Router& router, Context& context);
void add_log_routes(Router& router, Context& context);
void add_witness_routes(Router& router, Context& context);

}  // namespace tanji::api
