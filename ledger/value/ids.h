#pragma once

#include "ledger/value/bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::ledger {

// 16 bytes, 32 hexadecimal digits: a ULID or UUIDv7, never zero. An object made by a command
// (batch, retirement) has that command's id.
using CommandId = FixedBytes<struct CommandIdTag, 16>;
// A user's or a venue's account: random, chosen by the opener.
using UserId = FixedBytes<struct UserIdTag, 16>;
// H("tanji/key@v1\n" ‖ suite ‖ public key)[0..16).
using KeyId = FixedBytes<struct KeyIdTag, 16>;
// 16 random bytes that keep a digest or a commitment from being guessed.
using Salt = FixedBytes<struct SaltTag, 16>;
// An event tag or a subject tag: opaque to nodes.
using Tag = FixedBytes<struct TagTag, 32>;
using PublicKey = FixedBytes<struct PublicKeyTag, 32>;
using Signature = FixedBytes<struct SignatureTag, 64>;

// Numbers that are easily mixed up have names, though they are plain integers.
using BlockIndex = std::uint64_t;  // place of a block in the log; genesis is 1
using LeafIndex = std::uint64_t;   // place of a leaf in the tree; genesis is 0
using TreeSize = std::uint64_t;    // leaves so far

// [a-z][a-z0-9-]{1,31}
bool is_slug(std::string_view text);
// A slug that may name a member: not a reserved word of policy files, nor 32 hexadecimal digits.
bool is_member_slug(std::string_view text);
// slug@1..9999
bool is_ref(std::string_view text);
// [a-z0-9][a-z0-9.-]{0,47}: names inside methodologies and factor sets.
bool is_name(std::string_view text);
// Six digits of GB/T 2260 that do not begin with 0, or ISO 3166-1 or -2 (`GB`, `CN-44`).
bool is_region(std::string_view text);
// scheme:methodology:region:year
bool is_class(std::string_view text);

// Whether `region` lies in `cover`: trailing `00` pairs of a six-digit code are cut, then it is a
// prefix; `CN` covers every six-digit code; an ISO country covers its subdivisions.
bool region_covers(std::string_view cover, std::string_view region);

// Slug and version of a ref. REQUIRES: is_ref.
std::string_view slug_of(std::string_view ref);
int version_of(std::string_view ref);

// Whoever can hold something: a user or venue (32 hexadecimal digits), or a member (its slug).
class Account {
public:
    Account() = default;
    explicit Account(const UserId& user) : text_(user.hex()) {}

    // Nothing unless `text` is 32 lower-case hexadecimal digits, not all zero, or a member's slug.
    static std::optional<Account> parse(std::string_view text);

    bool is_member() const { return !UserId::from_hex(text_).has_value(); }
    const std::string& text() const { return text_; }
    // REQUIRES: not a member.
    UserId user() const;

    auto operator<=>(const Account&) const = default;

private:
    std::string text_;
};

}  // namespace tanji::ledger
