#include "ledger/parties/scheme.h"
#include "ledger/value/crypto.h"
#include "tools/desk.h"
#include "tools/recheck.h"

#include <algorithm>

namespace tanji::tools {

using ledger::JsonValue;

namespace {

using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

const JsonValue& header_of(const JsonValue& facts) {
    const JsonValue* header = facts.find("header");
    return header != nullptr ? *header : facts;
}

// What a verifier or provider should see before signing about a batch.
Attempt<JsonValue> look_at(const Tool& tool, Remote& remote, const std::string& batch) {
    if (!ledger::CommandId::from_hex(batch)) {
        return fail(Exit::usage, "{} is no id of a batch: expected 32 hexadecimal digits", batch);
    }
    auto facts = remote.get_json("/v1/activities/" + batch);
    if (!facts) {
        return failure(facts);
    }
    const JsonValue& said = header_of(*facts);
    if (!tool.quiet && !tool.json) {
        const std::string counted = text_of(*facts, "counted_ug");
        const auto micrograms = ledger::parse_signed(counted.empty() ? "0" : counted);
        tool.err << to_table(
            {{"batch", batch},
             {"provider", text_of(said, "provider")},
             {"methodology", text_of(said, "methodology")},
             {"records", grouped(static_cast<std::int64_t>(number_of(said, "count")))},
             {"counted",
              grouped(micrograms.value_or(0) / ledger::micrograms_per_gram) + " g at most"},
             {"state", text_of(*facts, "state")}}
        );
    }
    return facts;
}

// A verifier computes everything again before accepting it; without a token there is nothing to
// compute from, and somebody else has to have done it.
Attempt<void> recheck_before(
    const Tool& tool,
    Remote& remote,
    const AttestOptions& options,
    const Ranges& except,
    const JsonValue& facts
) {
    if (options.reject) {
        return {};
    }
    if (tool.token_file.empty()) {
        tool.say("not recomputed: records are read with a token of the verifier, --token-file");
        return {};
    }
    auto checked = recheck(remote, options.batch, header_of(facts));
    if (!checked) {
        return failure(checked);
    }
    if (!tool.quiet && !tool.json) {
        print_recheck(tool, *checked);
    }
    if (!checked->holds(except)) {
        return fail(
            Exit::unproven,
            "not signed: {} of {} records come out otherwise, or are not what was signed",
            checked->differences(),
            checked->records.size()
        );
    }
    return {};
}

}  // namespace

Attempt<void> attest(Tool& tool, const AttestOptions& options) {
    if ((options.accept ? 1 : 0) + (options.reject ? 1 : 0) + (options.except.empty() ? 0 : 1) !=
        1) {
        return fail(Exit::usage, "say one of --accept, --reject and --except 3,10-14");
    }
    const auto except = parse_ranges(options.except);
    if (!options.except.empty() && !except) {
        return fail(Exit::usage, "--except wants ascending indexes such as 3,10-14");
    }
    auto report = digest_of(options.evidence);
    if (!report) {
        return failure(report);
    }
    Remote remote(tool);
    auto facts = look_at(tool, remote, options.batch);
    if (!facts) {
        return failure(facts);
    }
    if (auto same = recheck_before(tool, remote, options, except.value_or(Ranges{}), *facts);
        !same) {
        return same;
    }
    const std::uint64_t count = number_of(header_of(*facts), "count");
    const std::uint64_t sampled =
        options.sampled > 0 ? options.sampled : std::min(count, ledger::sample_min);
    if (!options.send.dry_run && options.send.envelope.empty() && !tool.no_input && !tool.json &&
        !tool.yes && !tool.confirm("Sign this verdict?")) {
        return fail(Exit::usage, "not signed: answer y, or give -y where nobody can answer");
    }
    ledger::JsonWriter body;
    body.open_object().member("batch", options.batch);
    body.member("verdict", options.accept ? "accept" : except ? "accept_except" : "reject");
    body.name("except");
    write_ranges(body, except.value_or(Ranges{}));
    body.member("level", options.level).member("sampled", sampled);
    body.member("report", report->value_or(ledger::sha256("")).hex());
    member_or_null(body, "reason", options.reason);
    return dispatch(tool, "activity.attest", body.close_object().text(), dispatch_of(options.send));
}

Attempt<void> revoke(Tool& tool, const RevokeOptions& options) {
    const auto records = parse_ranges(options.records);
    if (!options.records.empty() && !records) {
        return fail(Exit::usage, "--records wants ascending indexes such as 3,10-14");
    }
    auto evidence = digest_of(options.evidence);
    if (!evidence) {
        return failure(evidence);
    }
    Remote remote(tool);
    auto facts = look_at(tool, remote, options.batch);
    if (!facts) {
        return failure(facts);
    }
    if (!options.send.dry_run && options.send.envelope.empty() &&
        !tool.confirm("Take back what was issued for it? This cannot be undone.")) {
        return fail(Exit::usage, "not revoked: answer y, or give -y where nobody can answer");
    }
    ledger::JsonWriter body;
    body.open_object().member("batch", options.batch).name("records");
    records ? write_ranges(body, *records) : static_cast<void>(body.null());
    body.member("reason", options.reason).member("free", options.free);
    member_or_null(body, "evidence", *evidence);
    return dispatch(tool, "activity.revoke", body.close_object().text(), dispatch_of(options.send));
}

}  // namespace tanji::tools
