#include "ledger/credits/commands.h"

#include "ledger/parties/commands.h"
#include "ledger/parties/permission.h"

#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 2> assign_purposes = {"assign", "donate"};
// Those of the Beijing trial rules of 2025-06-30, and events.
constexpr std::array<std::string_view, 5> retire_purposes = {
    "voluntary",
    "neutrality",
    "event",
    "ets-offset",
    "compensation",
};
constexpr std::array<std::string_view, 1> cancel_reasons = {"obligation"};

std::optional<std::string> read_optional_text(
    JsonReader& body, std::string_view name, std::size_t bytes_max
) {
    if (body.is_null(name)) {
        return std::nullopt;
    }
    return body.text(name, bytes_max);
}

}  // namespace

CreditTransfer CreditTransfer::read(JsonReader& body) {
    CreditTransfer transfer;
    transfer.account = body.account("account");
    transfer.to = body.account("to");
    transfer.credit_class = body.credit_class("class");
    transfer.amount = body.amount("amount");
    transfer.memo = read_optional_text(body, "memo", 128);
    transfer.instructed = read_instructed(body);
    return transfer;
}

bool CreditTransfer::is_sealed(const Reader& reader) const {
    return names_user(reader, account) || names_user(reader, to);
}

// A transfer that names a user is refused: its leaf says no more than that.
void CreditTransfer::write_public(JsonWriter&, const Reader&, const Salt&) const {}

CreditAssign CreditAssign::read(JsonReader& body) {
    CreditAssign assign;
    assign.account = body.account("account");
    assign.to = body.account("to");
    assign.credit_class = body.credit_class("class");
    assign.amount = body.amount("amount");
    assign.purpose = assign_purposes.at(body.word("purpose", assign_purposes));
    if (!body.is_null("consent")) {
        body.digest("consent");
    }
    read_optional_text(body, "consideration", 128);
    assign.instructed = read_instructed(body);
    return assign;
}

bool CreditAssign::is_sealed(const Reader& reader) const {
    return names_user(reader, account) || names_user(reader, to);
}

void CreditAssign::write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const {
    out.member("account", blinded(reader, salt, account));
    out.member("to", blinded(reader, salt, to));
    out.member("class", credit_class);
    out.amount_member("amount", amount);
    out.member("purpose", purpose);
}

CreditRetire CreditRetire::read(JsonReader& body) {
    CreditRetire retire;
    retire.account = body.account("account");
    retire.credit_class = body.credit_class("class");
    retire.amount = body.amount("amount");
    retire.purpose = retire_purposes.at(body.word("purpose", retire_purposes));
    retire.beneficiary = read_optional_text(body, "beneficiary", 256);
    if (!body.is_null("commitment")) {
        retire.commitment = body.digest("commitment");
    }
    if (retire.beneficiary.has_value() == retire.commitment.has_value()) {
        body.fault("beneficiary", "and commitment: exactly one of the two is to be given");
    }
    retire.statement = body.text("statement", 512);
    if (!body.is_null("inventory")) {
        body.id("inventory");
    }
    retire.instructed = read_instructed(body);
    return retire;
}

bool CreditRetire::is_sealed(const Reader& reader) const {
    return names_user(reader, account);
}

void CreditRetire::write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const {
    out.member("account", blinded(reader, salt, account));
    out.member("class", credit_class);
    out.amount_member("amount", amount);
    out.member("purpose", purpose);
    out.name("beneficiary");
    beneficiary ? out.string(*beneficiary) : out.null();
    out.name("commitment");
    commitment ? out.string(commitment->hex()) : out.null();
}

CreditCancel CreditCancel::read(JsonReader& body) {
    CreditCancel cancel;
    cancel.account = body.account("account");
    cancel.credit_class = body.credit_class("class");
    cancel.amount = body.amount("amount");
    body.word("reason", cancel_reasons);
    cancel.instructed = read_instructed(body);
    return cancel;
}

bool CreditCancel::is_sealed(const Reader& reader) const {
    return names_user(reader, account);
}

void CreditCancel::write_public(JsonWriter&, const Reader&, const Salt&) const {}

}  // namespace tanji::ledger
