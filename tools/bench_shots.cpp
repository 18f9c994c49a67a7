#include "tools/bench_shots.h"

#include "ledger/command/command.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace tanji::tools {

using ledger::JsonWriter;

namespace {

std::string confirm_body(const ledger::CommandId& redemption) {
    JsonWriter body;
    body.open_object().member("redemption", redemption.hex()).amount_member("points", 1);
    body.member("voucher", ledger::to_hex(ledger::random_bytes(ledger::Hash::length)));
    return body.close_object().take();
}

// A single command travels as its payload with the signature beside it, many as envelopes.
void add_command(Shot& shot, const ledger::Envelope& envelope, bool alone) {
    if (alone) {
        shot.body = envelope.payload;
        shot.signature = ledger::to_signature_header(envelope.signatures);
    } else {
        shot.body += ledger::to_text(envelope) + "\n";
    }
    ++shot.commands;
}

Attempt<PairOfShots> sign_shots(
    const MixWorld& world, const std::vector<const Spender*>& spenders, bool alone
) {
    PairOfShots shots;
    for (const Spender* spender : spenders) {
        std::string payload =
            compose("redemption.reserve", world.facts, reserve_body(world, *spender));
        const auto head = ledger::read_command(payload);
        auto reserve = sign(std::move(payload), std::span(&spender->key, 1));
        if (!head || !reserve) {
            return failure(reserve);
        }
        auto confirm = sign(
            compose("redemption.confirm", world.facts, confirm_body(head->id)),
            std::span(&world.merchant, 1)
        );
        if (!confirm) {
            return failure(confirm);
        }
        add_command(shots.reserve, *reserve, alone);
        add_command(shots.confirm, *confirm, alone);
    }
    return shots;
}

// Whose points each pair takes: round after round, who still has one.
std::vector<const Spender*> spread(const MixWorld& world, std::uint64_t pairs) {
    std::vector<const Spender*> turns;
    turns.reserve(pairs);
    for (ledger::Amount round = 0; turns.size() < pairs; ++round) {
        for (const Spender& spender : world.spenders) {
            if (spender.points > round && turns.size() < pairs) {
                turns.push_back(&spender);
            }
        }
    }
    return turns;
}

// Without parsing: the generator shares its machine with the node.
bool is_good(std::string_view answer, bool certified) {
    return answer.find("\"outcome\":\"applied\"") != std::string_view::npos &&
           (!certified || answer.find("\"certified\":true") != std::string_view::npos);
}

std::string code_in(std::string_view answer) {
    if (answer.find("\"outcome\":\"applied\"") != std::string_view::npos) {
        return "not_certified";
    }
    const auto value = ledger::parse_tolerant_json(answer);
    const ledger::JsonValue* body = value ? value->find("body") : nullptr;
    const std::string code = body != nullptr ? text_of(*body, "code") : std::string();
    return code.empty() ? "unreadable" : code;
}

}  // namespace

std::string reserve_body(const MixWorld& world, const Spender& spender) {
    JsonWriter body;
    body.open_object().member("account", spender.account.hex()).member("offer", world.offer);
    body.member("quantity", std::uint64_t{1}).amount_member("points", 1);
    body.member("hold_s", std::uint64_t{3'600}).name("instruction").null();
    return body.close_object().take();
}

Attempt<std::vector<PairOfShots>> sign_pairs(
    const MixWorld& world, std::uint64_t pairs, unsigned lines
) {
    const auto turns = spread(world, pairs);
    std::vector<PairOfShots> all((turns.size() + lines - 1) / lines);
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
            threads.emplace_back([&] {
                for (std::size_t at = next++; at < all.size(); at = next++) {
                    const std::size_t first = at * lines;
                    const std::size_t last = std::min(first + lines, turns.size());
                    auto shots = sign_shots(
                        world,
                        {turns.begin() + static_cast<std::ptrdiff_t>(first),
                         turns.begin() + static_cast<std::ptrdiff_t>(last)},
                        lines == 1
                    );
                    if (shots) {
                        all[at] = std::move(*shots);
                    } else {
                        failed = true;
                    }
                }
            });
        }
    }
    if (failed) {
        return fail(Exit::usage, "the commands of the load cannot be signed");
    }
    return all;
}

Answers read_answers(const Attempt<Reply>& reply, std::uint32_t commands, bool certified) {
    Answers answers;
    if (!reply || !reply->ok()) {
        answers.faults[fault_of(reply)] = commands;
        return answers;
    }
    const bool alone = !reply->body.starts_with("{\"line\":");
    std::uint64_t answered = 0;
    for (std::string_view left = reply->body; !left.empty();) {
        const std::string_view line = alone ? left : left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(left.size(), line.size() + 1));
        ++answered;
        if (is_good(line, certified)) {
            ++answers.good;
        } else {
            ++answers.faults[code_in(line)];
        }
    }
    if (answered < commands) {
        answers.faults["unanswered"] += commands - answered;
    }
    return answers;
}

}  // namespace tanji::tools
