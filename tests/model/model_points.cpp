// Points: award, lots, what comes back after a correction, sweeps.
#include "tests/ledger/world.h"
#include "tests/model/calendar.h"
#include "tests/model/city.h"
#include "tests/model/model.h"

#include <algorithm>

namespace tanji::model {
namespace {

constexpr int sweep_max = 1'000;  // a block

std::string account_key(const std::string& account) {
    return ledger::test::user_named(account).hex();
}

std::string id_key(const std::string& name) {
    return ledger::test::id_named(name).hex();
}

int month_number(std::int64_t day) {
    const YearMonth month = month_of_day(day);
    return month.year * 12 + month.month - 1;
}

// What is due, in the order in which it is swept: by time, then by key.
using Key = std::tuple<TimeMs, std::string, std::string, TimeMs, std::string>;
struct DueLot {
    Books::Purse purse;
    LotKey lot;
};

Key key_of(TimeMs due, const DueLot& what) {
    return {
        due, account_key(what.purse.first), what.purse.second, what.lot.expires, what.lot.sponsor
    };
}

void drop_if_empty(std::map<LotKey, Lot>& lots, const LotKey& key) {
    const auto found = lots.find(key);
    if (found != lots.end() && found->second.available == 0 && found->second.pending.empty()) {
        lots.erase(found);
    }
}

}  // namespace

// --- sweeps ---

void Model::begin(TimeMs now) {
    books_.now = now;
    books_.touched_batches.clear();
    books_.touched_redemptions.clear();
    int room = sweep_max;
    sweep_holds(room);
    sweep_pending(room);
    sweep_lots(room);
    sweep_batches(room);
    books_.sweep_room = room;
}

void Model::sweep_holds(int& room) {
    std::map<std::pair<TimeMs, std::string>, std::string> due;
    for (const std::string& name : books_.holds) {
        const RedemptionState& redemption = books_.redemptions.at(name);
        if (redemption.hold_until <= books_.now) {
            due[{redemption.hold_until, id_key(name)}] = name;
        }
    }
    bool any = false;
    for (const auto& [key, name] : due) {
        if (room == 0) {
            break;
        }
        --room;
        any = true;
        end_hold(books_.redemptions[name], "expired");
        books_.holds.erase(name);
        books_.touched_redemptions.insert(name);
    }
    books_.leaves += any ? 1 : 0;
}

void Model::sweep_pending(int& room) {
    std::map<Key, DueLot> due;
    for (const auto& [purse, lots] : books_.lots) {
        for (const auto& [key, lot] : lots) {
            for (const auto& [available_at, points] : lot.pending) {
                if (available_at <= books_.now) {
                    due[key_of(available_at, {purse, key})] = {.purse = purse, .lot = key};
                }
            }
        }
    }
    bool any = false;
    for (const auto& [key, what] : due) {
        if (room == 0) {
            break;
        }
        --room;
        any = true;
        Lot& lot = books_.lots[what.purse][what.lot];
        lot.available += lot.pending[std::get<0>(key)];
        lot.pending.erase(std::get<0>(key));
    }
    books_.leaves += any ? 1 : 0;
}

void Model::sweep_lots(int& room) {
    std::map<Key, DueLot> due;
    for (const auto& [purse, lots] : books_.lots) {
        for (const auto& [key, lot] : lots) {
            if (past(key.expires)) {
                due[key_of(key.expires, {purse, key})] = {.purse = purse, .lot = key};
            }
        }
    }
    bool any = false;
    for (const auto& [key, what] : due) {
        if (room == 0) {
            break;
        }
        --room;
        any = true;
        const Lot& lot = books_.lots[what.purse][what.lot];
        Totals& totals = books_.totals[what.purse.second];
        totals.expired += lot.available;
        for (const auto& [available_at, points] : lot.pending) {
            totals.expired += points;
        }
        books_.lots[what.purse].erase(what.lot);
    }
    books_.leaves += any ? 1 : 0;
}

void Model::sweep_batches(int& room) {
    std::map<std::pair<TimeMs, std::string>, std::string> due;
    for (const auto& [name, batch] : books_.batches) {
        const TimeMs until = batch.submitted + attest_within_days * day_ms;
        if (batch.state == "submitted" && until <= books_.now) {
            due[{until, id_key(name)}] = name;
        }
    }
    bool any = false;
    for (const auto& [key, name] : due) {
        if (room == 0) {
            break;
        }
        --room;
        any = true;
        free_events(books_.batches[name], false);
        books_.batches[name].state = "lapsed";
        books_.touched_batches.insert(name);
    }
    books_.leaves += any ? 1 : 0;
}

// --- award ---

Amount Model::points_for(
    const ProgrammeTerms& terms, const std::string& account, Amount grams, bool& overflow
) const {
    const std::int64_t today = day_at(books_.now, terms.offset_minutes);
    Amount of_day = 0;
    Amount of_month = 0;
    if (const auto events = books_.awards.find({account, terms.slug});
        events != books_.awards.end()) {
        for (const AwardEvent& event : events->second) {
            of_day += event.day == today ? event.points : 0;
            of_month += event.month == month_number(today) ? event.points : 0;
        }
    }
    if (mistake_ == Mistake::month_is_a_day) {
        of_month = of_day;
    }
    const ledger::Int128 earned = ledger::Int128{grams} * terms.rate_points;
    const ledger::Int128 up = mistake_ == Mistake::award_rounded_up ? terms.rate_grams - 1 : 0;
    ledger::Int128 points = (earned + up) / terms.rate_grams;
    for (const auto& [cap, used] :
         {std::pair(terms.cap_day, of_day), std::pair(terms.cap_month, of_month)}) {
        if (cap != none) {
            points = std::min(points, ledger::Int128{std::max<Amount>(cap - used, 0)});
        }
    }
    overflow = overflow || points > ledger::amount_max;
    return overflow ? 0 : static_cast<Amount>(points);
}

void Model::award(const BatchState& batch, const std::string& account, Amount points) {
    if (points == 0) {
        return;
    }
    const ProgrammeTerms& terms = books_.newest(batch.programme);
    const std::int64_t today = day_at(books_.now, terms.offset_minutes);
    const std::int64_t last_day =
        day_at(books_.now + terms.validity_days * day_ms, terms.offset_minutes);
    const LotKey key = {
        .expires = start_of(
            terms.by_month ? month_of_day(last_day).next_month : last_day + 1, terms.offset_minutes
        ),
        .sponsor = terms.sponsor.empty() ? batch.provider : terms.sponsor
    };
    Lot& lot = books_.lots[{account, batch.programme}][key];
    if (terms.delay_days == 0) {
        lot.available += points;
    } else {
        lot.pending[start_of(today + terms.delay_days, terms.offset_minutes)] += points;
    }
    books_.totals[batch.programme].awarded += points;
    books_.awards[{account, batch.programme}].push_back(
        {.day = today, .month = month_number(today), .points = points}
    );
}

// --- lots ---

bool Model::past(TimeMs expires) const {
    return books_.now >= expires + (mistake_ == Mistake::expiry_late ? 1 : 0);
}

Amount Books::usable(const std::string& account, const std::string& programme) const {
    Amount sum = 0;
    if (const auto found = lots.find({account, programme}); found != lots.end()) {
        for (const auto& [key, lot] : found->second) {
            sum += now < key.expires ? lot.available : 0;
        }
    }
    return sum;
}

std::vector<Part> Model::take(
    const std::string& account, const std::string& programme, Amount points
) {
    std::map<LotKey, Lot>& lots = books_.lots[{account, programme}];
    const std::map<LotKey, Lot> all = lots;
    std::vector<Part> parts;
    for (const auto& [key, lot] : all) {
        const Amount taken = past(key.expires) ? 0 : std::min(points, lot.available);
        if (taken > 0) {
            parts.push_back({.expires = key.expires, .sponsor = key.sponsor, .points = taken});
            lots[key].available -= taken;
            points -= taken;
            drop_if_empty(lots, key);
        }
    }
    return parts;
}

Amount Model::take_back(const std::string& account, const std::string& programme, Amount points) {
    std::map<LotKey, Lot>& lots = books_.lots[{account, programme}];
    Amount left = points;
    const auto take_from = [&](Amount& there) {
        const Amount taken = std::min(left, there);
        there -= taken;
        left -= taken;
    };
    for (auto lot = lots.rbegin(); lot != lots.rend(); ++lot) {
        if (!past(lot->first.expires)) {
            std::map<TimeMs, Amount>& pending = lot->second.pending;
            for (auto each = pending.rbegin(); each != pending.rend(); ++each) {
                take_from(each->second);
            }
            std::erase_if(pending, [](const auto& each) { return each.second == 0; });
        }
    }
    for (auto lot = lots.rbegin(); lot != lots.rend(); ++lot) {
        if (!past(lot->first.expires)) {
            take_from(lot->second.available);
        }
    }
    std::erase_if(lots, [](const auto& each) {
        return each.second.available == 0 && each.second.pending.empty();
    });
    books_.totals[programme].revoked += points - left;
    return points - left;
}

}  // namespace tanji::model
