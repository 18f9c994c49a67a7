// Who may read what. The token was checked at the gate; whose keys signed a grant, only the ledger
// knows.
#include "api/credentials.h"
#include "api/handlers/handlers.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

bool is_verifier_of(
    const ledger::Member& member, const ledger::BatchRow& batch, ledger::TimeMs now
) {
    return member.grant(ledger::Role::verifier, ledger::slug_of(batch.methodology), now) !=
               nullptr ||
           member.grant(ledger::Role::verifier, batch.scheme, now) != nullptr;
}

std::string_view purpose_of(const Request& request) {
    const std::string* purpose = request.field("tanji-purpose");
    return purpose != nullptr ? std::string_view(*purpose) : std::string_view();
}

}  // namespace

Result<std::string> member_of(const Request& request) {
    if (!request.principal.is_member()) {
        return refuse(ErrorCode::forbidden, "this is read with a member's token");
    }
    return request.principal.member;
}

void log_read(Context& context, const Request& request, std::string_view object) {
    context.service.log_access(
        request.principal.token_id, request.route->name, object, purpose_of(request)
    );
}

Result<ledger::TimeMs> may_read_account(
    Context& context,
    const Request& request,
    const ledger::View& view,
    std::string_view account,
    std::string_view scope
) {
    const auto row = view.account(account);
    if (!request.grant.empty()) {
        // A key is valid from the time of its block on, which this node's clock may trail.
        const ledger::TimeMs now = std::max(request.received, view.head().time);
        const FindKey find = [&](const ledger::Account& of,
                                 const ledger::KeyId& id) -> std::optional<ledger::PublicKey> {
            const auto key = view.key(id);
            if (!key || key->owner != of.text() || !key->valid_at(now)) {
                return std::nullopt;
            }
            return key->key;
        };
        auto grant = check_grant(request.grant, view.head().ledger, request.received, find);
        if (!grant) {
            return refusal(grant);
        }
        if (grant->account.text() != account || !grant->covers(scope)) {
            return refuse(ErrorCode::forbidden, "the grant does not cover this");
        }
        context.service.log_access(
            grant->key.hex(), request.route->name, account, purpose_of(request)
        );
        return grant->not_after;
    }
    const std::string& member = request.principal.member;
    if (member != account && (!row || row->custodian != member)) {
        return refuse(ErrorCode::forbidden, "the token's member is not the account's custodian");
    }
    log_read(context, request, account);
    return ledger::time_never;
}

Status admit_to_account(
    Context& context, const Request& request, const ledger::View& view, std::string_view scope
) {
    const std::string& account = request.of_path("account");
    if (auto may = may_read_account(context, request, view, account, scope); !may) {
        return refusal(may);
    }
    if (!view.account(account) && !view.member(account)) {
        return refuse(ErrorCode::not_found, "there is no account {}", account);
    }
    return {};
}

Status may_read_batch(
    Context& context,
    const Request& request,
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::BatchRow& batch,
    bool bodies
) {
    const std::string& name = request.principal.member;
    const auto member = view.member(name);
    const auto schemes = view.schemes();
    const bool registers = std::ranges::any_of(schemes, [&](const ledger::Scheme& scheme) {
        return scheme.scheme == batch.scheme && scheme.registrar == name;
    });
    const bool allowed = batch.provider == name || registers ||
                         (member && is_verifier_of(*member, batch, view.head().time));
    if (!allowed) {
        return refuse(ErrorCode::forbidden, "the batch does not concern member {}", name);
    }
    const std::string_view purpose = purpose_of(request);
    if (bodies && (purpose.empty() || purpose.size() > 128)) {
        return refuse(
            ErrorCode::bad_request, "Tanji-Purpose must say, in 1..128 characters, why it is read"
        );
    }
    log_read(context, request, id.hex());
    return {};
}

}  // namespace tanji::api
