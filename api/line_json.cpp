#include "api/line_json.h"

namespace tanji::api {

ledger::Int128 amount_for(const ledger::Line& line, const std::string& account) {
    const bool into = line.to_account && line.to_account->text() == account;
    const bool out_of = line.from_account && line.from_account->text() == account;
    const bool gains = into && out_of ? line.to == "available" : into;
    return gains ? ledger::Int128{line.amount} : -ledger::Int128{line.amount};
}

void write_line(
    ledger::JsonWriter& out,
    const ledger::Line& line,
    const std::string& account,
    ledger::Amount balance
) {
    out.member("unit", line.unit)
        .member("from", line.from)
        .member("to", line.to)
        .amount_member("amount", amount_for(line, account))
        .amount_member("balance", balance);
}

}  // namespace tanji::api
