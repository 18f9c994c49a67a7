#include "ledger/parties/commands.h"

#include "ledger/parties/permission.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::size_t account_keys_max = 3;
constexpr std::array<std::string_view, 2> kinds = {"user", "venue"};

bool has_signed(const Execution& execution, const KeyId& key) {
    return std::ranges::any_of(execution.signers, [&](const auto& each) { return each.id == key; });
}

// key_exists, key_not_proven, key_limit, in the contract's order.
Status check_keys(const Execution& execution, const std::vector<PublicKey>& keys) {
    for (auto key = keys.begin(); key != keys.end(); ++key) {
        const bool repeated = std::find(keys.begin(), key, *key) != key;
        if (repeated || find_key(execution.state, key_id(*key))) {
            return refuse(ErrorCode::key_exists, "key {} is registered", key_id(*key).hex());
        }
    }
    for (const PublicKey& key : keys) {
        const bool proven = execution.unchecked || has_signed(execution, key_id(key));
        if (!is_acceptable(key) || !proven) {
            return refuse(ErrorCode::key_not_proven, "key {} did not sign", key_id(key).hex());
        }
    }
    if (keys.size() > account_keys_max) {
        return refuse(
            ErrorCode::key_limit, "{} keys, at most {} are allowed", keys.size(), account_keys_max
        );
    }
    return {};
}

}  // namespace

AccountOpen AccountOpen::read(JsonReader& body) {
    AccountOpen open;
    open.account = body.account("account");
    if (open.account.is_member() && !open.account.text().empty()) {
        body.fault("account", "is a member: only users and venues are opened");
    }
    open.kind = static_cast<AccountKind>(body.word("kind", kinds));
    const auto& keys = body.elements("keys", 0, 16);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::string* text = keys[i].string();
        const auto key = text != nullptr ? PublicKey::from_base64(*text) : std::nullopt;
        if (!key) {
            body.faults().add(
                body.pointer("keys") + "/" + std::to_string(i), "is no base64 of a public key"
            );
            break;
        }
        open.keys.push_back(*key);
    }
    if (!body.is_null("owner")) {
        open.owner = body.digest("owner");
    }
    return open;
}

// Also a venue's opening, refused, that names an account which is a user's.
bool AccountOpen::is_sealed(const Reader& reader) const {
    const auto existing = find_account(reader, account.text());
    return kind == AccountKind::user || (existing && existing->kind == AccountKind::user);
}

void AccountOpen::write_public(JsonWriter& out, const Reader&, const Salt& salt) const {
    out.member("account", commit("account", salt, account.user().view()).hex());
    out.member("kind", name_of(kind));
    out.member("keys", std::uint64_t{keys.size()});
}

Status AccountOpen::apply(Execution& execution) const {
    const auto custodian = signer_with_role(execution, Role::operator_, {});
    if (!custodian) {
        const bool member_signed = std::ranges::any_of(execution.signers, [](const Signer& signer) {
            return signer.row.command;
        });
        return refuse(
            member_signed ? ErrorCode::role_missing : ErrorCode::signatures_insufficient,
            "no operator signed"
        );
    }
    if (find_account(execution.state, account.text())) {
        return refuse(ErrorCode::account_exists, "account {} exists", account.text());
    }
    if (auto checked = check_keys(execution, keys); !checked) {
        return refusal(checked);
    }
    AccountRow row = {
        .kind = kind,
        .custodian = *custodian,
        .keys = {},
        .owner = owner,
        .salt = execution.salt,
        .leaf = execution.leaf,
    };
    for (const PublicKey& key : keys) {
        row.keys.push_back(key_id(key));
        const KeyRow registered = {
            .owner = account.text(),
            .command = false,
            .governor = false,
            .key = key,
            .from = execution.now,
            .until = time_never,
        };
        save(execution.state, schema::key(key_id(key)), registered);
    }
    save(execution.state, schema::account(account.text()), row);
    return {};
}

bool read_instructed(JsonReader& body) {
    if (body.is_null("instruction")) {
        return false;
    }
    body.digest("instruction");
    return true;
}

std::string blinded(const Reader& reader, const Salt& salt, const Account& account) {
    return names_user(reader, account) ? commit("account", salt, account.user().view()).hex()
                                       : account.text();
}

}  // namespace tanji::ledger
