#include "tools/compose.h"
#include "tools/files.h"
#include "tools/keys.h"

#include <chrono>
#include <thread>

namespace tanji::tools {

using ledger::JsonValue;

namespace {

std::string target_of(const Parcel& parcel, const Delivery& delivery, unsigned timeout_s) {
    std::string target = parcel.path;
    if (delivery.dry_run) {
        target += "?dry_run=true";
    } else if (delivery.until_certified) {
        target += fmt::format("?until=certified&wait={}", std::min(timeout_s, 30U));
    }
    return target;
}

Delivered read_answer(const Parcel& parcel, const Reply& reply) {
    Delivered delivered;
    delivered.id = parcel.id;
    delivered.status = reply.status;
    if (auto body = ledger::parse_tolerant_json(reply.body)) {
        delivered.reply = std::move(*body);
    }
    delivered.code = text_of(delivered.reply, "code");
    delivered.detail = text_of(delivered.reply, "detail");
    delivered.reason = text_of(delivered.reply, "reason");
    const JsonValue* outcome = delivered.reply.find("outcome");
    if (outcome != nullptr && outcome->object() != nullptr) {
        delivered.outcome = *outcome;
    } else if (reply.ok()) {
        delivered.outcome = delivered.reply;
    }
    return delivered;
}

bool may_succeed_later(const Delivered& delivered) {
    return delivered.status == 429 || delivered.status == 408 || delivered.status >= 500;
}

}  // namespace

Attempt<Delivered> deliver(
    const Tool& tool, Remote& remote, const Parcel& parcel, const Delivery& delivery
) {
    if (!delivery.dry_run) {
        if (auto kept = keep(parcel); !kept) {
            return failure(kept);
        }
    }
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::seconds(std::max(1U, tool.timeout_s));
    Fields fields;
    if (!parcel.signature.empty()) {
        fields.emplace_back("Tanji-Signature", parcel.signature);
    }
    for (;;) {
        auto reply = remote.post(
            target_of(parcel, delivery, tool.timeout_s), parcel.content_type, parcel.body, fields
        );
        std::chrono::milliseconds pause(500);
        std::string last;
        if (reply) {
            Delivered delivered = read_answer(parcel, *reply);
            if (!may_succeed_later(delivered)) {
                if (!delivery.dry_run) {
                    forget(parcel.id);
                }
                return delivered;
            }
            const auto seconds = ledger::parse_amount(reply->field("retry-after"));
            pause = std::chrono::milliseconds(seconds ? *seconds * 1'000 : 500);
            last = problem_of(*reply).sentence;
        } else {
            last = reply.error().sentence;
        }
        if (std::chrono::steady_clock::now() + pause > give_up) {
            return std::unexpected(Failure{
                Exit::unavailable,
                fmt::format(
                    "{}; the outcome of {} is unknown, tanji resume --node {} sends it again "
                    "without risk",
                    last,
                    parcel.id.hex(),
                    tool.node
                ),
                "outcome_unknown",
            });
        }
        std::this_thread::sleep_for(pause);
    }
}

Attempt<void> conclude(const std::vector<Delivered>& delivered) {
    for (const Delivered& each : delivered) {
        if (!each.applied()) {
            const bool malformed = each.code == "command_malformed";
            return std::unexpected(Failure{
                malformed ? Exit::usage : Exit::refused,
                each.detail.empty() ? fmt::format("status {}", each.status) : each.detail,
                each.code,
            });
        }
    }
    return {};
}

void print_outcomes(const Tool& tool, const std::vector<Delivered>& delivered) {
    if (tool.json) {
        for (const Delivered& each : delivered) {
            tool.print(ledger::to_canonical_text(each.reply));
        }
        return;
    }
    std::vector<std::vector<std::string>> rows{{"COMMAND", "TYPE", "OUTCOME", "LEAF", "CERTIFIED"}};
    for (const Delivered& each : delivered) {
        const bool executed = each.outcome.find("leaf_index") != nullptr &&
                              !each.outcome.find("leaf_index")->is_null();
        std::string outcome = each.applied() ? "applied" : each.code;
        if (!each.reason.empty()) {
            outcome += " (" + each.reason + ")";
        }
        if (flag_of(each.outcome, "replayed")) {
            outcome += ", replayed";
        }
        if (flag_of(each.outcome, "simulated")) {
            outcome += ", simulated";
        }
        rows.push_back(
            {each.id.hex(),
             text_of(each.outcome, "type"),
             outcome,
             executed ? std::to_string(number_of(each.outcome, "leaf_index")) : "–",
             flag_of(each.outcome, "certified") ? "yes" : "no"}
        );
    }
    tool.out << to_table(rows);
}

Attempt<void> save_receipt(const Delivered& delivered, const std::string& file) {
    const JsonValue* receipt = delivered.outcome.find("receipt");
    if (file.empty() || receipt == nullptr || receipt->object() == nullptr) {
        return {};
    }
    return write_file(file, ledger::to_canonical_text(*receipt) + "\n");
}

Attempt<std::optional<Delivered>> send_command(
    const Tool& tool,
    Remote& remote,
    const LedgerFacts& facts,
    std::string_view type,
    std::string_view body,
    const Dispatch& options
) {
    auto keys = load_keys(tool, options.other_keys);
    if (!keys) {
        return failure(keys);
    }
    auto envelope = sign(compose(type, facts, body), *keys);
    if (!envelope) {
        return failure(envelope);
    }
    if (!options.save_envelope.empty()) {
        tool.say(fmt::format("saved for others to sign: {}", options.save_envelope));
        auto saved = write_file(options.save_envelope, ledger::to_text(*envelope) + "\n");
        if (!saved) {
            return failure(saved);
        }
        return std::nullopt;
    }
    auto parcel = pack(*envelope);
    if (!parcel) {
        return failure(parcel);
    }
    auto delivered = deliver(tool, remote, *parcel, options.delivery);
    if (!delivered) {
        return failure(delivered);
    }
    print_outcomes(tool, {*delivered});
    if (auto saved = save_receipt(*delivered, options.save_receipt); !saved) {
        return failure(saved);
    }
    return std::move(*delivered);
}

Attempt<void> dispatch(
    const Tool& tool, std::string_view type, std::string_view body, const Dispatch& options
) {
    Remote remote(tool);
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    auto delivered = send_command(tool, remote, *facts, type, body, options);
    if (!delivered) {
        return failure(delivered);
    }
    return *delivered ? conclude({**delivered}) : Attempt<void>{};
}

}  // namespace tanji::tools
