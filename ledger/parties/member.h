#pragma once

#include "ledger/store/state.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

// "Until for ever": later than every time a ledger can have.
inline constexpr TimeMs time_never = INT64_MAX;

enum class Role : std::uint8_t { operator_, provider, verifier, merchant, programme, registrar };
std::string_view name_of(Role role);
std::optional<Role> role_of(std::string_view name);

// Whose report of one act is the better one: the operator's own, then who paid, then an app.
enum class Rank : std::uint8_t { none, operator_, payer, app };
std::string_view name_of(Rank rank);
std::optional<Rank> rank_of(std::string_view name);

struct RoleGrant {
    Role role = Role::operator_;
    std::vector<std::string> scope;  // methodologies, programmes or schemes: slugs
    Rank rank = Rank::none;
    TimeMs from = 0;
    TimeMs until = time_never;

    bool covers(std::string_view slug) const;
    bool in_force(TimeMs now) const { return from <= now && now < until; }

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(role, texts(scope), rank, from, until);
    }
};

// An organisation named in genesis. Its commands are signed with its own keys.
struct Member {
    std::string member;  // slug
    std::string name_en;
    std::string name_zh;
    std::string region;
    std::vector<RoleGrant> roles;
    bool suspended = false;

    // The grant of that role in force now whose scope covers `slug`, or null. An empty `slug` asks
    // for the role alone.
    const RoleGrant* grant(Role role, std::string_view slug, TimeMs now) const;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(member), text(name_en), text(name_zh), text(region));
        archive(counted<std::uint16_t>(roles, 1'000), suspended);
    }
};

// A registered key: of a member for commands or governance, or of an account.
struct KeyRow {
    std::string owner;  // a member's slug, or an account's 32 hex digits
    bool command = false;
    bool governor = false;
    PublicKey key;
    TimeMs from = 0;
    TimeMs until = time_never;

    bool of_member() const { return command || governor; }
    bool valid_at(TimeMs now) const { return from <= now && now < until; }

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(owner), command, governor, key, from, until);
    }
};

std::optional<Member> find_member(const Reader& reader, std::string_view member);
std::optional<KeyRow> find_key(const Reader& reader, const KeyId& key);

}  // namespace tanji::ledger
