#include "ledger/value/amount.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace tanji::ledger {
namespace {

bool is_plain_number(std::string_view digits, std::size_t most) {
    if (digits.empty() || digits.size() > most || (digits.front() == '0' && digits.size() > 1)) {
        return false;
    }
    return std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<Amount> parse_amount(std::string_view text) {
    if (!is_plain_number(text, 18)) {
        return std::nullopt;
    }
    Amount value = 0;
    for (const char digit : text) {
        value = 10 * value + (digit - '0');
    }
    return value;
}

std::optional<Int128> parse_signed(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) {
        text.remove_prefix(1);
    }
    // 38 digits stay below 10^38 < 2^127.
    if (!is_plain_number(text, 38) || (negative && text == "0")) {
        return std::nullopt;
    }
    Int128 value = 0;
    for (const char digit : text) {
        value = 10 * value + (digit - '0');
    }
    return negative ? -value : value;
}

std::string to_text(Int128 value) {
    if (value == 0) {
        return "0";
    }
    std::string reversed;
    // The remainder of a negative number is negative: no number is negated, so none overflows.
    for (Int128 rest = value; rest != 0; rest /= 10) {
        const int digit = static_cast<int>(rest % 10);
        reversed.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    }
    if (value < 0) {
        reversed.push_back('-');
    }
    return {reversed.rbegin(), reversed.rend()};
}

Int128 floor_div(Int128 dividend, Int128 divisor) {
    assert(divisor > 0);
    const Int128 quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

Int128 ceil_div(Int128 dividend, Int128 divisor) {
    assert(divisor > 0);
    const Int128 quotient = dividend / divisor;
    return dividend % divisor > 0 ? quotient + 1 : quotient;
}

std::optional<Amount> checked_add(Amount a, Amount b) {
    Amount sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return std::nullopt;
    }
    return sum;
}

std::optional<Amount> checked_sub(Amount a, Amount b) {
    Amount difference = 0;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return std::nullopt;
    }
    return difference;
}

std::optional<Amount> narrow(Int128 value) {
    if (value < std::numeric_limits<Amount>::min() || value > std::numeric_limits<Amount>::max()) {
        return std::nullopt;
    }
    return static_cast<Amount>(value);
}

}  // namespace tanji::ledger
