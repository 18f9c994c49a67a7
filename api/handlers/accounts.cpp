// One account: balances at one moment, lines, and the records that gave them.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/json.h"
#include "ledger/command/effect.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

// What every route here checks first: may the caller look, and is there such an account. In this
// order, so that nobody learns which pseudonyms exist.
Status admit(
    Context& context, const Request& request, const ledger::View& view, std::string_view scope
) {
    const std::string& account = request.of_path("account");
    if (Status may = may_read_account(context, request, view, account, scope); !may) {
        return may;
    }
    if (!view.account(account) && !view.member(account)) {
        return refuse(ErrorCode::not_found, "there is no account {}", account);
    }
    return {};
}

Result<Response> show(Context& context, const Request& request, const ledger::View& view) {
    if (Status may = admit(context, request, view, "account"); !may) {
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
    out.name("points").open_array().close_array().name("credits").open_array();
    for (const auto& [credit_class, holding] : view.holdings(account)) {
        out.open_object()
            .member("class", credit_class)
            .amount_member("held", holding.held)
            .amount_member("locked", holding.locked)
            .amount_member("frozen", holding.frozen)
            .close_object();
    }
    out.close_array()
        .name("holds")
        .open_array()
        .close_array()
        .member("holds_more", false)
        .close_object();

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

std::string history_json(
    const ledger::View& view, const ledger::View::HistoryLine& line, const std::string& account
) {
    ledger::JsonWriter out;
    const auto read = ledger::read_line(line.text);
    const auto leaf_text = view.leaf_text(line.leaf);
    const auto leaf = leaf_text ? ledger::read_leaf(*leaf_text) : ledger::Result<ledger::Leaf>();
    out.open_object().member("leaf_index", line.leaf);
    if (leaf_text && leaf) {
        out.member("command", leaf->id.hex())
            .member("type", leaf->type)
            .member("time", static_cast<std::uint64_t>(leaf->time));
    }
    if (read) {
        const bool gains = read->to_account && read->to_account->text() == account;
        out.member("unit", read->unit)
            .member("from", read->from)
            .member("to", read->to)
            .amount_member("amount", gains ? read->amount : -ledger::Int128{read->amount});
    }
    out.amount_member("balance", line.balance);
    return out.close_object().take();
}

Result<Response> history(Context& context, const Request& request, const ledger::View& view) {
    if (Status may = admit(context, request, view, "history"); !may) {
        return refusal(may);
    }
    const std::string& account = request.of_path("account");
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    std::optional<std::pair<ledger::LeafIndex, std::uint32_t>> before;
    if (place->size() == 12) {
        before = {ledger::read_u64(*place), ledger::read_u32(place->substr(8))};
    }
    const auto lines = view.history(account, before, *limit);
    std::vector<std::string> elements;
    for (const auto& line : lines) {
        elements.push_back(history_json(view, line, account));
    }
    std::string next;
    if (lines.size() == *limit) {
        ledger::Bytes last;
        ledger::append_u64(last, lines.back().leaf);
        ledger::append_u32(last, lines.back().line);
        next = cursor_after(request, last);
    }
    return list_reply(request, view, elements, next);
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
        .name("records")
        .open_array();
    for (std::size_t n = 0; records && n < records->size(); ++n) {
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
    if (Status may = admit(context, request, view, "records"); !may) {
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
    add("listHistory", "/v1/accounts/{account}/history", {"limit", "cursor", "consistency"}, history
    );
    add("listAccountRecords",
        "/v1/accounts/{account}/records",
        {"limit", "cursor", "consistency"},
        counted_records);
}

}  // namespace tanji::api
