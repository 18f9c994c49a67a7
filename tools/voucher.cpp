#include "tools/voucher.h"

#include "ledger/value/crypto.h"
#include "ledger/value/json.h"
#include "tools/files.h"
#include "tools/remote.h"

namespace tanji::tools {

namespace {

// Without those that look like others.
constexpr std::string_view symbols = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
static_assert(symbols.size() == 32, "a random byte gives each symbol equally often");
constexpr std::size_t groups = 5;
constexpr std::size_t group_symbols = 5;
constexpr std::size_t code_bytes_max = 256;

}  // namespace

std::string new_voucher_code() {
    std::string code;
    for (const char random : ledger::random_bytes(groups * group_symbols)) {
        if (code.size() % (group_symbols + 1) == group_symbols) {
            code += '-';
        }
        code += symbols[static_cast<unsigned char>(random) % symbols.size()];
    }
    return code;
}

ledger::Hash Voucher::commitment() const {
    return ledger::commit("voucher", salt, code);
}

std::string Voucher::to_json() const {
    ledger::JsonWriter out;
    out.open_object().member("redemption", redemption).member("code", code);
    out.member("salt", salt.hex()).member("commitment", commitment().hex());
    return out.close_object().take() + "\n";
}

Attempt<Voucher> read_voucher(const std::string& file, const std::string& redemption) {
    auto text = read_secret(file);
    if (!text) {
        return failure(text);
    }
    const auto value = ledger::parse_json(*text);
    Voucher voucher;
    voucher.redemption = redemption;
    voucher.code = value ? text_of(*value, "code") : std::string();
    if (voucher.code.empty() || voucher.code.size() > code_bytes_max) {
        return fail(Exit::usage, "{} is no voucher: expected {{\"code\":\"…\"}}", file);
    }
    const std::string made_for = text_of(*value, "redemption");
    if (!made_for.empty() && made_for != redemption) {
        return fail(Exit::usage, "{} is the voucher of redemption {}", file, made_for);
    }
    const std::string salt = text_of(*value, "salt");
    const auto known = salt.empty() ? ledger::Salt::from(ledger::random_bytes(ledger::Salt::length))
                                    : ledger::Salt::from_hex(salt);
    if (!known) {
        return fail(Exit::usage, "{} has no salt of 32 hexadecimal digits", file);
    }
    voucher.salt = *known;
    return voucher;
}

Attempt<Voucher> find_voucher(const std::string& file, const std::string& redemption) {
    std::error_code error;
    if (std::filesystem::exists(file, error)) {
        return read_voucher(file, redemption);
    }
    return Voucher{
        .redemption = redemption,
        .code = new_voucher_code(),
        .salt = *ledger::Salt::from(ledger::random_bytes(ledger::Salt::length)),
    };
}

}  // namespace tanji::tools
