#include "ledger/parties/permission.h"

#include "ledger/parties/account.h"
#include "ledger/parties/thresholds.h"
#include "ledger/store/schema.h"

#include <algorithm>
#include <set>

namespace tanji::ledger {
namespace {

bool is_governor_at(const KeyRow& key, TimeMs now) {
    return key.governor && key.valid_at(now);
}

// Members that are active and have a governor key valid now: the electorate.
std::size_t count_governors(const Reader& reader, TimeMs now) {
    std::set<std::string> governors;
    reader.scan("K", schema::end_of("K"), [&](ByteView, ByteView value) {
        const auto key = decoded<KeyRow>(value);
        if (is_governor_at(key, now) && !find_member(reader, key.owner)->suspended) {
            governors.insert(key.owner);
        }
        return true;
    });
    return governors.size();
}

std::optional<std::string> any_with_role(
    const Execution& execution, Role role, std::string_view scope
) {
    std::optional<std::string> found;
    const Bytes end = schema::end_of(schema::all_members);
    execution.state.scan(schema::all_members, end, [&](ByteView, ByteView value) {
        const auto member = decoded<Member>(value);
        if (member.grant(role, scope, execution.now) != nullptr) {
            found = member.member;
        }
        return !found;
    });
    return found;
}

}  // namespace

Status check_signers(const Execution& execution) {
    for (const Signer& signer : execution.signers) {
        if (!signer.row.valid_at(execution.now)) {
            return refuse(
                ErrorCode::key_revoked,
                "key {} of {} is not valid now",
                signer.id.hex(),
                signer.row.owner
            );
        }
        if (signer.row.of_member() && find_member(execution.state, signer.row.owner)->suspended) {
            return refuse(ErrorCode::member_suspended, "member {} is suspended", signer.row.owner);
        }
    }
    return {};
}

bool signed_by_member(const Execution& execution, std::string_view member) {
    return execution.unchecked || std::ranges::any_of(execution.signers, [&](const Signer& signer) {
               return signer.row.command && signer.row.owner == member;
           });
}

Status require_role(
    const Execution& execution, std::string_view member, Role role, std::string_view scope
) {
    if (!signed_by_member(execution, member)) {
        return refuse(
            ErrorCode::signatures_insufficient, "{} did not sign with a command key", member
        );
    }
    const auto found = find_member(execution.state, member);
    if (!found || found->grant(role, scope, execution.now) == nullptr) {
        return refuse(
            ErrorCode::role_missing,
            "{} is not {} of {}",
            member,
            name_of(role),
            scope.empty() ? "anything" : scope
        );
    }
    return {};
}

std::optional<std::string> signer_with_role(
    const Execution& execution, Role role, std::string_view scope
) {
    if (execution.unchecked) {
        return any_with_role(execution, role, scope);
    }
    for (const Signer& signer : execution.signers) {
        if (!signer.row.command) {
            continue;
        }
        const auto member = find_member(execution.state, signer.row.owner);
        if (member && member->grant(role, scope, execution.now) != nullptr) {
            return signer.row.owner;
        }
    }
    return std::nullopt;
}

Status require_governors(const Execution& execution, std::string_view action) {
    if (execution.unchecked) {
        return {};
    }
    std::set<std::string> signed_by;
    for (const Signer& signer : execution.signers) {
        if (is_governor_at(signer.row, execution.now)) {
            signed_by.insert(signer.row.owner);
        }
    }
    const std::size_t governors = count_governors(execution.state, execution.now);
    const std::size_t needed = signatures_needed(threshold_of(execution.state, action), governors);
    if (signed_by.size() < needed) {
        return refuse(
            ErrorCode::signatures_insufficient,
            "{} of {} governors signed, {} are needed",
            signed_by.size(),
            governors,
            needed
        );
    }
    return {};
}

Status require_holder(const Execution& execution, const Account& account, bool instructed) {
    if (account.is_member()) {
        if (!signed_by_member(execution, account.text())) {
            return refuse(
                ErrorCode::signatures_insufficient,
                "{} did not sign with a command key",
                account.text()
            );
        }
        return {};
    }
    if (execution.unchecked) {
        return {};
    }
    const auto row = find_account(execution.state, account.text());
    assert(row.has_value());
    if (row->keys.empty()) {
        if (!signed_by_member(execution, row->custodian) || !instructed) {
            return refuse(
                ErrorCode::signatures_insufficient,
                "an account without keys needs its custodian's signature and the digest of the "
                "user's instruction"
            );
        }
        return {};
    }
    const bool own = std::ranges::any_of(execution.signers, [&](const Signer& signer) {
        return std::ranges::find(row->keys, signer.id) != row->keys.end();
    });
    if (!own) {
        return refuse(ErrorCode::signatures_insufficient, "no key of the account signed");
    }
    return {};
}

bool names_user(const Reader& reader, const Account& account) {
    if (account.is_member()) {
        return false;
    }
    const auto row = find_account(reader, account.text());
    return !row || row->kind == AccountKind::user;
}

}  // namespace tanji::ledger
