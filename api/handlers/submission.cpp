#include "api/handlers/submission.h"

#include "api/conditions.h"
#include "api/handlers/charging.h"
#include "api/handlers/receipts.h"
#include "api/problem.h"
#include "api/result_json.h"
#include "ledger/command/leaf.h"
#include "ledger/value/json.h"

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

// The outcome as replies and problems carry it (docs/api.md, "Commands").
std::string outcome_json(
    Context& context,
    const ledger::View& view,
    const ledger::Envelope& envelope,
    const Submitted& submitted
) {
    const ledger::CommandOutcome& outcome = submitted.outcome;
    const auto leaf = ledger::read_leaf(outcome.leaf_text);
    const auto command = ledger::read_command(envelope.payload);
    ledger::JsonWriter out;
    out.open_object()
        .member("command", outcome.command.hex())
        .member("type", outcome.type)
        .member("outcome", outcome.applied() ? "applied" : "refused");
    if (!submitted.simulated) {
        out.member("index", outcome.block).member("leaf_index", outcome.leaf);
    }
    out.member("time", static_cast<std::uint64_t>(outcome.time))
        .member("certified", submitted.certified)
        .member("replayed", outcome.replayed);
    if (submitted.simulated) {
        out.member("simulated", true);
    }
    if (submitted.signatures_unchecked) {
        out.member("signatures", "unchecked");
    }
    const bool in_tree =
        (!submitted.simulated || outcome.replayed) && outcome.leaf < view.head().size;
    // A refused batch has conflict receipts too.
    if (leaf && (outcome.applied() || leaf->effects.conflicts)) {
        const Recorded recorded =
            in_tree ? Recorded{.conflicts = view.conflicts(outcome.leaf),
                               .unbacked = view.unbacked_by(outcome.leaf)}
                    : Recorded{};
        out.name("result").raw(
            result_json(*leaf, command ? &command->body : nullptr, in_tree ? &recorded : nullptr)
        );
    }
    if (in_tree && !submitted.simulated) {
        ledger::Receipt receipt = make_receipt(context.service, view, outcome.leaf);
        if (leaf && leaf->leaf_class == ledger::LeafClass::sealed) {
            add_own_parts(receipt, view, envelope);
        }
        out.name("receipt").raw(ledger::to_text(receipt));
    }
    return out.close_object().take();
}

// Where the object that a command has created is found.
std::string location_of(
    const Door& door, const ledger::Envelope& envelope, const ledger::CommandId& id
) {
    std::string location(door.location);
    if (door.named_by.empty()) {
        return location + id.hex();
    }
    const auto command = ledger::read_command(envelope.payload);
    for (const std::string_view name : door.named_by) {
        const ledger::JsonValue* value = command ? command->body.find(name) : nullptr;
        if (value == nullptr) {
            continue;
        }
        location += name == door.named_by.front() ? "" : "@";
        location += value->string() != nullptr ? *value->string() : to_canonical_text(*value);
    }
    return location;
}

// The reply to an outcome, with its headers.
Response reply_to(
    Context& context,
    const Request& request,
    const Door& door,
    const ledger::Envelope& envelope,
    const Result<Submitted>& result
) {
    const bool created = !door.location.empty();
    Answer answer = answer_of(context, request, envelope, result, created);
    if (!result) {
        return problem(result.error(), request);
    }
    Response response;
    response.status = answer.status;
    response.body = std::move(answer.body);
    if (answer.is_problem) {
        response.content_type = "application/problem+json";
        response.with("Content-Language", request.language == Language::zh ? "zh-CN" : "en")
            .with("Vary", "Accept-Language");
    } else if (created && !result->simulated) {
        response.with("Location", location_of(door, envelope, result->outcome.command));
    }
    const ViewPtr view = context.service.local();
    response.with(
        "Tanji-Index",
        std::to_string(result->simulated ? view->head().block : result->outcome.block)
    );
    response.with("Tanji-Certified", std::to_string(certified_size(*view)))
        .with("Cache-Control", "no-store");
    if (result->outcome.replayed) {
        response.with("Tanji-Replayed", "true");
    }
    if (result->simulated) {
        response.with("Tanji-Simulated", "true");
    }
    return response;
}

}  // namespace

Result<ledger::Envelope> read_submitted(const Request& request) {
    const std::string* signature = request.field("tanji-signature");
    if (signature == nullptr) {
        return ledger::read_envelope(request.body);
    }
    const std::string* type = request.field("content-type");
    return ledger::detached_envelope(type != nullptr ? *type : "", request.body, *signature);
}

Status check_door(const Request& request, const Door& door, const ledger::Envelope& envelope) {
    auto command = ledger::read_command(envelope.payload);
    if (!command) {
        return refusal(command);
    }
    if (const std::string* key = request.field("idempotency-key")) {
        const std::string id = command->id.hex();
        if (*key != id && *key != "\"" + id + "\"") {
            return refuse(
                ErrorCode::idempotency_key_mismatch, "Idempotency-Key is not the command's id"
            );
        }
    }
    if (!door.type.empty() && command->type != door.type) {
        return refuse(
            ErrorCode::path_mismatch, "this path takes {}, not {}", door.type, command->type
        );
    }
    for (const auto& [parameter, field] : door.path_fields) {
        const ledger::JsonValue* value = command->body.find(field);
        const std::string* text = value != nullptr ? value->string() : nullptr;
        if (text == nullptr || *text != request.of_path(parameter)) {
            return refuse(
                ErrorCode::path_mismatch, "{} of the body is not that of the path", field
            );
        }
    }
    return {};
}

Answer answer_of(
    Context& context,
    const Request& request,
    const ledger::Envelope& envelope,
    const Result<Submitted>& result,
    bool created
) {
    ProblemContext problem_context{
        .instance = request.path,
        .trace_id = request.trace_id,
        .language = request.language,
        .recorded = false,
        .outcome = {},
        .retry_after = {},
    };
    if (!result) {
        return {
            .status = problem_kind(result.error().code).status,
            .body = problem_body(result.error(), problem_context),
            .is_problem = true,
        };
    }
    const ViewPtr view = context.service.local();
    const ledger::CommandOutcome& outcome = result->outcome;
    std::string body = outcome_json(context, *view, envelope, *result);
    if (outcome.applied()) {
        return {.status = created ? 201 : 200, .body = std::move(body), .is_problem = false};
    }
    problem_context.instance = "/v1/commands/" + outcome.command.hex();
    problem_context.recorded = !result->simulated || outcome.replayed;
    problem_context.outcome = std::move(body);
    return {
        .status = problem_kind(outcome.error->code).status,
        .body = problem_body(*outcome.error, problem_context),
        .is_problem = true,
    };
}

void submit(
    Context& context,
    const RequestPtr& request,
    const Respond& respond,
    const Door& door,
    ledger::Envelope envelope,
    ledger::Bytes attachment
) {
    Result<SubmitOptions> options = submit_options(*request);
    if (!options) {
        charge_sender(context, *request);
        respond(problem(options.error(), *request));
        return;
    }
    if (Status fits = check_door(*request, door, envelope); !fits) {
        charge_sender(context, *request);
        respond(problem(fits.error(), *request));
        return;
    }
    Submission submission{
        .envelope = envelope,
        .attachment = std::move(attachment),
        .until_certified = options->until_certified,
        .wait_ms = std::int64_t{1000} * options->wait_s,
        .dry_run = options->dry_run,
    };
    Service::Done done = [&context, request, respond, door, envelope = std::move(envelope)](
                             Result<Submitted> result
                         ) { respond(reply_to(context, *request, door, envelope, result)); };
    if (!options->dry_run) {
        submit_charged(context, *request, std::move(submission), std::move(done));
        return;
    }
    // A dry run is a read: it refuses nothing for what this node has not seen yet.
    const auto simulate =
        [&context, request, submission = std::move(submission), done](const ViewPtr&) {
            submit_charged(context, *request, submission, done);
        };
    open_view(context, request, respond, simulate);
}

Handler door_handler(Context& context, Door door) {
    return [&context, door = std::move(door)](RequestPtr request, Respond respond) {
        Result<ledger::Envelope> envelope = read_submitted(*request);
        if (!envelope) {
            charge_sender(context, *request);
            respond(problem(envelope.error(), *request));
            return;
        }
        submit(context, request, respond, door, std::move(*envelope), {});
    };
}

}  // namespace tanji::api
