#include "tools/desk.h"

#include <algorithm>

namespace tanji::tools {

namespace {

using ledger::JsonWriter;

// What all of these have: an account, a class, an amount, perhaps the digest of an instruction.
struct Parts {
    ledger::Amount grams = 0;
    std::optional<ledger::Hash> consent;
    std::optional<ledger::Hash> instruction;
};

Attempt<Parts> read_parts(const CreditOptions& options) {
    Parts parts;
    const auto grams = parse_weight(options.amount);
    if (!grams) {
        return fail(
            Exit::usage, "{} is no whole number of grams, such as 500g, 1.2kg or 3t", options.amount
        );
    }
    parts.grams = *grams;
    if (!ledger::is_class(options.credit_class)) {
        return fail(
            Exit::usage, "{} is no class: scheme:methodology:region:year", options.credit_class
        );
    }
    if (!ledger::Account::parse(options.account)) {
        return fail(
            Exit::usage, "{} is no account: 32 hexadecimal digits or a member", options.account
        );
    }
    auto consent = digest_of(options.consent);
    if (!consent) {
        return failure(consent);
    }
    parts.consent = *consent;
    auto instruction = digest_of(options.instruction);
    if (!instruction) {
        return failure(instruction);
    }
    parts.instruction = *instruction;
    return parts;
}

Attempt<void> send(
    Tool& tool, std::string_view type, JsonWriter& body, const Parts& parts, const SendOptions& how
) {
    member_or_null(body, "instruction", parts.instruction);
    return dispatch(tool, type, body.close_object().text(), dispatch_of(how));
}

Attempt<void> give(Tool& tool, const CreditOptions& options, std::string_view purpose) {
    auto parts = read_parts(options);
    if (!parts) {
        return failure(parts);
    }
    JsonWriter body;
    body.open_object().member("account", options.account).member("to", options.to);
    body.member("class", options.credit_class).amount_member("amount", parts->grams);
    body.member("purpose", purpose);
    member_or_null(body, "consent", parts->consent);
    member_or_null(body, "consideration", options.memo);
    return send(tool, "credit.assign", body, *parts, options.send);
}

bool agrees(const Tool& tool, const CreditOptions& options, std::string_view question) {
    return options.send.dry_run || !options.send.envelope.empty() || tool.confirm(question);
}

}  // namespace

Attempt<void> transfer(Tool& tool, const CreditOptions& options) {
    auto parts = read_parts(options);
    if (!parts) {
        return failure(parts);
    }
    JsonWriter body;
    body.open_object().member("account", options.account).member("to", options.to);
    body.member("class", options.credit_class).amount_member("amount", parts->grams);
    member_or_null(body, "memo", options.memo);
    return send(tool, "credit.transfer", body, *parts, options.send);
}

Attempt<void> assign(Tool& tool, const CreditOptions& options) {
    return give(tool, options, "assign");
}

Attempt<void> donate(Tool& tool, const CreditOptions& options) {
    return give(tool, options, "donate");
}

Attempt<void> retire(Tool& tool, const CreditOptions& options) {
    static const std::vector<std::string> purposes{
        "voluntary", "neutrality", "event", "ets-offset", "compensation"
    };
    if (std::ranges::count(purposes, options.purpose) == 0) {
        const auto like = nearest(options.purpose, purposes);
        return fail(
            Exit::usage,
            "there is no purpose {}{}",
            options.purpose,
            like ? "; did you mean " + *like + "?"
                 : ": voluntary, neutrality, event, ets-offset, compensation"
        );
    }
    if (options.beneficiary.empty() == options.commitment.empty()) {
        return fail(Exit::usage, "say one of --beneficiary TEXT and --commitment DIGEST");
    }
    auto parts = read_parts(options);
    if (!parts) {
        return failure(parts);
    }
    if (!agrees(tool, options, "Retire " + grouped(parts->grams) + " g for good?")) {
        return fail(Exit::usage, "not retired: answer y, or give -y where nobody can answer");
    }
    JsonWriter body;
    body.open_object().member("account", options.account);
    body.member("class", options.credit_class).amount_member("amount", parts->grams);
    body.member("purpose", options.purpose);
    member_or_null(body, "beneficiary", options.beneficiary);
    member_or_null(body, "commitment", options.commitment);
    body.member("statement", options.statement).name("inventory").null();
    return send(tool, "credit.retire", body, *parts, options.send);
}

Attempt<void> cancel(Tool& tool, const CreditOptions& options) {
    auto parts = read_parts(options);
    if (!parts) {
        return failure(parts);
    }
    if (!agrees(tool, options, "Cancel " + grouped(parts->grams) + " g for good?")) {
        return fail(Exit::usage, "not cancelled: answer y, or give -y where nobody can answer");
    }
    JsonWriter body;
    body.open_object().member("account", options.account);
    body.member("class", options.credit_class).amount_member("amount", parts->grams);
    body.member("reason", "obligation");
    return send(tool, "credit.cancel", body, *parts, options.send);
}

}  // namespace tanji::tools
