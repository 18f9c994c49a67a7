#include "ledger/points/award.h"

#include "ledger/points/lot.h"
#include "ledger/points/points_book.h"
#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

// What an account was awarded today and this month; a cap looks at nothing else.
Purse purse_of_today(
    const Execution& execution, const Programme& programme, const Account& account
) {
    Purse purse = find_purse(execution.state, account, programme.slug);
    const Day today = day_of(programme, execution.now);
    if (purse.day != today) {
        purse.day = today;
        purse.awarded_day = 0;
    }
    const Month this_month = month_of(programme, execution.now);
    if (purse.month != this_month) {
        purse.month = this_month;
        purse.awarded_month = 0;
    }
    return purse;
}

Int128 lowered(Int128 wanted, Amount cap, Amount awarded) {
    return cap == no_cap ? wanted : std::clamp<Int128>(Int128{cap} - awarded, 0, wanted);
}

}  // namespace

std::string sponsor_of(const Programme& programme, std::string_view provider) {
    return programme.sponsor.empty() ? std::string(provider) : programme.sponsor;
}

Result<Amount> award_points(
    Execution& execution,
    const Programme& programme,
    std::string_view provider,
    const Account& account,
    Amount grams
) {
    const Purse before = purse_of_today(execution, programme, account);
    Int128 earned = points_for(programme, grams);
    earned = lowered(earned, programme.cap_day, before.awarded_day);
    earned = lowered(earned, programme.cap_month, before.awarded_month);
    if (earned > amount_max) {
        return refuse(ErrorCode::amount_overflow, "the points would leave the bounds of an amount");
    }
    const auto points = static_cast<Amount>(earned);
    if (points == 0) {
        return 0;
    }
    const LotId lot = {
        .account = account,
        .programme = programme.slug,
        .expires_at = expires_at(programme, execution.now),
        .sponsor = sponsor_of(programme, provider),
    };
    if (auto awarded = award(execution, programme, lot, points); !awarded) {
        return refusal(awarded);
    }
    Purse purse = find_purse(execution.state, account, programme.slug);
    purse.day = before.day;
    purse.awarded_day = before.awarded_day + points;
    purse.month = before.month;
    purse.awarded_month = before.awarded_month + points;
    save(execution.state, schema::purse(account.text(), programme.slug), purse);
    return points;
}

TakenBack take_back_points(
    Execution& execution,
    const Programme& programme,
    std::string_view provider,
    const Account& account,
    Amount points,
    Amount grams
) {
    if (!programme.take_back) {
        return {.points = points, .unbacked = 0};
    }
    const auto kept = static_cast<Amount>(std::min<Int128>(points, points_for(programme, grams)));
    const Amount wanted = points - kept;
    const Amount missing = wanted - take_back(execution, account, programme.slug, wanted);
    if (missing > 0) {
        add_unbacked(execution.state, programme.slug, sponsor_of(programme, provider), missing);
    }
    return {.points = kept, .unbacked = missing};
}

}  // namespace tanji::ledger
