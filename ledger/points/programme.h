#pragma once

#include "ledger/parties/execution.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// 积分计划: how grams become points, how long these live, who owes for them and where they may be
// spent. Rules are docs/rules.md, "Points".
namespace tanji::ledger {

// No cap: more than any account is ever awarded.
inline constexpr Amount no_cap = -1;

// One version of a programme. A list of members that is empty stands for `any`.
struct Programme {
    std::string slug;
    std::uint32_t version = 0;
    std::string owner;
    std::string title_zh;
    std::string title_en;
    int utc_offset_minutes = 0;        // its days and months are local ones
    std::vector<std::string> schemes;  // whose batches may award it
    std::vector<std::string> earners;  // providers whose batches may, or empty
    std::string sponsor;               // a member, or empty: each batch's provider
    Amount rate_points = 1;            // floor(grams × points / grams) are awarded
    Amount rate_grams = 1;
    std::int64_t delay_days = 0;     // 0..30 until they may be spent
    std::int64_t validity_days = 1;  // 1..3,620
    bool expires_by_month = false;   // at the end of the local month, not of the day
    Amount cap_day = no_cap;         // points awarded to one account
    Amount cap_month = no_cap;
    std::vector<std::string> merchants;  // where they may be spent, or empty
    bool take_back = true;               // on revocation of what earned them
    std::int64_t refund_grace_days = 0;  // 0..90 for parts refunded past their expiry
    std::string currency;                // of clearing between members
    Amount micro_per_point = 0;          // micro-units of it
    LeafIndex leaf = 0;
    TimeMs time = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        std::int32_t offset = utc_offset_minutes;
        archive(text(slug), version, text(owner), text(title_zh), text(title_en), offset);
        utc_offset_minutes = offset;
        archive(texts(schemes), texts(earners), text(sponsor), rate_points, rate_grams);
        archive(delay_days, validity_days, expires_by_month, cap_day, cap_month);
        archive(texts(merchants), take_back, refund_grace_days, text(currency), micro_per_point);
        archive(leaf, time);
    }
};

// Whether batches of that scheme and provider may award the programme.
bool may_earn(const Programme& programme, std::string_view scheme, std::string_view provider);
// Whether its points may be spent with that merchant.
bool accepts_merchant(const Programme& programme, std::string_view merchant);

// The local month of a time, as year × 12 + month − 1, so that the next one is one more.
using Month = std::int64_t;
Day day_of(const Programme& programme, TimeMs time);
Month month_of(const Programme& programme, TimeMs time);

// floor(grams × points / grams), before any cap: it may be more than an amount.
Int128 points_for(const Programme& programme, Amount grams);
// Start of the local day of the award plus delay_days; the time of the award when there is none.
TimeMs available_at(const Programme& programme, TimeMs awarded);
// End of the local day, or month, that contains the award plus validity_days × 86,400 s.
TimeMs expires_at(const Programme& programme, TimeMs awarded);
// End of the local day of `now` plus the days of grace.
TimeMs grace_until(const Programme& programme, TimeMs now);

// The version in force: the newest.
std::optional<Programme> find_programme(const Reader& reader, std::string_view slug);
std::optional<Programme> find_programme(
    const Reader& reader, std::string_view slug, std::uint32_t version
);

// Publishes the next version.
struct ProgrammePublish {
    Programme programme;

    static ProgrammePublish read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

}  // namespace tanji::ledger
