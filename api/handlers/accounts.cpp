// One account: balances at one moment, lots, holds, and the records that gave them.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/json.h"
#include "api/points_json.h"
#include "ledger/value/json.h"

#include <cassert>
#include <map>

namespace tanji::api {
namespace {

using ledger::Result;
using ledger::Status;

constexpr ledger::Day horizon_days = 90;
constexpr std::size_t holds_shown = 100;

// Points by the local day on which something happens to them.
using Days = std::map<ledger::Day, ledger::Amount>;

void write_days(ledger::JsonWriter& out, std::string_view name, const Days& days) {
    out.name(name).open_array();
    for (const auto& [day, points] : days) {
        out.open_object()
            .member("on", to_text(ledger::civil_from_day(day)))
            .amount_member("points", points)
            .close_object();
    }
    out.close_array();
}

struct Coming {
    Days expiring;
    Days becoming_available;
};

// What happens within the horizon to the account's points of one programme, held ones left out.
Coming coming(
    const ledger::Programme& programme,
    const std::vector<std::pair<ledger::LotId, ledger::Lot>>& lots,
    ledger::TimeMs now
) {
    const ledger::Day last = day_of(programme, now) + horizon_days;
    Coming made;
    for (const auto& [id, lot] : lots) {
        if (id.programme != programme.slug) {
            continue;
        }
        if (const ledger::Day day = day_of(programme, id.expires_at); day <= last) {
            made.expiring[day] += lot.available + lot.pending_points();
        }
        for (const ledger::Maturing& part : lot.pending) {
            if (const ledger::Day day = day_of(programme, part.available_at); day <= last) {
                made.becoming_available[day] += part.points;
            }
        }
    }
    return made;
}

void write_points(ledger::JsonWriter& out, const ledger::View& view, const std::string& account) {
    const auto lots = view.lots(account);
    out.name("points").open_array();
    for (const auto& [slug, purse] : view.purses(account)) {
        const auto programme = view.programme(slug);
        assert(programme.has_value());
        const Coming days = coming(*programme, lots, view.head().time);
        out.open_object()
            .member("programme", slug)
            .amount_member("available", purse.available)
            .amount_member("pending", purse.pending)
            .amount_member("held", purse.held)
            .amount_member("frozen", purse.frozen);
        write_days(out, "expiring", days.expiring);
        write_days(out, "becoming_available", days.becoming_available);
        out.close_object();
    }
    out.close_array();
}

void write_credits(ledger::JsonWriter& out, const ledger::View& view, const std::string& account) {
    out.name("credits").open_array();
    for (const auto& [credit_class, holding] : view.holdings(account)) {
        out.open_object()
            .member("class", credit_class)
            .amount_member("held", holding.held)
            .amount_member("locked", holding.locked)
            .amount_member("frozen", holding.frozen)
            .close_object();
    }
    out.close_array();
}

void write_holds(ledger::JsonWriter& out, const ledger::View& view, const std::string& account) {
    const auto holds = view.holds(account, holds_shown + 1);
    out.name("holds").open_array();
    for (std::size_t i = 0; i < holds.size() && i < holds_shown; ++i) {
        out.raw(hold_json(holds[i].first, holds[i].second));
    }
    out.close_array().member("holds_more", holds.size() > holds_shown);
}

Result<Response> show(Context& context, const Request& request, const ledger::View& view) {
    if (Status may = admit_to_account(context, request, view, "account"); !may) {
        return refusal(may);
    }
    const std::string& account = request.of_path("account");
    const auto row = view.account(account);
    const std::string* consistency = request.parameter("consistency");
    ledger::JsonWriter out;
    out.open_object()
        .member("account", account)
        .member("kind", row ? name_of(row->kind) : std::string_view("member"))
        .member("custodian", row ? row->custodian : account)
        .member("state", "open");
    write_as_of(out, view, consistency != nullptr && *consistency == "local");
    write_points(out, view, account);
    write_credits(out, view, account);
    write_holds(out, view, account);
    out.close_object();

    // Any change of the account has a line, and the newest one says when that was.
    const auto newest = view.history(account, {}, 1);
    const std::uint64_t changed = !newest.empty() ? newest.front().leaf : row ? row->leaf : 0;
    const std::string etag = "W/\"" + std::to_string(changed) + "\"";
    Response response = json_reply(view, out.take());
    response.fields.pop_back();  // its Cache-Control
    response.with("ETag", etag).with("Cache-Control", "private, no-cache");
    if (is_known(request, etag)) {
        response.status = 304;
        response.body.clear();
    }
    return response;
}

// What a batch gave the account, and which of its records did.
std::string counted_json(
    const ledger::View& view,
    const std::string& account,
    const ledger::CommandId& id,
    const ledger::AllocationRow& allocation
) {
    const auto batch = view.batch(id);
    const auto records = batch ? view.records(id, *batch) : std::nullopt;
    const ledger::StoredResults results = view.results(id);
    ledger::JsonWriter out;
    out.open_object()
        .member("batch", id.hex())
        .amount_member("ug", allocation.micrograms)
        .amount_member("grams", allocation.grams)
        .amount_member("reserved", allocation.reserved)
        .amount_member("held", allocation.held)
        .amount_member("points", allocation.points)
        .name("records");
    if (!records) {
        return out.null().close_object().take();  // not kept here any more
    }
    out.open_array();
    for (std::size_t n = 0; n < records->size(); ++n) {
        if ((*records)[n].account.hex() != account || n >= results.records.size()) {
            continue;
        }
        const ledger::StoredResult& result = results.records[n];
        out.open_object()
            .member("index", n)
            .member("outcome", name_of(static_cast<ledger::Outcome>(result.outcome)))
            .amount_member("ug", result.micrograms)
            .close_object();
    }
    return out.close_array().close_object().take();
}

// By batch: a page reads as many batches as it shows.
Result<Response> counted_records(
    Context& context, const Request& request, const ledger::View& view
) {
    if (Status may = admit_to_account(context, request, view, "records"); !may) {
        return refusal(may);
    }
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    const std::string& account = request.of_path("account");
    std::vector<std::string> elements;
    std::string next;
    for (const auto& [id, allocation] : view.allocations_of(account)) {
        if (ledger::ByteView(*place) >= id.view()) {
            continue;
        }
        if (elements.size() == *limit) {
            return list_reply(request, view, elements, cursor_after(request, next));
        }
        elements.push_back(counted_json(view, account, id, allocation));
        next = id.view();
    }
    return list_reply(request, view, elements, "");
}

std::string lot_json(const ledger::LotId& id, const ledger::Lot& lot) {
    ledger::JsonWriter out;
    out.open_object().member("programme", id.programme).member("sponsor", id.sponsor);
    write_time(out, "expires_at", id.expires_at);
    out.amount_member("available", lot.available)
        .amount_member("pending", lot.pending_points())
        .name("maturing")
        .open_array();
    for (const ledger::Maturing& part : lot.pending) {
        out.open_object();
        write_time(out, "available_at", part.available_at);
        out.amount_member("points", part.points).close_object();
    }
    return out.close_array().close_object().take();
}

// By programme, and there in the order in which they are spent.
Result<Response> list_lots(Context& context, const Request& request, const ledger::View& view) {
    if (Status may = admit_to_account(context, request, view, "account"); !may) {
        return refusal(may);
    }
    Keyed all;
    for (const auto& [id, lot] : view.lots(request.of_path("account"))) {
        ledger::Bytes key = id.programme;
        key.push_back('\0');
        ledger::append_u64(key, static_cast<std::uint64_t>(id.expires_at));
        all.emplace_back(key + id.sponsor, lot_json(id, lot));
    }
    return keyed_list(request, view, all);
}

// By the end of the hold.
Result<Response> list_holds(Context& context, const Request& request, const ledger::View& view) {
    if (Status may = admit_to_account(context, request, view, "account"); !may) {
        return refusal(may);
    }
    Keyed all;
    for (const auto& [id, redemption] : view.holds(request.of_path("account"), SIZE_MAX)) {
        ledger::Bytes key;
        ledger::append_u64(key, static_cast<std::uint64_t>(redemption.hold_until));
        key += id.view();
        all.emplace_back(key, hold_json(id, redemption));
    }
    return keyed_list(request, view, all);
}

}  // namespace

void add_account_routes(Router& router, Context& context) {
    const auto add = [&](std::string_view name,
                         std::string_view pattern,
                         std::vector<std::string_view> query,
                         auto function) {
        Route route =
            get(name,
                pattern,
                std::move(query),
                reading(
                    context,
                    [&context, function](const Request& request, const ledger::View& view) {
                        return function(context, request, view);
                    }
                ));
        route.access = Access::holder;
        router.add(std::move(route));
    };
    add("getAccount", "/v1/accounts/{account}", {"consistency"}, show);
    add("listLots", "/v1/accounts/{account}/lots", {"limit", "cursor", "consistency"}, list_lots);
    add("listHolds", "/v1/accounts/{account}/holds", {"limit", "cursor", "consistency"}, list_holds
    );
    add("listAccountRecords",
        "/v1/accounts/{account}/records",
        {"limit", "cursor", "consistency"},
        counted_records);
}

}  // namespace tanji::api
