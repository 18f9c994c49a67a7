#include "ledger/points/offer.h"
#include "tools/desk.h"
#include "tools/files.h"
#include "tools/holders.h"
#include "tools/keys.h"
#include "tools/voucher.h"

namespace tanji::tools {

using ledger::JsonWriter;

namespace {

Attempt<void> check_id(const std::string& id) {
    if (!ledger::CommandId::from_hex(id)) {
        return fail(Exit::usage, "{} is no redemption: expected 32 hexadecimal digits", id);
    }
    return {};
}

Attempt<ledger::Amount> read_points(const std::string& text) {
    const auto points = ledger::parse_amount(text);
    if (!points || *points == 0) {
        return fail(Exit::usage, "{} is no number of points", text.empty() ? "--points" : text);
    }
    return *points;
}

// What the user agrees to pay: --points, or what the offer costs at this moment.
Attempt<ledger::Amount> price_of(Remote& remote, const RedeemOptions& options) {
    if (!options.points.empty()) {
        return read_points(options.points);
    }
    auto offer = remote.get_json("/v1/offers/" + options.offer);
    if (!offer) {
        return failure(offer);
    }
    const auto price = ledger::parse_amount(text_of(*offer, "price"));
    const ledger::Int128 points =
        static_cast<ledger::Int128>(price.value_or(0)) * static_cast<int>(options.quantity);
    const auto whole = ledger::parse_amount(ledger::to_text(points));
    if (!whole || *whole == 0) {
        return fail(
            Exit::unavailable, "{} does not say what {} costs", remote.url(), options.offer
        );
    }
    return *whole;
}

Attempt<std::string> account_to_charge(
    const Tool& tool, const LedgerFacts& facts, const RedeemOptions& options
) {
    if (!options.account.empty()) {
        if (!ledger::UserId::from_hex(options.account)) {
            return fail(Exit::usage, "an account is 32 hexadecimal digits");
        }
        return options.account;
    }
    auto keys = load_keys(tool, {});
    if (!keys) {
        return failure(keys);
    }
    auto known = account_of_key(facts.ledger, keys->front().id());
    if (!known) {
        return fail(
            Exit::usage,
            "say whose points: --account (no account was opened here with {})",
            tool.key_file
        );
    }
    return std::move(*known);
}

std::string points_text(const std::string& points) {
    const auto amount = ledger::parse_signed(points);
    return amount ? grouped(*amount) : points;
}

// What a step says about the redemption, in one line.
std::string state_line(const ledger::JsonValue& step) {
    std::string line = text_of(step, "id") + "  " + text_of(step, "state");
    if (const std::string offer = text_of(step, "offer"); !offer.empty()) {
        line += fmt::format("  {} × {}", number_of(step, "quantity"), offer);
    }
    if (const std::string points = text_of(step, "points"); !points.empty()) {
        line += fmt::format("  {} points of {}", points_text(points), text_of(step, "programme"));
    }
    if (text_of(step, "state") == "reserved") {
        const auto until = static_cast<ledger::TimeMs>(number_of(step, "hold_until"));
        line += "  held until " + local_time_text(until);
    }
    return line;
}

// The table of outcomes is printed already: what it means for the redemption follows.
void print_state(const Tool& tool, const Delivered& delivered, const SendOptions& send) {
    const ledger::JsonValue* result = delivered.outcome.find("result");
    if (tool.json || !delivered.applied()) {
        return;
    }
    if (result != nullptr && !text_of(*result, "state").empty()) {
        tool.print(state_line(*result));
    }
    if (!send.save.empty() && !send.dry_run) {
        tool.print("receipt  " + send.save);
    }
}

// What the ledger did, if it was asked; a refusal is a failure.
using Applied = Attempt<std::optional<Delivered>>;

Applied send_and_print(
    Tool& tool,
    Remote& remote,
    const LedgerFacts& facts,
    std::string_view type,
    std::string_view body,
    const SendOptions& send
) {
    auto delivered = send_command(tool, remote, facts, type, body, dispatch_of(send));
    if (!delivered || !*delivered) {
        return delivered;
    }
    print_state(tool, **delivered, send);
    if (auto applied = conclude({**delivered}); !applied) {
        return failure(applied);
    }
    return delivered;
}

Applied send_alone(
    Tool& tool, std::string_view type, std::string_view body, const SendOptions& send
) {
    Remote remote(tool);
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    return send_and_print(tool, remote, *facts, type, body, send);
}

Attempt<void> done(Applied applied) {
    return applied ? Attempt<void>{} : failure(applied);
}

void say_when_to_hand_over(
    const Tool& tool, const std::string& file, const Voucher& voucher, const Delivered& confirmed
) {
    if (flag_of(confirmed.outcome, "certified")) {
        tool.say("certified: the code in " + file + " may be handed over");
    } else {
        tool.say(fmt::format(
            "hand over the code in {} when `tanji show voucher {}` says released",
            file,
            voucher.commitment().hex()
        ));
    }
}

}  // namespace

Attempt<void> redeem(Tool& tool, const RedeemOptions& options) {
    if (!ledger::is_offer_id(options.offer)) {
        return fail(Exit::usage, "{} is no offer: merchant.name", options.offer);
    }
    const auto hold_s = parse_duration(options.hold);
    if (!hold_s) {
        return fail(Exit::usage, "--hold {}: expected a time such as 15m", options.hold);
    }
    auto instruction = digest_of(options.instruction);
    if (!instruction) {
        return failure(instruction);
    }
    Remote remote(tool);
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    auto account = account_to_charge(tool, *facts, options);
    if (!account) {
        return failure(account);
    }
    auto points = price_of(remote, options);
    if (!points) {
        return failure(points);
    }
    JsonWriter body;
    body.open_object().member("account", *account).member("offer", options.offer);
    body.member("quantity", std::uint64_t{options.quantity}).amount_member("points", *points);
    body.member("hold_s", static_cast<std::uint64_t>(*hold_s));
    member_or_null(body, "instruction", *instruction);
    const std::string text = body.close_object().take();
    auto reserved = send_and_print(tool, remote, *facts, "redemption.reserve", text, options.send);
    // A holder who has signed this once need not name the account again; a custodian must.
    if (reserved && *reserved && !options.send.dry_run && options.instruction.empty()) {
        if (auto keys = load_keys(tool, {})) {
            static_cast<void>(remember_account(facts->ledger, keys->front().id(), *account));
        }
    }
    return done(std::move(reserved));
}

Attempt<void> confirm_redemption(Tool& tool, const RedemptionOptions& options) {
    if (auto checked = check_id(options.id); !checked) {
        return checked;
    }
    auto points = read_points(options.points);
    if (!points) {
        return failure(points);
    }
    auto voucher = find_voucher(options.voucher_file, options.id);
    if (!voucher) {
        return failure(voucher);
    }
    // On disk before the ledger is bound to it: a code that is lost cannot be handed over.
    if (!options.send.dry_run) {
        auto saved = write_file(options.voucher_file, voucher->to_json(), true);
        if (!saved) {
            return saved;
        }
    }
    JsonWriter body;
    body.open_object().member("redemption", options.id).amount_member("points", *points);
    body.member("voucher", voucher->commitment().hex()).close_object();
    auto confirmed = send_alone(tool, "redemption.confirm", body.text(), options.send);
    if (confirmed && *confirmed && !options.send.dry_run) {
        say_when_to_hand_over(tool, options.voucher_file, *voucher, **confirmed);
    }
    return done(std::move(confirmed));
}

Attempt<void> release_redemption(Tool& tool, const RedemptionOptions& options) {
    if (auto checked = check_id(options.id); !checked) {
        return checked;
    }
    auto instruction = digest_of(options.instruction);
    if (!instruction) {
        return failure(instruction);
    }
    JsonWriter body;
    body.open_object().member("redemption", options.id).member("reason", options.reason);
    member_or_null(body, "instruction", *instruction);
    body.close_object();
    return done(send_alone(tool, "redemption.release", body.text(), options.send));
}

Attempt<void> refund_redemption(Tool& tool, const RedemptionOptions& options) {
    if (auto checked = check_id(options.id); !checked) {
        return checked;
    }
    auto points = read_points(options.points);
    if (!points) {
        return failure(points);
    }
    JsonWriter body;
    body.open_object().member("redemption", options.id).amount_member("points", *points);
    body.member("stock", options.stock).member("reason", options.reason);
    body.close_object();
    return done(send_alone(tool, "redemption.refund", body.text(), options.send));
}

}  // namespace tanji::tools
