#include "ledger/value/ids.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace tanji::ledger {
namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_slug_rest(char c) {
    return is_lower(c) || is_digit(c) || c == '-';
}
bool is_six_digits(std::string_view text) {
    return text.size() == 6 && std::ranges::all_of(text, is_digit);
}

// Witnesses and groups of a policy file share one name space (docs/formats.md, "Policy").
constexpr std::array<std::string_view, 7> reserved_slugs = {
    "alliance",
    "both",
    "coming",
    "common",
    "leaving",
    "none",
    "outside",
};

}  // namespace

bool is_slug(std::string_view text) {
    return text.size() >= 2 && text.size() <= 32 && is_lower(text.front()) &&
           std::ranges::all_of(text, is_slug_rest);
}

bool is_member_slug(std::string_view text) {
    return is_slug(text) && std::ranges::find(reserved_slugs, text) == reserved_slugs.end() &&
           !UserId::from_hex(text).has_value();
}

bool is_ref(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos || !is_slug(text.substr(0, at))) {
        return false;
    }
    const std::string_view version = text.substr(at + 1);
    return !version.empty() && version.size() <= 4 && version.front() != '0' &&
           std::ranges::all_of(version, is_digit);
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 48 &&
           (is_lower(text.front()) || is_digit(text.front())) &&
           std::ranges::all_of(text, [](char c) { return is_slug_rest(c) || c == '.'; });
}

bool is_region(std::string_view text) {
    if (is_six_digits(text)) {
        return text.front() != '0';
    }
    if (text.size() < 2 || !is_upper(text[0]) || !is_upper(text[1])) {
        return false;
    }
    const std::string_view rest = text.substr(2);
    return rest.empty() ||
           (rest.front() == '-' && rest.size() >= 2 && rest.size() <= 4 &&
            std::ranges::all_of(rest.substr(1), [](char c) { return is_upper(c) || is_digit(c); }));
}

bool is_class(std::string_view text) {
    std::array<std::string_view, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t colon = text.find(':');
        const bool last = i + 1 == parts.size();
        if ((colon == std::string_view::npos) != last) {
            return false;
        }
        parts.at(i) = text.substr(0, colon);
        text = last ? std::string_view{} : text.substr(colon + 1);
    }
    return is_slug(parts[0]) && is_ref(parts[1]) && is_region(parts[2]) && parts[3].size() == 4 &&
           std::ranges::all_of(parts[3], is_digit);
}

bool region_covers(std::string_view cover, std::string_view region) {
    if (is_six_digits(cover)) {
        while (cover.ends_with("00")) {
            cover.remove_suffix(2);
        }
        return is_six_digits(region) && region.starts_with(cover);
    }
    if (cover == "CN" && is_six_digits(region)) {
        return true;
    }
    return region == cover || (cover.size() == 2 && region.starts_with(cover) &&
                               region.size() > 2 && region[2] == '-');
}

std::string_view slug_of(std::string_view ref) {
    assert(is_ref(ref));
    return ref.substr(0, ref.find('@'));
}

int version_of(std::string_view ref) {
    assert(is_ref(ref));
    int version = 0;
    for (const char digit : ref.substr(ref.find('@') + 1)) {
        version = 10 * version + (digit - '0');
    }
    return version;
}

std::optional<Account> Account::parse(std::string_view text) {
    if (const auto user = UserId::from_hex(text)) {
        return user->is_zero() ? std::nullopt : std::optional(Account(*user));
    }
    if (!is_member_slug(text)) {
        return std::nullopt;
    }
    Account account;
    account.text_ = text;
    return account;
}

UserId Account::user() const {
    const auto user = UserId::from_hex(text_);
    assert(user.has_value());
    return *user;
}

}  // namespace tanji::ledger
