#include "node/tokens.h"

#include "api/credentials.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"
#include "node/storage/file.h"

#include <array>

namespace tanji::node {
namespace {

constexpr std::size_t file_bytes_max = 1U << 20U;
constexpr std::size_t secret_bytes = 32;
constexpr std::array<std::string_view, 2> scope_words = {"read", "stream"};

ledger::Result<api::MemberToken> read_token(std::string_view line) {
    const auto value = ledger::parse_json(line, ledger::ErrorCode::bad_request);
    if (!value) {
        return std::unexpected(value.error());
    }
    ledger::JsonFaults faults(ledger::ErrorCode::bad_request);
    ledger::JsonReader in(*value, "", faults);
    api::MemberToken token;
    token.id = in.text("id", 8);
    token.secret = in.digest("secret");
    token.member = in.slug("member");
    for (const ledger::JsonValue& scope : in.elements("scopes", 1, scope_words.size())) {
        token.scopes.push_back(scope.string() != nullptr ? *scope.string() : "");
    }
    token.expires_ms = static_cast<ledger::TimeMs>(
        in.integer("expires", 0, static_cast<std::uint64_t>(ledger::time_ms_max))
    );
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    return token;
}

std::string to_line(const api::MemberToken& token) {
    ledger::JsonWriter out;
    out.open_object().member("id", token.id).member("secret", token.secret.hex());
    out.member("member", token.member).name("scopes").open_array();
    for (const std::string& scope : token.scopes) {
        out.string(scope);
    }
    out.close_array().member("expires", static_cast<std::uint64_t>(token.expires_ms));
    out.close_object();
    return out.take() + "\n";
}

}  // namespace

ledger::Result<std::vector<api::MemberToken>> read_tokens(const std::string& file) {
    auto content = read_file(file, file_bytes_max);
    if (!content) {
        return ledger::refusal(content);
    }
    std::vector<api::MemberToken> tokens;
    std::string_view left = *content ? std::string_view(**content) : std::string_view{};
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        auto token = read_token(left.substr(0, end));
        if (!token) {
            return ledger::refusal(token);
        }
        tokens.push_back(std::move(*token));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return tokens;
}

ledger::Status write_tokens(const std::string& file, const std::vector<api::MemberToken>& tokens) {
    std::string content;
    for (const api::MemberToken& token : tokens) {
        content += to_line(token);
    }
    return write_file(file, content, 0600, Existing::replace);
}

ledger::Result<std::string> add_token(
    const std::string& file,
    const std::string& member,
    std::vector<std::string> scopes,
    ledger::TimeMs expires
) {
    auto tokens = read_tokens(file);
    if (!tokens) {
        return ledger::refusal(tokens);
    }
    const ledger::Bytes secret = ledger::random_bytes(secret_bytes);
    api::MemberToken token = {
        .id = ledger::to_hex(ledger::random_bytes(4)),
        .secret = {},
        .member = member,
        .scopes = std::move(scopes),
        .expires_ms = expires,
    };
    std::string text = api::member_token_text(token.id, secret);
    token.secret = ledger::sha256(secret);
    tokens->push_back(std::move(token));
    if (auto written = write_tokens(file, *tokens); !written) {
        return ledger::refusal(written);
    }
    return text;
}

ledger::Status revoke_token(const std::string& file, std::string_view id) {
    auto tokens = read_tokens(file);
    if (!tokens) {
        return ledger::refusal(tokens);
    }
    if (std::erase_if(*tokens, [&](const auto& token) { return token.id == id; }) == 0) {
        return ledger::refuse(ledger::ErrorCode::not_found, "no token {}", id);
    }
    return write_tokens(file, *tokens);
}

}  // namespace tanji::node
