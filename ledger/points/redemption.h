#pragma once

#include "ledger/parties/execution.h"
#include "ledger/points/lot.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// 兑换: points held for an offer, confirmed by its merchant, released or expired, and refunded.
namespace tanji::ledger {

enum class RedemptionState : std::uint8_t {
    reserved,
    confirmed,
    partly_refunded,
    refunded,
    released,
    expired,
};
std::string_view name_of(RedemptionState state);
std::optional<RedemptionState> redemption_state_of(std::string_view name);

struct Redemption {
    RedemptionState state = RedemptionState::reserved;
    Account account;
    std::string offer;
    std::string programme;
    std::uint32_t revision = 0;  // of the offer
    std::uint32_t quantity = 0;
    Amount points = 0;           // held by the reservation
    std::vector<LotPart> parts;  // what is held; once confirmed, what was redeemed and not refunded
    TimeMs reserved_at = 0;
    Day day = 0;  // local day and month whose limits it counts to
    Month month = 0;
    TimeMs hold_until = 0;  // confirmed only while ledger time is before it
    std::int64_t refund_days = 0;
    Amount confirmed = 0;
    Amount refunded = 0;
    TimeMs confirmed_at = 0;
    Amount micro_per_point = 0;  // of clearing, pinned when it was confirmed
    std::optional<Hash> voucher;

    bool is_held() const { return state == RedemptionState::reserved; }
    // Redeemed and not refunded.
    bool is_redeemed() const {
        return state == RedemptionState::confirmed || state == RedemptionState::partly_refunded;
    }

    template <typename Archive>
    void serialize(Archive& archive);
};

// What happened to a redemption, command by command; a sweep has no command of its own.
struct RedemptionStep {
    std::string type;
    CommandId command;  // zero for a sweep
    TimeMs time = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(type), command, time);
    }
};

std::optional<Redemption> find_redemption(const Reader& reader, const CommandId& id);
// Its merchant: the part of the offer before the dot.
std::string merchant_of(const Redemption& redemption);

struct RedemptionReserve {
    Account account;
    std::string offer;
    std::uint64_t quantity = 0;
    Amount points = 0;
    std::uint64_t hold_s = 0;
    bool instructed = false;

    static RedemptionReserve read(JsonReader& body);
    bool is_sealed(const Reader&) const { return true; }
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

struct RedemptionConfirm {
    CommandId redemption;
    Amount points = 0;
    Hash voucher;

    static RedemptionConfirm read(JsonReader& body);
    bool is_sealed(const Reader&) const { return true; }
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

struct RedemptionRelease {
    CommandId redemption;
    std::string reason;
    bool instructed = false;

    static RedemptionRelease read(JsonReader& body);
    bool is_sealed(const Reader&) const { return true; }
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

struct RedemptionRefund {
    CommandId redemption;
    Amount points = 0;
    bool returns_stock = false;  // `return`, or `write_off`
    std::string reason;

    static RedemptionRefund read(JsonReader& body);
    bool is_sealed(const Reader&) const { return true; }
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

// The sweep of a reservation whose hold has ended: as a release.
// REQUIRES: state reserved.
void expire_hold(Execution& execution, const CommandId& id);

template <typename Archive>
void Redemption::serialize(Archive& archive) {
    std::string holder = account.text();
    bool vouched = voucher.has_value();
    Hash commitment = voucher.value_or(Hash{});
    archive(state, text(holder), text(offer), text(programme), revision, quantity, points);
    archive(counted<std::uint32_t>(parts, 1'000'000), reserved_at, day, month, hold_until);
    archive(refund_days);
    archive(confirmed, refunded, confirmed_at, micro_per_point, vouched, commitment);
    account = Account::parse(holder).value_or(Account{});
    voucher = vouched ? std::optional(commitment) : std::nullopt;
}

}  // namespace tanji::ledger
