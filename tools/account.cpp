#include "tools/accounts_book.h"
#include "tools/desk.h"
#include "tools/grants.h"
#include "tools/holders.h"
#include "tools/keys.h"

#include <algorithm>

namespace tanji::tools {

namespace {

// Later commands find the account by its key.
Attempt<void> remember(
    const LedgerFacts& facts, const std::string& account, const OpenOptions& options
) {
    for (const std::string& file : options.holder_keys) {
        auto key = load_key(file);
        if (!key) {
            return failure(key);
        }
        if (auto kept = remember_account(facts.ledger, key->id(), account); !kept) {
            return kept;
        }
    }
    return {};
}

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
    Remote remote(tool);
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    auto opened = send_command(tool, remote, *facts, "account.open", body, sending);
    if (!opened) {
        return failure(opened);
    }
    if (!*opened) {
        return {};
    }
    if ((*opened)->applied() && !options.send.dry_run) {
        if (auto kept = remember(*facts, account->hex(), options); !kept) {
            return kept;
        }
    }
    return conclude({**opened});
}

Attempt<void> grant(Tool& tool, const GrantOptions& options) {
    const auto life = parse_duration(options.life);
    if (!life || *life > grant_life_s_max) {
        return fail(Exit::usage, "a grant lasts 15m at most");
    }
    for (const std::string& scope : options.scopes) {
        if (std::ranges::count(grant_scopes, scope) == 0) {
            const auto like = nearest(scope, grant_scopes);
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
    tool.print(make_grant(
        keys->front(),
        facts->ledger,
        options.account,
        options.scopes.empty() ? grant_scopes : options.scopes,
        *life
    ));
    return {};
}

}  // namespace tanji::tools
