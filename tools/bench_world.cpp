#include "tools/bench_world.h"

#include "ledger/command/batch.h"
#include "ledger/parties/scheme.h"
#include "tools/accounts_book.h"
#include "tools/bench_prepare.h"
#include "tools/documents.h"
#include "tools/grants.h"
#include "tools/keys.h"

#include <algorithm>

namespace tanji::tools {

using ledger::JsonValue;
using ledger::JsonWriter;
using ledger::SigningKey;

namespace {

constexpr std::uint32_t acts_per_account = 5;
constexpr std::size_t commands_per_request = 500;
constexpr ledger::TimeMs offer_life_ms = 7 * ledger::ms_per_day;

struct WorldKeys {
    SigningKey provider;
    SigningKey operator_;
    SigningKey verifier;
    SigningKey merchant;
};

// A key by its own option, or that of the member of a demo who has the role.
Attempt<SigningKey> find_key(
    const MixOptions& options, const std::string& file, std::string_view option, const char* member
) {
    if (!file.empty()) {
        return load_key(file);
    }
    if (options.demo.empty()) {
        return fail(Exit::usage, "say whose keys: {} FILE, or --demo DIR", option);
    }
    return load_key(fmt::format("{}/keys/{}.key", options.demo, member));
}

Attempt<WorldKeys> find_keys(const MixOptions& options) {
    auto provider = find_key(options, options.provider_key, "--provider-key", "ev");
    auto opener = find_key(options, options.operator_key, "--operator-key", "wallet");
    auto verifier = find_key(options, options.verifier_key, "--verifier-key", "verico");
    auto merchant = find_key(options, options.merchant_key, "--merchant-key", "shop");
    for (auto* key : {&provider, &opener, &verifier, &merchant}) {
        if (!*key) {
            return failure(*key);
        }
    }
    return WorldKeys{*provider, *opener, *verifier, *merchant};
}

// The programme that was asked for, or the first whose points may be spent at once.
Attempt<std::string> find_programme(Remote& remote, const MixOptions& options) {
    if (!options.programme.empty()) {
        return options.programme;
    }
    auto page = remote.get_json("/v1/programmes?limit=500");
    if (!page) {
        return failure(page);
    }
    const JsonValue* data = page->find("data");
    if (data != nullptr && data->array() != nullptr) {
        for (const JsonValue& each : *data->array()) {
            if (each.find("delay_days") != nullptr && number_of(each, "delay_days") == 0) {
                return text_of(each, "slug");
            }
        }
    }
    return fail(
        Exit::usage, "no programme pays at once: publish one with delay_days 0, then --programme"
    );
}

Attempt<void> must_apply(
    const Tool& tool,
    Remote& remote,
    const LedgerFacts& facts,
    std::string_view type,
    std::string_view body,
    const SigningKey& key
) {
    auto envelope = sign(compose(type, facts, body), std::span(&key, 1));
    auto parcel = envelope ? pack(*envelope) : Attempt<Parcel>(failure(envelope));
    if (!parcel) {
        return failure(parcel);
    }
    auto delivered = deliver(tool, remote, *parcel, {});
    return delivered ? conclude({*delivered}) : failure(delivered);
}

// Every line of the reply must be good.
Attempt<void> send_lines(Remote& remote, const std::string& lines) {
    auto reply = remote.post("/v1/commands", "application/x-ndjson", lines);
    if (!reply) {
        return failure(reply);
    }
    if (!reply->ok()) {
        return std::unexpected(problem_of(*reply));
    }
    for (std::string_view left = reply->body; !left.empty();) {
        const std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(left.size(), line.size() + 1));
        const auto value = ledger::parse_tolerant_json(line);
        const std::uint64_t status = value ? number_of(*value, "status") : 0;
        if (status < 200 || status >= 300) {
            const JsonValue* body = value ? value->find("body") : nullptr;
            return std::unexpected(Failure{
                Exit::refused,
                body != nullptr ? text_of(*body, "detail") : "a line was not answered",
                body != nullptr ? text_of(*body, "code") : std::string(),
            });
        }
    }
    return {};
}

Attempt<void> open_accounts(
    Remote& remote, MixWorld& world, std::uint32_t count, const SigningKey& opener
) {
    std::string lines;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto account = *ledger::UserId::from(ledger::random_bytes(ledger::UserId::length));
        world.spenders.push_back({.account = account, .key = SigningKey::generate()});
        const SigningKey& holder = world.spenders.back().key;
        const auto salt = *ledger::Salt::from(ledger::random_bytes(ledger::Salt::length));
        const std::string body =
            user_body(account, {holder.public_key()}, ledger::commit("owner", salt, ""));
        const std::vector<SigningKey> keys{opener, holder};
        auto envelope = sign(compose("account.open", world.facts, body), keys);
        if (!envelope) {
            return failure(envelope);
        }
        lines += ledger::to_text(*envelope) + "\n";
        if ((i + 1) % commands_per_request == 0 || i + 1 == count) {
            if (auto opened = send_lines(remote, lines); !opened) {
                return opened;
            }
            lines.clear();
        }
    }
    return {};
}

std::string verdict_body(const ledger::CommandId& batch, std::uint64_t count) {
    JsonWriter body;
    body.open_object().member("batch", batch.hex()).member("verdict", "accept");
    body.name("except").open_array().close_array().member("level", "limited");
    body.member("sampled", std::min(count, ledger::sample_min));
    body.member("report", ledger::sha256("SYNTHETIC").hex()).name("reason").null();
    return body.close_object().take();
}

// Acts of all accounts, reported and attested, so that their programme awards points.
Attempt<void> earn_points(
    const Tool& tool,
    Remote& remote,
    const MixWorld& world,
    const WorldKeys& keys,
    const BenchOptions& options
) {
    auto rules = read_rules(remote, options, keys.provider);
    if (!rules) {
        return failure(rules);
    }
    for (const Spender& spender : world.spenders) {
        rules->accounts.push_back(spender.account);
    }
    const std::uint64_t acts = std::uint64_t{acts_per_account} * world.spenders.size();
    for (std::uint64_t first = 0; first < acts; first += ledger::batch_records_max) {
        const auto count = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(ledger::batch_records_max, acts - first)
        );
        auto batch = make_signed_batch(*rules, first, count, std::span(&keys.provider, 1));
        if (!batch) {
            return failure(batch);
        }
        const Parcel parcel{
            .id = batch->id,
            .path = "/v1/activities",
            .content_type = std::string(ledger::batch_media_type),
            .signature = batch->signature,
            .body = batch->body,
        };
        auto reported = deliver(tool, remote, parcel, {});
        if (!reported) {
            return failure(reported);
        }
        if (auto taken = conclude({*reported}); !taken) {
            return taken;
        }
        const std::string body = verdict_body(batch->id, count);
        auto attested =
            must_apply(tool, remote, world.facts, "activity.attest", body, keys.verifier);
        if (!attested) {
            return attested;
        }
    }
    return {};
}

std::string offer_body(const MixWorld& world, const std::string& programme) {
    const ledger::TimeMs now = std::max(now_ms(), world.facts.time);
    JsonWriter body;
    body.open_object().member("offer", world.offer).name("title").open_object();
    body.member("zh", "压测（合成数据）").member("en", "load, SYNTHETIC").close_object();
    body.member("programme", programme).amount_member("price", 1).name("stock").null();
    body.member("opens_at", static_cast<std::uint64_t>(now - 1'000));
    body.member("closes_at", static_cast<std::uint64_t>(now + offer_life_ms));
    body.name("limit").null().member("cooldown_s", std::uint64_t{0});
    body.member("quantity_max", std::uint64_t{1}).member("hold_s_max", std::uint64_t{3'600});
    body.member("refund_days", std::uint64_t{0});
    body.member("terms", ledger::sha256("SYNTHETIC").hex());
    return body.close_object().take();
}

// What the ledger says that each account may spend, which caps may have cut.
Attempt<void> count_points(Remote& remote, MixWorld& world, const std::string& programme) {
    for (Spender& spender : world.spenders) {
        const std::string account = spender.account.hex();
        const std::string grant =
            make_grant(spender.key, world.facts.ledger, account, {"account"}, grant_life_s_max);
        auto state =
            remote.get_json("/v1/accounts/" + account, {{"Authorization", "Bearer " + grant}});
        if (!state) {
            return failure(state);
        }
        const JsonValue* purses = state->find("points");
        if (purses == nullptr || purses->array() == nullptr) {
            continue;
        }
        for (const JsonValue& purse : *purses->array()) {
            if (text_of(purse, "programme") == programme) {
                spender.points = ledger::parse_amount(text_of(purse, "available")).value_or(0);
            }
        }
        world.points += spender.points;
    }
    return {};
}

}  // namespace

Attempt<MixWorld> build_world(const Tool& tool, Remote& remote, const MixOptions& options) {
    auto keys = find_keys(options);
    if (!keys) {
        return failure(keys);
    }
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    auto genesis = load_genesis(remote);
    if (!genesis) {
        return failure(genesis);
    }
    auto programme = find_programme(remote, options);
    if (!programme) {
        return failure(programme);
    }
    MixWorld world{.facts = *facts, .offer = {}, .merchant = keys->merchant, .spenders = {}};
    world.offer = fmt::format(
        "{}.load-{}",
        owner_of(*genesis, keys->merchant.id()),
        ledger::to_hex(ledger::random_bytes(4))
    );
    BenchOptions acts;
    acts.methodology =
        options.methodology.empty() && !options.demo.empty() ? "bike-demo@1" : options.methodology;
    acts.programme = *programme;
    tool.say(fmt::format("opening {} accounts, SYNTHETIC", options.accounts));
    auto opened = open_accounts(remote, world, std::max(1U, options.accounts), keys->operator_);
    if (!opened) {
        return failure(opened);
    }
    tool.say(fmt::format("earning points of {}", *programme));
    if (auto earned = earn_points(tool, remote, world, *keys, acts); !earned) {
        return failure(earned);
    }
    auto published = must_apply(
        tool, remote, *facts, "offer.publish", offer_body(world, *programme), keys->merchant
    );
    if (!published) {
        return failure(published);
    }
    if (auto counted = count_points(remote, world, *programme); !counted) {
        return failure(counted);
    }
    return world;
}

}  // namespace tanji::tools
