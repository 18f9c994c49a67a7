#pragma once

#include "ledger/value/ids.h"
#include "tools/tool.h"

#include <string>

// 兑换券: what a merchant hands over for a redemption. The ledger only gets a commitment to the
// code; code and salt stay in a file that nobody else may read.
namespace tanji::tools {

struct Voucher {
    std::string redemption;
    std::string code;
    ledger::Salt salt;

    // commit("voucher", salt, code)
    ledger::Hash commitment() const;
    std::string to_json() const;
};

// A code that cannot be guessed: five groups of five letters and digits, 125 random bits.
std::string new_voucher_code();

// The voucher of that file. A file that names only a `code` of the merchant's own gets a salt; one
// that was made for another redemption is refused, because no commitment may be used twice.
Attempt<Voucher> read_voucher(const std::string& file, const std::string& redemption);

// The voucher of that file, or a fresh one where there is no such file.
Attempt<Voucher> find_voucher(const std::string& file, const std::string& redemption);

}  // namespace tanji::tools
