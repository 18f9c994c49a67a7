#include "api/credentials.h"

#include "api/service.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

constexpr std::array<std::string_view, 3> scope_names = {"account", "history", "records"};
constexpr std::size_t grant_bytes_max = 1024;
constexpr ledger::TimeMs max_skew_ms = 2'000;  // of the clock of whoever made the grant

// `a.b.c` in parts; empty when there are not `count`.
std::vector<std::string_view> parts_of(std::string_view text, std::size_t count) {
    std::vector<std::string_view> parts;
    while (parts.size() < count) {
        const auto dot = std::min(text.find('.'), text.size());
        parts.push_back(text.substr(0, dot));
        if (dot == text.size()) {
            break;
        }
        text.remove_prefix(dot + 1);
        if (parts.size() == count) {
            return {};  // more than that
        }
    }
    return parts.size() == count ? parts : std::vector<std::string_view>{};
}

Result<std::pair<Grant, ledger::TimeMs>> read_payload(
    std::string_view payload, const ledger::Hash& ledger_id
) {
    const auto value = ledger::parse_json(payload, ErrorCode::grant_invalid);
    if (!value) {
        return std::unexpected(value.error());
    }
    ledger::JsonFaults faults(ErrorCode::grant_invalid);
    ledger::JsonReader in(*value, "", faults);
    Grant grant;
    const ledger::Hash named = in.digest("ledger");
    grant.account = in.account("account");
    for (const ledger::JsonValue& element : in.elements("scope", 1, scope_names.size())) {
        const std::string* name = element.string();
        const auto found =
            name == nullptr ? scope_names.end() : std::ranges::find(scope_names, *name);
        if (found == scope_names.end()) {
            in.fault("scope", "names an unknown scope");
            break;
        }
        grant.scopes.push_back(*name);
    }
    const auto not_after = static_cast<ledger::TimeMs>(
        in.integer("not_after", 0, static_cast<std::uint64_t>(ledger::time_ms_max))
    );
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    if (named != ledger_id) {
        return refuse(ErrorCode::grant_invalid, "the grant is for another ledger");
    }
    return std::pair(std::move(grant), not_after);
}

}  // namespace

Result<Principal> check_member_token(
    std::string_view bearer, std::span<const MemberToken> tokens, ledger::TimeMs now
) {
    const auto parts = parts_of(bearer, 3);
    if (parts.empty() || parts[0] != "tm1") {
        return refuse(ErrorCode::token_invalid, "this is neither a member token nor a read grant");
    }
    const auto secret = ledger::from_base64url(parts[2]);
    if (!secret || secret->size() != 32) {
        return refuse(ErrorCode::token_invalid, "the token's secret cannot be read");
    }
    const ledger::Hash hash = ledger::sha256(*secret);
    for (const MemberToken& token : tokens) {
        if (token.id != parts[1] ||
            !ledger::equal_in_constant_time(token.secret.view(), hash.view())) {
            continue;
        }
        if (token.expires_ms <= now) {
            return refuse(ErrorCode::token_invalid, "the token has expired");
        }
        const auto has = [&](std::string_view scope) {
            return std::ranges::find(token.scopes, scope) != token.scopes.end();
        };
        return Principal{
            .member = token.member,
            .token_id = token.id,
            .may_read = has("read"),
            .may_stream = has("stream"),
        };
    }
    return refuse(ErrorCode::token_invalid, "the token is not known here");
}

std::string member_token_text(std::string_view id, ledger::ByteView secret) {
    assert(id.size() == 8 && secret.size() == 32);
    return "tm1." + std::string(id) + "." + ledger::to_base64url(secret);
}

std::optional<std::string_view> bearer_of(const std::string* authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization == nullptr || authorization->size() <= scheme.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = (*authorization)[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != scheme[i]) {
            return std::nullopt;
        }
    }
    return std::string_view(*authorization).substr(scheme.size());
}

bool is_grant(std::string_view bearer) {
    return bearer.starts_with("tg1.");
}

bool Grant::covers(std::string_view scope) const {
    return std::ranges::find(scopes, scope) != scopes.end();
}

Result<Grant> check_grant(
    std::string_view bearer, const ledger::Hash& ledger_id, ledger::TimeMs now, const FindKey& find
) {
    const auto parts = parts_of(bearer, 4);
    if (parts.empty() || parts[0] != "tg1" || bearer.size() > grant_bytes_max) {
        return refuse(ErrorCode::grant_invalid, "this is no read grant");
    }
    const auto payload = ledger::from_base64url(parts[1]);
    const auto key_id = ledger::KeyId::from_hex(parts[2]);
    const auto raw = ledger::from_base64url(parts[3]);
    const auto signature = raw ? ledger::Signature::from(*raw) : std::nullopt;
    if (!payload || !key_id || !signature) {
        return refuse(ErrorCode::grant_invalid, "the grant's parts cannot be read");
    }
    auto read = read_payload(*payload, ledger_id);
    if (!read) {
        return refusal(read);
    }
    auto& [grant, not_after] = *read;
    const auto key = find(grant.account, *key_id);
    if (!key || !ledger::verify(*key, ledger::pae(grant_payload_type, *payload), *signature)) {
        return refuse(ErrorCode::grant_invalid, "no key of the account signed this grant");
    }
    if (not_after <= now) {
        return refuse(ErrorCode::grant_expired, "the grant ended at {}", not_after);
    }
    if (not_after > now + grant_life_max_ms + max_skew_ms) {
        return refuse(ErrorCode::grant_invalid, "a grant lives for 15 minutes at most");
    }
    grant.key = *key_id;
    grant.not_after = not_after;
    return std::move(grant);
}

}  // namespace tanji::api
