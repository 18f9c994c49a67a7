#include "ledger/parties/member.h"

#include "ledger/store/schema.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 6> role_names = {
    "operator",
    "provider",
    "verifier",
    "merchant",
    "programme",
    "registrar",
};
constexpr std::array<std::string_view, 4> rank_names = {"", "operator", "payer", "app"};

}  // namespace

std::string_view name_of(Role role) {
    return role_names.at(static_cast<std::size_t>(role));
}

std::optional<Role> role_of(std::string_view name) {
    const auto found = std::ranges::find(role_names, name);
    if (found == role_names.end()) {
        return std::nullopt;
    }
    return static_cast<Role>(found - role_names.begin());
}

std::string_view name_of(Rank rank) {
    return rank_names.at(static_cast<std::size_t>(rank));
}

std::optional<Rank> rank_of(std::string_view name) {
    const auto found = std::ranges::find(rank_names, name);
    if (found == rank_names.end() || name.empty()) {
        return std::nullopt;
    }
    return static_cast<Rank>(found - rank_names.begin());
}

bool RoleGrant::covers(std::string_view slug) const {
    return slug.empty() || std::ranges::find(scope, slug) != scope.end();
}

const RoleGrant* Member::grant(Role role, std::string_view slug, TimeMs now) const {
    const auto found = std::ranges::find_if(roles, [&](const RoleGrant& each) {
        return each.role == role && each.covers(slug) && each.in_force(now);
    });
    return found == roles.end() ? nullptr : &*found;
}

std::optional<Member> find_member(const Reader& reader, std::string_view member) {
    return load<Member>(reader, schema::member(member));
}

std::optional<KeyRow> find_key(const Reader& reader, const KeyId& key) {
    return load<KeyRow>(reader, schema::key(key));
}

}  // namespace tanji::ledger
