#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What somebody does to a ledger, in plain names: `u1` is a user, `mall` a member, `T4` a
// redemption. Model and ledger are given the same acts.
namespace tanji::model {

using ledger::Amount;
using ledger::TimeMs;

inline constexpr Amount none = -1;  // no cap, no limit of stock

struct Open {
    std::string account;
    bool venue = false;
    bool keyless = false;
    bool operator==(const Open&) const = default;
};

struct ProgrammeTerms {
    std::string slug;
    std::uint32_t version = 1;
    std::string owner;
    int offset_minutes = 480;
    std::vector<std::string> schemes;
    std::vector<std::string> earners;  // empty: any
    std::string sponsor;               // empty: each batch's provider
    Amount rate_points = 1;
    Amount rate_grams = 1;
    std::int64_t delay_days = 0;
    std::int64_t validity_days = 1;
    bool by_month = false;
    Amount cap_day = none;
    Amount cap_month = none;
    std::vector<std::string> merchants;  // empty: any
    bool take_back = true;
    std::int64_t grace_days = 0;
    Amount micro_per_point = 0;
    bool operator==(const ProgrammeTerms&) const = default;
};
struct PublishProgramme {
    ProgrammeTerms terms;
    bool operator==(const PublishProgramme&) const = default;
};

struct Event {
    std::string event;
    std::string account;
    Amount much = 0;
    bool operator==(const Event&) const = default;
};
struct Submit {
    std::string provider;
    std::string method;     // word
    std::string programme;  // empty: none
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::vector<Event> events;
    bool operator==(const Submit&) const = default;
};

using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

struct Attest {
    std::string batch;
    std::string verdict;
    Ranges except;
    std::uint64_t sampled = 20;
    bool operator==(const Attest&) const = default;
};
struct Revoke {
    std::string batch;
    std::optional<Ranges> records;
    bool free = false;
    bool operator==(const Revoke&) const = default;
};

struct Grams {
    std::string verb;  // transfer, assign, donate, retire, cancel
    std::string account;
    std::string to;
    std::string credit_class;
    Amount amount = 0;
    bool instructed = false;
    bool operator==(const Grams&) const = default;
};

struct OfferTerms {
    Amount price = 1;
    TimeMs opens_at = 0;
    TimeMs closes_at = 0;
    Amount limit = none;
    std::string window;  // offer, day, month
    std::int64_t cooldown_s = 0;
    std::int64_t quantity_max = 1;
    std::int64_t hold_s_max = 86'400;
    std::int64_t refund_days = 0;
    bool operator==(const OfferTerms&) const = default;
};
struct PublishOffer {
    std::string offer;
    std::string programme;
    OfferTerms terms;
    Amount stock = none;
    bool operator==(const PublishOffer&) const = default;
};
struct ReviseOffer {
    std::string offer;
    OfferTerms terms;
    bool operator==(const ReviseOffer&) const = default;
};
struct Restock {
    std::string offer;
    Amount units = 0;
    bool operator==(const Restock&) const = default;
};
struct CloseOffer {
    std::string offer;
    bool operator==(const CloseOffer&) const = default;
};

struct Reserve {
    std::string account;
    std::string offer;
    std::int64_t quantity = 1;
    Amount points = 0;
    std::int64_t hold_s = 60;
    bool instructed = false;
    bool operator==(const Reserve&) const = default;
};
struct Confirm {
    std::string redemption;
    Amount points = 0;
    std::string voucher;
    bool operator==(const Confirm&) const = default;
};
struct Release {
    std::string redemption;
    bool instructed = false;
    bool operator==(const Release&) const = default;
};
struct Refund {
    std::string redemption;
    Amount points = 0;
    bool returns = false;  // the stock
    bool operator==(const Refund&) const = default;
};

// A block without a command: sweeps only.
struct Tick {
    bool operator==(const Tick&) const = default;
};

using Body = std::variant<
    Tick,
    Open,
    PublishProgramme,
    Submit,
    Attest,
    Revoke,
    Grams,
    PublishOffer,
    ReviseOffer,
    Restock,
    CloseOffer,
    Reserve,
    Confirm,
    Release,
    Refund>;

struct Act {
    std::uint64_t block = 0;  // acts of one block have one number
    TimeMs at = 0;            // its time
    std::string name;         // becomes the id
    int copy = 0;             // becomes the salt: another copy is other bytes
    TimeMs not_after = 0;
    std::vector<std::string> signers;
    Body body;

    bool operator==(const Act&) const = default;
    bool is_tick() const { return std::holds_alternative<Tick>(body); }
};

// Whether the two would have one digest; signatures are not part of it.
bool same_bytes(const Act& a, const Act& b);

// The type of the command: `redemption.reserve`.
std::string type_of(const Act& act);
// One row for a reader, without its time.
std::string row_of(const Act& act);
// 2026-11-21 10:00:00.000 at +08:00.
std::string time_text(TimeMs time);

}  // namespace tanji::model
