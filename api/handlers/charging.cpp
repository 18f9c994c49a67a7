#include "api/handlers/charging.h"

#include "api/callers.h"
#include "api/problem.h"

#include <atomic>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

struct Payer {
    std::string_view kind;
    std::string who;
    Limits::Bucket bucket;
};

Payer sender_of(const Context& context, const Request& request) {
    const Limits& limits = context.settings.limits;
    if (request.principal.is_member()) {
        return {.kind = "member", .who = request.principal.member, .bucket = limits.member};
    }
    return {.kind = "ip", .who = bucket_of_address(request.peer), .bucket = limits.ip};
}

// An account that opens itself has no key here yet: its sender pays.
Payer signer_of(Context& context, const Request& request, const ledger::Envelope& envelope) {
    const Limits& limits = context.settings.limits;
    if (!envelope.signatures.empty()) {
        const ledger::KeyId& id = envelope.signatures.front().keyid;
        if (const auto key = context.service.local()->key(id)) {
            return key->of_member()
                       ? Payer{.kind = "member", .who = key->owner, .bucket = limits.member}
                       : Payer{.kind = "signer", .who = id.hex(), .bucket = limits.signer};
        }
    }
    return sender_of(context, request);
}

Status judged(Context& context, const Payer& payer, const Throttle::Verdict& verdict) {
    if (verdict.allowed) {
        return {};
    }
    context.observer.rate_limited(payer.kind);
    return refuse(
        ErrorCode::rate_limited, "bucket {} is empty for {} s", payer.kind, verdict.wait_s
    );
}

Status look(Context& context, const Request& request, const Payer& payer, std::uint32_t cost) {
    return judged(
        context,
        payer,
        context.throttle->look(payer.kind, payer.who, payer.bucket, cost, request.received)
    );
}

Status take(Context& context, ledger::TimeMs now, const Payer& payer, std::uint32_t cost) {
    return judged(
        context, payer, context.throttle->take(payer.kind, payer.who, payer.bucket, cost, now)
    );
}

void give_back(Context& context, ledger::TimeMs now, const Payer& payer, std::uint32_t cost) {
    context.throttle->give_back(payer.kind, payer.who, payer.bucket, cost, now);
}

// Nobody's fault, and nothing came of it.
bool is_undecided(const Result<Submitted>& result) {
    return !result && problem_kind(result.error().code).status >= 500 &&
           result.error().code != ErrorCode::outcome_unknown;
}

}  // namespace

void submit_charged(
    Context& context, const Request& request, Submission submission, Service::Done done
) {
    const ledger::TimeMs now = request.received;
    const Payer sender = sender_of(context, request);
    if (submission.dry_run) {
        if (Status may = take(context, now, sender, 2); !may) {
            done(refusal(may));
            return;
        }
        context.service.submit(std::move(submission), std::move(done));
        return;
    }
    const Payer signer = signer_of(context, request, submission.envelope);
    Status may = look(context, request, signer, 1);
    if (may) {
        may = take(context, now, sender, 1);
    }
    if (!may) {
        done(refusal(may));
        return;
    }
    const auto verified = std::make_shared<std::atomic<bool>>(false);
    submission.verified = [&context, now, sender, signer, verified] {
        *verified = true;
        give_back(context, now, sender, 1);
        return take(context, now, signer, 1);
    };
    context.service.submit(
        std::move(submission),
        [&context, now, sender, signer, verified, done = std::move(done)](Result<Submitted> result
        ) {
            if (is_undecided(result)) {
                give_back(context, now, *verified ? signer : sender, 1);
            }
            done(std::move(result));
        }
    );
}

Status check_signatures_charged(
    Context& context, const Request& request, const ledger::Envelope& envelope
) {
    const Payer sender = sender_of(context, request);
    Status may = look(context, request, signer_of(context, request, envelope), 1);
    if (may) {
        may = take(context, request.received, sender, 1);
    }
    if (!may) {
        return may;
    }
    Status checked = context.service.check_signatures(envelope);
    if (checked || problem_kind(checked.error().code).status >= 500) {
        give_back(context, request.received, sender, 1);
    }
    return checked;
}

void charge_sender(Context& context, const Request& request) {
    const Payer sender = sender_of(context, request);
    context.throttle->take(sender.kind, sender.who, sender.bucket, 1, request.received);
}

}  // namespace tanji::api
