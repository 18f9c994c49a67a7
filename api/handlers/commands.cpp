// POST /v1/commands, one or many; what became of a command; its receipt.
#include "api/conditions.h"
#include "api/gate.h"
#include "api/handlers/charging.h"
#include "api/handlers/handlers.h"
#include "api/handlers/receipts.h"
#include "api/handlers/submission.h"
#include "api/problem.h"
#include "ledger/value/json.h"

#include <atomic>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

constexpr std::size_t bulk_lines_max = 500;

std::vector<std::string_view> lines_of(std::string_view body) {
    std::vector<std::string_view> lines;
    while (!body.empty()) {
        const auto end = std::min(body.find('\n'), body.size());
        lines.push_back(body.substr(0, end));
        body.remove_prefix(std::min(end + 1, body.size()));
    }
    return lines;
}

// Many commands in one request. Each line has its own fate; the reply has them in their order.
struct Bulk {
    Bulk(RequestPtr the_request, Respond the_respond, std::size_t count)
        : request(std::move(the_request)),
          respond(std::move(the_respond)),
          answers(count),
          left(count) {}

    void answered(std::size_t line, Answer answer) {
        answers[line] = std::move(answer);
        if (left.fetch_sub(1) != 1) {
            return;
        }
        Response response;
        response.content_type = ndjson_type;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            ledger::JsonWriter out;
            out.open_object()
                .member("line", i + 1)
                .member("status", static_cast<std::uint64_t>(answers[i].status))
                .name("body")
                .raw(answers[i].body)
                .close_object();
            response.body += out.text();
            response.body += '\n';
        }
        response.with("Cache-Control", "no-store");
        respond(std::move(response));
    }

    RequestPtr request;
    Respond respond;
    std::vector<Answer> answers;
    std::atomic<std::size_t> left;
};

void submit_line(
    Context& context,
    const std::shared_ptr<Bulk>& bulk,
    std::size_t n,
    std::string_view line,
    const SubmitOptions& options
) {
    Result<ledger::Envelope> envelope = ledger::read_envelope(line);
    if (!envelope) {
        charge_sender(context, *bulk->request);
        bulk->answered(n, answer_of(context, *bulk->request, {}, refusal(envelope), false));
        return;
    }
    Submission submission{
        .envelope = *envelope,
        .attachment = {},
        .until_certified = options.until_certified,
        .wait_ms = std::int64_t{1000} * options.wait_s,
        .dry_run = options.dry_run,
    };
    submit_charged(
        context,
        *bulk->request,
        std::move(submission),
        [&context, bulk, n, envelope = std::move(*envelope)](Result<Submitted> result) {
            bulk->answered(n, answer_of(context, *bulk->request, envelope, result, false));
        }
    );
}

void submit_many(Context& context, const RequestPtr& request, const Respond& respond) {
    const auto lines = lines_of(request->body);
    Result<SubmitOptions> options = submit_options(*request);
    if (!options || lines.empty() || lines.size() > bulk_lines_max) {
        const auto refused =
            refuse(ErrorCode::bad_request, "1..{} envelopes, one a line", bulk_lines_max);
        charge_sender(context, *request);
        respond(problem(options ? refused.error() : options.error(), *request));
        return;
    }
    const auto bulk = std::make_shared<Bulk>(request, respond, lines.size());
    const auto submit_all = [&context, bulk, options = *options] {
        const auto all = lines_of(bulk->request->body);
        for (std::size_t n = 0; n < all.size(); ++n) {
            submit_line(context, bulk, n, all[n], options);
        }
    };
    if (options->dry_run) {
        open_view(context, request, respond, [submit_all](const ViewPtr&) { submit_all(); });
    } else {
        submit_all();
    }
}

Handler submit_any(Context& context) {
    Handler one = door_handler(context, Door{});
    return [&context, one = std::move(one)](RequestPtr request, Respond respond) {
        const std::string* type = request->field("content-type");
        if (type != nullptr && media_type(*type) == ndjson_type) {
            submit_many(context, request, respond);
        } else {
            one(std::move(request), std::move(respond));
        }
    };
}

// What a leaf tells in public: no payload, no result.
Result<Response> status_of(const Request& request, const ledger::View& view) {
    const auto id = ledger::CommandId::from_hex(request.of_path("id"));
    if (!id) {
        return refuse(ErrorCode::not_found, "{:?} is no id", request.of_path("id"));
    }
    auto not_after =
        integer_parameter(request, "not_after", 0, static_cast<std::uint64_t>(ledger::time_ms_max));
    if (!not_after) {
        return refusal(not_after);
    }
    const auto row = view.command(*id);
    ledger::JsonWriter out;
    out.open_object().member("command", id->hex());
    if (!row) {
        const bool expired =
            *not_after && static_cast<ledger::TimeMs>(**not_after) < view.head().time;
        out.member("status", expired ? "expired" : "unknown").member("certified", false);
        return json_reply(view, out.close_object().take());
    }
    out.member("status", row->applied ? "applied" : "refused")
        .member("certified", row->leaf < certified_size(view))
        .member("leaf_index", row->leaf)
        .member("index", row->block)
        .member("type", row->type)
        .member("time", static_cast<std::uint64_t>(row->time));
    if (!row->applied) {
        out.member("code", row->code);
        if (const auto code = ledger::error_code_of(row->code)) {
            const ProblemKind& kind = problem_kind(*code);
            out.member("title", request.language == Language::zh ? kind.zh : kind.en);
        }
        if (!row->reason.empty()) {
            out.member("reason", row->reason);
        }
        if (row->index >= 0) {
            out.member("record", static_cast<std::uint64_t>(row->index));
        }
    }
    return json_reply(view, out.close_object().take());
}

void send_receipt(
    Context& context, const RequestPtr& request, const Respond& respond, ledger::LeafIndex leaf
) {
    const ViewPtr view = context.service.local();
    auto form = negotiate(*request, {"application/json", "text/plain"});
    if (!form) {
        respond(problem(form.error(), *request));
        return;
    }
    const ledger::Receipt receipt = make_receipt(context.service, *view, leaf);
    if (*form == "text/plain") {
        Response response = text_reply(receipt.proof);
        add_position(response, *view);
        respond(std::move(response));
    } else {
        respond(json_reply(*view, ledger::to_text(receipt)));
    }
}

// Now, or when it is certified.
void find_receipt(
    Context& context,
    const RequestPtr& request,
    const Respond& respond,
    const SubmitOptions& options,
    const ledger::View& view,
    const ledger::CommandId& id
) {
    const auto row = view.command(id);
    if (!row) {
        respond(problem(
            refuse(ErrorCode::not_found, "no command {} has been executed", id.hex()).error(),
            *request
        ));
        return;
    }
    const auto send = [&context, request, respond, leaf = row->leaf] {
        send_receipt(context, request, respond, leaf);
    };
    const auto certified = [&context, leaf = row->leaf] {
        return leaf < certified_size(*context.service.local());
    };
    if (!options.until_certified || certified()) {
        send();
        return;
    }
    respond.park();
    context.waiting.wait(options.wait_s * 1000, certified, send);
}

Handler receipt_of(Context& context) {
    return [&context](RequestPtr request, Respond respond) {
        Result<SubmitOptions> options = submit_options(*request);
        Result<ledger::CommandId> id = id_of_path(*request, "id");
        if (!options || !id) {
            respond(problem(options ? id.error() : options.error(), *request));
            return;
        }
        open_view(
            context,
            request,
            respond,
            [&context, request, respond, options = *options, id = *id](const ViewPtr& view) {
                find_receipt(context, request, respond, options, *view, id);
            }
        );
    };
}

}  // namespace

void add_command_routes(Router& router, Context& context) {
    router.add(post("submitCommand", "/v1/commands", BodyRule::commands, submit_any(context)));
    router.add(
        get("commandStatus",
            "/v1/commands/{id}",
            {"not_after", "consistency"},
            reading(context, status_of))
    );
    router.add(
        get("commandReceipt",
            "/v1/commands/{id}/receipt",
            {"until", "wait", "consistency"},
            receipt_of(context))
    );

    struct Sugar {
        std::string_view name;
        std::string_view pattern;
        Door door;
    };
    const std::vector<Sugar> sugar = {
        {"attestBatch",
         "/v1/activities/{batch}/attest",
         {"activity.attest", "", {{"batch", "batch"}}, {}}},
        {"revokeBatch",
         "/v1/activities/{batch}/revoke",
         {"activity.revoke", "", {{"batch", "batch"}}, {}}},
        {"openAccount", "/v1/accounts", {"account.open", "/v1/commands/", {}, {}}},
        {"assignCredits", "/v1/assignments", {"credit.assign", "/v1/commands/", {}, {}}},
        {"transferCredits", "/v1/transfers", {"credit.transfer", "/v1/commands/", {}, {}}},
        {"cancelCredits", "/v1/cancellations", {"credit.cancel", "/v1/commands/", {}, {}}},
        {"retireCredits", "/v1/retirements", {"credit.retire", "/v1/retirements/", {}, {}}},
        {"decideMembership", "/v1/memberships", {"membership.decide", "/v1/commands/", {}, {}}},
        {"publishMethodology", "/v1/methodologies", {"methodology.publish", "/v1/commands/", {}, {}}
        },
        {"publishFactors", "/v1/factors", {"factors.publish", "/v1/commands/", {}, {}}},
        {"publishProgramme",
         "/v1/programmes",
         {"programme.publish", "/v1/programmes/", {}, {"slug", "version"}}},
        {"publishOffer", "/v1/offers", {"offer.publish", "/v1/offers/", {}, {"offer"}}},
        {"reviseOffer", "/v1/offers/{offer}/revise", {"offer.revise", "", {{"offer", "offer"}}, {}}
        },
        {"restockOffer",
         "/v1/offers/{offer}/restock",
         {"offer.restock", "", {{"offer", "offer"}}, {}}},
        {"closeOffer", "/v1/offers/{offer}/close", {"offer.close", "", {{"offer", "offer"}}, {}}},
        {"reservePoints", "/v1/redemptions", {"redemption.reserve", "/v1/redemptions/", {}, {}}},
        {"confirmRedemption",
         "/v1/redemptions/{id}/confirm",
         {"redemption.confirm", "", {{"id", "redemption"}}, {}}},
        {"releaseRedemption",
         "/v1/redemptions/{id}/release",
         {"redemption.release", "", {{"id", "redemption"}}, {}}},
        {"refundRedemption",
         "/v1/redemptions/{id}/refund",
         {"redemption.refund", "", {{"id", "redemption"}}, {}}},
    };
    for (const Sugar& one : sugar) {
        router.add(post(one.name, one.pattern, BodyRule::command, door_handler(context, one.door)));
    }
}

}  // namespace tanji::api
