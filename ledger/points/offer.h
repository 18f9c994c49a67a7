#pragma once

#include "ledger/parties/execution.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// 权益: what points can be had for, and on which terms.
namespace tanji::ledger {

// For how long units count against the limit of one account.
enum class LimitWindow : std::uint8_t { none, offer, day, month };
std::string_view name_of(LimitWindow window);

// What a merchant may change. Reservations keep the terms they were made under.
struct OfferTerms {
    std::string title_zh;
    std::string title_en;
    Amount price = 0;  // points a unit
    TimeMs opens_at = 0;
    TimeMs closes_at = 0;  // open while opens_at ≤ now < closes_at
    std::uint32_t limit_units = 0;
    LimitWindow limit_window = LimitWindow::none;
    std::int64_t cooldown_s = 0;  // between two reservations of one account; 0 is none
    std::uint32_t quantity_max = 1;
    std::int64_t hold_s_max = 86'400;
    std::int64_t refund_days = 0;
    Hash terms;  // digest of the text that a user sees

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(title_zh), text(title_en), price, opens_at, closes_at, limit_units);
        archive(limit_window, cooldown_s, quantity_max, hold_s_max, refund_days, terms);
    }
};

struct Offer {
    std::string merchant;   // its id is merchant.slug
    std::string programme;  // slug
    std::uint32_t revision = 1;
    OfferTerms terms;
    bool closed = false;
    // Stock: supplied + returned = remaining + reserved (docs/rules.md, invariant 8). Without a
    // limit only what was reserved and returned is counted.
    bool limited = false;
    Amount remaining = 0;
    Amount supplied = 0;  // at publication and by restocking
    Amount reserved = 0;  // ever
    Amount returned = 0;  // by release, expiry or refund
    LeafIndex leaf = 0;   // that last changed its terms
    TimeMs time = 0;

    bool balanced() const;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(merchant), text(programme), revision, terms, closed, limited, remaining);
        archive(supplied, reserved, returned, leaf, time);
    }
};

// merchant.slug
bool is_offer_id(std::string_view text);

std::optional<Offer> find_offer(const Reader& reader, std::string_view offer);

inline constexpr std::size_t open_offers_max = 1'000;  // of one merchant

struct OfferPublish {
    std::string offer;
    std::string programme;
    OfferTerms terms;
    std::optional<Amount> stock;

    static OfferPublish read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

struct OfferRevise {
    std::string offer;
    OfferTerms terms;

    static OfferRevise read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

struct OfferRestock {
    std::string offer;
    Amount units = 0;

    static OfferRestock read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

struct OfferClose {
    std::string offer;

    static OfferClose read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

}  // namespace tanji::ledger
