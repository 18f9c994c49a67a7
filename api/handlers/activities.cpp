// Batches: submitting, listing, and what members may see inside.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/gate.h"
#include "api/handlers/charging.h"
#include "api/handlers/handlers.h"
#include "api/handlers/receipts.h"
#include "api/handlers/submission.h"
#include "api/handlers/upload.h"
#include "api/json.h"
#include "api/problem.h"
#include "ledger/command/batch.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <span>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

struct Found {
    ledger::CommandId id;
    ledger::BatchRow row;
};

Result<Found> find_batch(const Request& request, const ledger::View& view) {
    Result<ledger::CommandId> id = id_of_path(request, "batch");
    if (!id) {
        return refusal(id);
    }
    auto row = view.batch(*id);
    if (!row) {
        return refuse(ErrorCode::not_found, "there is no batch {}", id->hex());
    }
    return Found{.id = *id, .row = std::move(*row)};
}

// A read of a batch by a member that it concerns.
Read inside(
    Context& context,
    bool bodies,
    std::function<Result<Response>(const Request&, const ledger::View&, const Found&)> read
) {
    return [&context, bodies, read = std::move(read)](
               const Request& request, const ledger::View& view
           ) -> Result<Response> {
        Result<Found> batch = find_batch(request, view);
        if (!batch) {
            return refusal(batch);
        }
        if (Status may = may_read_batch(context, request, view, batch->id, batch->row, bodies);
            !may) {
            return refusal(may);
        }
        return read(request, view, *batch);
    };
}

Handler submit_batch(Context& context) {
    return [&context](RequestPtr request, Respond respond) {
        Result<Upload> upload = read_upload(*request);
        if (!upload) {
            charge_sender(context, *request);
            respond(problem(upload.error(), *request));
            return;
        }
        submit(
            context,
            request,
            respond,
            Door{
                .type = "activity.submit",
                .location = "/v1/activities/",
                .path_fields = {},
                .named_by = {}
            },
            std::move(upload->envelope),
            std::move(upload->attachment)
        );
    };
}

Preview check_upload(Context& context) {
    return [&context](const Request& request, std::string_view body) -> std::optional<Status> {
        const auto header = read_upload_header(request, body);
        if (!header) {
            return std::nullopt;
        }
        if (!*header) {
            return Status(std::unexpected(header->error()));
        }
        const std::string* dry_run = request.parameter("dry_run");
        if (dry_run != nullptr && *dry_run == "true" && (*header)->signatures.empty()) {
            return Status{};  // a dry run may leave the signatures out
        }
        return check_signatures_charged(context, request, **header);
    };
}

bool is_state(std::string_view name) {
    using enum ledger::BatchState;
    constexpr std::array states = {submitted, issued, rejected, lapsed, revoked};
    return std::ranges::any_of(states, [&](ledger::BatchState state) {
        return name_of(state) == name;
    });
}

Result<Response> list_batches(const Request& request, const ledger::View& view) {
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    auto from = integer_parameter(request, "from", 0, 1ULL << 53);
    auto to = integer_parameter(request, "to", 0, 1ULL << 53);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    if (!from || !to) {
        return from ? refusal(to) : refusal(from);
    }
    const std::string* state = request.parameter("state");
    if (state != nullptr && !is_state(*state)) {
        return refuse(ErrorCode::query_invalid, "{:?} is no state of a batch", *state);
    }
    const auto is = [&](std::string_view name, std::string_view value) {
        const std::string* wanted = request.parameter(name);
        return wanted == nullptr || *wanted == value;
    };
    const auto wanted = [&](const ledger::CommandId&, const ledger::BatchRow& row) {
        const auto at = static_cast<std::uint64_t>(row.submitted_at);
        return is("provider", row.provider) && is("methodology", row.methodology) &&
               is("state", name_of(row.state)) && at >= (*from).value_or(0) &&
               at < (*to).value_or(UINT64_MAX);
    };
    const auto after = ledger::CommandId::from(*place);
    const auto batches = view.batches(after, *limit, wanted);
    std::vector<std::string> elements;
    for (const auto& [id, row] : batches) {
        elements.push_back(batch_json(view, id, row));
    }
    const std::string next =
        batches.size() == *limit ? cursor_after(request, batches.back().first.view()) : "";
    const Walk walk = state != nullptr ? Walk::changing : Walk::stable;
    return list_reply(request, view, elements, next, walk);
}

Result<Response> show_batch(const Request& request, const ledger::View& view) {
    Result<Found> batch = find_batch(request, view);
    if (!batch) {
        return refusal(batch);
    }
    return json_reply(view, batch_json(view, batch->id, batch->row));
}

Result<Response> show_sample(const Request& request, const ledger::View& view, const Found& batch) {
    auto count = integer_parameter(request, "count", 1, ledger::batch_records_max);
    if (!count) {
        return refusal(count);
    }
    const auto block = view.block(batch.row.block);
    if (!block) {
        return refuse(ErrorCode::pruned, "block {} is not kept here", batch.row.block);
    }
    const auto least = static_cast<std::uint64_t>(ledger::sample_min);
    const auto wanted = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(batch.row.count, (*count).value_or(least))
    );
    const ledger::Hash seed = ledger::sampling_seed(batch.id, block->size, block->root);
    ledger::JsonWriter out;
    out.open_object()
        .member("batch", batch.id.hex())
        .member("size", block->size)
        .member("root", block->root.hex())
        .member("seed", seed.hex())
        .member("count", static_cast<std::uint64_t>(batch.row.count))
        .name("records")
        .open_array();
    for (const std::uint32_t index : ledger::draw_sample(seed, batch.row.count, wanted)) {
        out.integer(index);
    }
    return json_reply(view, out.close_array().close_object().take());
}

Result<Response> show_conflicts(const Request&, const ledger::View& view, const Found& batch) {
    const auto texts = view.conflicts(batch.row.leaves.front());
    ledger::JsonWriter out;
    out.open_object()
        .member("batch", batch.id.hex())
        .member("leaf_index", batch.row.leaves.front())
        .name("data")
        .open_array();
    for (std::size_t n = 0; n < texts.size(); ++n) {
        const ledger::ReceiptPart part = entry_part(ledger::ReceiptPart::Kind::conflict, n, texts);
        out.open_object()
            .member("n", n)
            .name("conflict")
            .raw(texts[n])
            .name("siblings")
            .open_array();
        for (const ledger::Hash& sibling : part.siblings) {
            out.string(ledger::to_base64(sibling.view()));
        }
        out.close_array().close_object();
    }
    return json_reply(view, out.close_array().close_object().take());
}

std::string record_line(
    std::size_t n, const ledger::Record& record, const std::vector<std::string>* results
) {
    ledger::JsonWriter out;
    out.open_object().member("index", n).name("record").raw(ledger::to_text(record)).name("result");
    if (results != nullptr && n < results->size()) {
        out.raw((*results)[n]);
    } else {
        out.null();
    }
    return out.close_object().take();
}

// Wire bytes and lines come whole unless a limit is asked for: a verifier wants all of them.
Result<NumberedPage> page_of_records(
    const Request& request, std::string_view form, std::size_t count
) {
    if (form != "application/json" && request.parameter("limit") == nullptr &&
        request.parameter("cursor") == nullptr) {
        return NumberedPage{.first = 0, .end = count, .next = {}};
    }
    return numbered_page(request, count);
}

Result<Response> show_records(
    const Request& request, const ledger::View& view, const Found& batch
) {
    auto form = negotiate(request, {ndjson_type, "application/json", batch_type});
    if (!form) {
        return refusal(form);
    }
    const auto records = view.records(batch.id, batch.row);
    if (!records) {
        return refuse(ErrorCode::pruned, "the records of this batch are not kept here");
    }
    Result<NumberedPage> page = page_of_records(request, *form, records->size());
    if (!page) {
        return refusal(page);
    }
    const std::span shown = std::span(*records).subspan(page->first, page->end - page->first);
    if (*form == batch_type) {
        Response response = json_reply(view, ledger::to_attachment(shown));
        response.content_type = *form;
        add_link(response, request, page->next);
        return response;
    }
    const auto results = view.result_texts(batch.id, batch.row);
    std::vector<std::string> lines;
    for (std::size_t n = page->first; n < page->end; ++n) {
        lines.push_back(record_line(n, (*records)[n], results ? &*results : nullptr));
    }
    if (*form != ndjson_type) {
        return list_reply(request, view, lines, page->next);
    }
    Response response = json_reply(view, {});
    response.content_type = *form;
    for (const std::string& line : lines) {
        response.body.append(line).append("\n");
    }
    add_link(response, request, page->next);
    return response;
}

Result<Response> show_allocations(
    const Request& request, const ledger::View& view, const Found& batch
) {
    // The leaf that issued it is the one with allocations.
    std::vector<std::string> texts;
    for (const ledger::LeafIndex leaf : batch.row.leaves) {
        texts = view.allocations(leaf);
        if (!texts.empty()) {
            break;
        }
    }
    Result<NumberedPage> page = numbered_page(request, texts.size());
    if (!page) {
        return refusal(page);
    }
    const std::span shown = std::span(texts).subspan(page->first, page->end - page->first);
    return list_reply(request, view, {shown.begin(), shown.end()}, page->next);
}

}  // namespace

void add_activity_routes(Router& router, Context& context) {
    Route upload =
        post("submitActivities", "/v1/activities", BodyRule::upload, submit_batch(context));
    upload.preview = check_upload(context);
    router.add(std::move(upload));
    router.add(
        get("listActivities",
            "/v1/activities",
            {"provider", "methodology", "state", "from", "to", "limit", "cursor", "consistency"},
            reading(context, list_batches))
    );
    router.add(
        get("getActivity", "/v1/activities/{batch}", {"consistency"}, reading(context, show_batch))
    );

    const auto add = [&](std::string_view name,
                         std::string_view pattern,
                         std::vector<std::string_view> query,
                         Read read) {
        Route route = get(name, pattern, std::move(query), reading(context, std::move(read)));
        route.access = Access::member;
        router.add(std::move(route));
    };
    add("sampleActivity",
        "/v1/activities/{batch}/sample",
        {"count", "consistency"},
        inside(context, false, show_sample));
    add("listConflicts",
        "/v1/activities/{batch}/conflicts",
        {"consistency"},
        inside(context, false, show_conflicts));
    add("listRecords",
        "/v1/activities/{batch}/records",
        {"limit", "cursor", "consistency"},
        inside(context, true, show_records));
    add("listAllocations",
        "/v1/activities/{batch}/allocations",
        {"limit", "cursor", "consistency"},
        inside(context, false, show_allocations));
}

}  // namespace tanji::api
