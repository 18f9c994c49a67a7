#include "ledger/value/crypto.h"
#include "tools/accounts_book.h"
#include "tools/desk.h"
#include "tools/keys.h"

#include <algorithm>

namespace tanji::tools {

namespace {

constexpr std::int64_t grant_life_s_max = 15 * 60;
constexpr std::string_view grant_type = "application/vnd.tanji.read-grant+json";

}  // namespace

Attempt<void> open_account(Tool& tool, const OpenOptions& options) {
    const auto account = options.account.empty()
                             ? ledger::UserId::from(ledger::random_bytes(ledger::UserId::length))
                             : ledger::UserId::from_hex(options.account);
    if (!account || account->is_zero()) {
        return fail(Exit::usage, "an account is 32 hexadecimal digits");
    }
    std::vector<ledger::PublicKey> keys;
    Dispatch sending = dispatch_of(options.send);
    for (const std::string& file : options.holder_keys) {
        auto key = load_key(file);
        if (!key) {
            return failure(key);
        }
        keys.push_back(key->public_key());
        sending.other_keys.push_back(file);  // a key enters only by a command that it signs too
    }
    // The salt of the commitment belongs to whoever knows the owner: it goes to stderr once.
    const auto salt = *ledger::Salt::from(ledger::random_bytes(ledger::Salt::length));
    if (!options.owner.empty()) {
        tool.say(fmt::format("owner salt, keep it: {}", salt.hex()));
    }
    if (!tool.json) {
        tool.print("account  " + account->hex());
    }
    const ledger::Hash owner = ledger::commit("owner", salt, options.owner);
    const std::string body = user_body(*account, keys, owner, options.venue ? "venue" : "user");
    return dispatch(tool, "account.open", body, sending);
}

Attempt<void> grant(Tool& tool, const GrantOptions& options) {
    const auto life = parse_duration(options.life);
    if (!life || *life > grant_life_s_max) {
        return fail(Exit::usage, "a grant lasts 15m at most");
    }
    const std::vector<std::string> known{"account", "history", "records"};
    for (const std::string& scope : options.scopes) {
        if (std::ranges::count(known, scope) == 0) {
            const auto like = nearest(scope, known);
            return fail(
                Exit::usage,
                "there is no scope {}{}",
                scope,
                like ? "; did you mean " + *like + "?" : ": account, history, records"
            );
        }
    }
    if (!ledger::UserId::from_hex(options.account)) {
        return fail(Exit::usage, "an account is 32 hexadecimal digits");
    }
    auto keys = load_keys(tool, {});
    if (!keys) {
        return failure(keys);
    }
    Remote remote(tool);
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    ledger::JsonWriter payload;
    payload.open_object().member("ledger", facts->ledger.hex());
    payload.member("account", options.account).name("scope").open_array();
    for (const std::string& scope : options.scopes.empty() ? known : options.scopes) {
        payload.string(scope);
    }
    payload.close_array();
    payload.member("not_after", static_cast<std::uint64_t>(now_ms() + *life * 1'000));
    payload.close_object();
    const ledger::SigningKey& key = keys->front();
    const auto signature = key.sign(ledger::pae(grant_type, payload.text()));
    tool.print(fmt::format(
        "tg1.{}.{}.{}",
        ledger::to_base64url(payload.text()),
        key.id().hex(),
        ledger::to_base64url(signature.view())
    ));
    return {};
}

}  // namespace tanji::tools
