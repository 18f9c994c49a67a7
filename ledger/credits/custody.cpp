// Transferring, assigning, retiring and cancelling: every test in the order of the contract, then
// one posting.
#include "ledger/credits/book.h"
#include "ledger/credits/commands.h"
#include "ledger/credits/reserve.h"
#include "ledger/credits/retirement.h"
#include "ledger/parties/account.h"
#include "ledger/parties/permission.h"
#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

std::string scheme_of(std::string_view credit_class) {
    return std::string(credit_class.substr(0, credit_class.find(':')));
}

Status require_account(const Execution& execution, const Account& account) {
    if (!account_exists(execution.state, account)) {
        return refuse(ErrorCode::account_unknown, "no account {}", account.text());
    }
    return {};
}

// The account exists and its holder signed.
Status require_own_account(const Execution& execution, const Account& account, bool instructed) {
    if (auto found = require_account(execution, account); !found) {
        return found;
    }
    return require_holder(execution, account, instructed);
}

Status require_class(const Execution& execution, std::string_view credit_class) {
    if (!find_class(execution.state, credit_class)) {
        return refuse(ErrorCode::class_unknown, "no class {}", credit_class);
    }
    return {};
}

Status require_no_obligation(
    const Execution& execution, const Account& account, std::string_view credit_class
) {
    const Obligation obligation =
        find_obligation(execution.state, account.text(), scheme_of(credit_class));
    if (obligation.owed > 0) {
        return refuse(
            ErrorCode::obligation_outstanding,
            "{} owes {} grams in {}",
            account.text(),
            obligation.owed,
            scheme_of(credit_class)
        );
    }
    return {};
}

Status require_held(
    const Execution& execution, const Account& account, std::string_view credit_class, Amount amount
) {
    const Amount held = find_holding(execution.state, account, credit_class).held;
    if (held < amount) {
        return refuse(ErrorCode::insufficient_credits, "held {}, needed {}", held, amount);
    }
    return {};
}

CreditPlace held_by(const Account& account) {
    return {.bucket = CreditBucket::held, .account = account};
}

}  // namespace

Status CreditTransfer::apply(Execution& execution) const {
    if (auto own = require_own_account(execution, account, instructed); !own) {
        return own;
    }
    if (auto found = require_account(execution, to); !found) {
        return found;
    }
    if (!account.is_member() || !to.is_member() || account == to) {
        return refuse(
            ErrorCode::transfer_not_allowed, "grams are transferred between two members only"
        );
    }
    if (auto found = require_class(execution, credit_class); !found) {
        return found;
    }
    if (auto clear = require_no_obligation(execution, account, credit_class); !clear) {
        return clear;
    }
    if (auto enough = require_held(execution, account, credit_class, amount); !enough) {
        return enough;
    }
    return post_credits(execution, credit_class, held_by(account), held_by(to), amount);
}

Status CreditAssign::apply(Execution& execution) const {
    if (auto own = require_own_account(execution, account, instructed); !own) {
        return own;
    }
    if (!names_user(execution.state, account)) {
        return refuse(ErrorCode::account_unknown, "{} is no user's account", account.text());
    }
    if (auto found = require_account(execution, to); !found) {
        return found;
    }
    const bool to_venue = !to.is_member() && !names_user(execution.state, to);
    if (purpose == "assign" ? !to.is_member() : !to_venue) {
        return refuse(
            ErrorCode::recipient_not_allowed, "grams are assigned to a member, donated to a venue"
        );
    }
    if (purpose == "assign" && !signed_by_member(execution, to.text())) {
        return refuse(
            ErrorCode::signatures_insufficient, "{} did not sign that it takes the grams", to.text()
        );
    }
    if (auto found = require_class(execution, credit_class); !found) {
        return found;
    }
    if (auto enough = require_held(execution, account, credit_class, amount); !enough) {
        return enough;
    }
    return post_credits(execution, credit_class, held_by(account), held_by(to), amount);
}

Status CreditRetire::apply(Execution& execution) const {
    if (auto own = require_own_account(execution, account, instructed); !own) {
        return own;
    }
    if (auto found = require_class(execution, credit_class); !found) {
        return found;
    }
    if (auto clear = require_no_obligation(execution, account, credit_class); !clear) {
        return clear;
    }
    if (auto enough = require_held(execution, account, credit_class, amount); !enough) {
        return enough;
    }
    const Amount before = find_class(execution.state, credit_class)->retired;
    const CreditPlace retired = {.bucket = CreditBucket::retired, .account = {}};
    if (auto posted = post_credits(execution, credit_class, held_by(account), retired, amount);
        !posted) {
        return posted;
    }
    const Retirement retirement = {
        .account = account.text(),
        .credit_class = credit_class,
        .amount = amount,
        .first = before + 1,
        .last = before + amount,
        .purpose = purpose,
        .beneficiary = beneficiary.value_or(""),
        .commitment = commitment.value_or(Hash{}),
        .statement = statement,
        .leaf = execution.leaf,
        .time = execution.now,
    };
    save(execution.state, schema::retirement(execution.id), retirement);
    execution.effects.retirement = RetirementEffect{
        .id = execution.id,
        .first = retirement.first,
        .last = retirement.last,
    };
    return {};
}

Status CreditCancel::apply(Execution& execution) const {
    if (auto own = require_own_account(execution, account, instructed); !own) {
        return own;
    }
    if (auto found = require_class(execution, credit_class); !found) {
        return found;
    }
    const std::string scheme = scheme_of(credit_class);
    Obligation obligation = find_obligation(execution.state, account.text(), scheme);
    if (amount > obligation.owed) {
        return refuse(
            ErrorCode::obligation_exceeded,
            "{} owes {} grams in {}, not {}",
            account.text(),
            obligation.owed,
            scheme,
            amount
        );
    }
    if (auto enough = require_held(execution, account, credit_class, amount); !enough) {
        return enough;
    }
    const CreditPlace reversed = {.bucket = CreditBucket::reversed, .account = {}};
    if (auto posted = post_credits(execution, credit_class, held_by(account), reversed, amount);
        !posted) {
        return posted;
    }
    obligation.owed -= amount;
    const Bytes key = schema::obligation(account.text(), scheme);
    if (obligation.owed == 0) {
        execution.state.erase(key);
    } else {
        save(execution.state, key, obligation);
    }
    SchemeTotals totals = find_scheme_totals(execution.state, scheme);
    totals.reversed += amount;
    totals.owed -= amount;
    save(execution.state, schema::scheme_totals(scheme), totals);
    execution.effects.obligation = ObligationEffect{
        .member = account.text(),
        .scheme = scheme,
        .owed = obligation.owed,
    };
    return {};
}

}  // namespace tanji::ledger
