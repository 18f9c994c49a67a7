#include "ledger/points/lot.h"

#include "ledger/store/schema.h"

#include <algorithm>
#include <cassert>
#include <ranges>

namespace tanji::ledger {
namespace {

Bytes key_of(const LotId& lot) {
    return schema::lot(lot.account.text(), lot.programme, lot.expires_at, lot.sponsor);
}

LotId id_of(const Account& account, std::string_view programme, const LotPart& part) {
    return {
        .account = account,
        .programme = std::string(programme),
        .expires_at = part.expires_at,
        .sponsor = part.sponsor,
    };
}

// A lot taken up to be changed. What it has falls due once, at its expiry.
class OpenLot {
public:
    OpenLot(State& state, const LotId& id)
        : state_(state),
          id_(id),
          key_(key_of(id)),
          lot_(load<Lot>(state, key_).value_or(Lot{})) {}

    Lot& lot() { return lot_; }

    void add_pending(TimeMs available_at, Amount points) {
        const auto at =
            std::ranges::lower_bound(lot_.pending, available_at, {}, &Maturing::available_at);
        if (at != lot_.pending.end() && at->available_at == available_at) {
            at->points += points;
        } else {
            lot_.pending.insert(at, {.available_at = available_at, .points = points});
            state_.put(schema::due(schema::Due::mature, available_at, key_), {});
        }
    }
    // REQUIRES: `place` is one of the pending parts.
    void remove_pending(std::vector<Maturing>::iterator place) {
        state_.erase(schema::due(schema::Due::mature, place->available_at, key_));
        lot_.pending.erase(place);
    }
    void clear() {
        while (!lot_.pending.empty()) {
            remove_pending(lot_.pending.begin());
        }
        lot_.available = 0;
    }
    void save_changes() {
        const Bytes due = schema::due(schema::Due::expire, id_.expires_at, key_);
        if (lot_.empty()) {
            state_.erase(key_);
            state_.erase(due);
        } else {
            save(state_, key_, lot_);
            state_.put(due, {});
        }
    }

private:
    State& state_;
    const LotId& id_;
    Bytes key_;
    Lot lot_;
};

// A posting that cannot overflow: only what was awarded before moves on.
void move_points(
    Execution& execution, const LotId& lot, PointsBucket from, PointsBucket to, Amount points
) {
    const auto posted = post_points(execution, lot.programme, lot.account, from, to, points);
    assert(posted.has_value());
}

// Points come back from a redemption into their lot, or find it past its expiry.
void put_back(Execution& execution, const LotId& id, PointsBucket from, Amount points) {
    if (execution.now >= id.expires_at) {
        move_points(execution, id, from, PointsBucket::expired, points);
        return;
    }
    move_points(execution, id, from, PointsBucket::available, points);
    OpenLot open(execution.state, id);
    open.lot().available += points;
    open.save_changes();
}

}  // namespace

Amount Lot::pending_points() const {
    Amount sum = 0;
    for (const Maturing& each : pending) {
        sum += each.points;
    }
    return sum;
}

LotId lot_of_key(ByteView key) {
    const auto text_from = [&](std::size_t from) {
        return std::string(key.substr(from, key.find('\0', from) - from));
    };
    const std::string account = text_from(1);
    const std::string programme = text_from(1 + account.size() + 1);
    const std::size_t expiry = 1 + account.size() + 1 + programme.size() + 1;
    return {
        .account = *Account::parse(account),
        .programme = programme,
        .expires_at = static_cast<TimeMs>(read_u64(key.substr(expiry))),
        .sponsor = text_from(expiry + sizeof(std::uint64_t)),
    };
}

std::vector<std::pair<LotId, Lot>> lots_of(
    const Reader& reader, const Account& account, std::string_view programme
) {
    std::vector<std::pair<LotId, Lot>> lots;
    const Bytes prefix = schema::lots_of(account.text(), programme);
    reader.scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        lots.emplace_back(lot_of_key(key), decoded<Lot>(value));
        return true;
    });
    return lots;
}

Amount usable_points(
    const Reader& reader, const Account& account, std::string_view programme, TimeMs now
) {
    Amount usable = 0;
    for (const auto& [id, lot] : lots_of(reader, account, programme)) {
        usable += now < id.expires_at ? lot.available : 0;
    }
    return usable;
}

Status award(Execution& execution, const Programme& programme, const LotId& lot, Amount points) {
    const TimeMs ready = available_at(programme, execution.now);
    const bool at_once = ready <= execution.now;
    const auto to = at_once ? PointsBucket::available : PointsBucket::pending;
    if (auto posted =
            post_points(execution, lot.programme, lot.account, PointsBucket::awarded, to, points);
        !posted) {
        return posted;
    }
    OpenLot open(execution.state, lot);
    if (at_once) {
        open.lot().available += points;
    } else {
        open.add_pending(ready, points);
    }
    open.save_changes();
    return {};
}

std::vector<LotPart> hold_points(
    Execution& execution, const Account& account, std::string_view programme, Amount points
) {
    std::vector<LotPart> parts;
    Amount missing = points;
    for (const auto& [id, lot] : lots_of(execution.state, account, programme)) {
        const Amount taken = execution.now < id.expires_at ? std::min(missing, lot.available) : 0;
        if (taken == 0) {
            continue;
        }
        OpenLot open(execution.state, id);
        open.lot().available -= taken;
        open.save_changes();
        parts.push_back({.expires_at = id.expires_at, .sponsor = id.sponsor, .points = taken});
        missing -= taken;
        if (missing == 0) {
            break;
        }
    }
    assert(missing == 0);
    const auto posted = post_points(
        execution, programme, account, PointsBucket::available, PointsBucket::held, points
    );
    assert(posted.has_value());
    return parts;
}

void return_held(
    Execution& execution,
    const Account& account,
    std::string_view programme,
    const std::vector<LotPart>& parts
) {
    for (const LotPart& part : parts) {
        put_back(execution, id_of(account, programme, part), PointsBucket::held, part.points);
    }
}

void return_redeemed(
    Execution& execution, const Programme& programme, const Account& account, const LotPart& part
) {
    LotId lot = id_of(account, programme.slug, part);
    if (execution.now >= lot.expires_at && programme.refund_grace_days > 0) {
        lot.expires_at = grace_until(programme, execution.now);
    }
    put_back(execution, lot, PointsBucket::redeemed, part.points);
}

Amount take_back(
    Execution& execution, const Account& account, std::string_view programme, Amount points
) {
    Amount missing = points;
    const auto lots = lots_of(execution.state, account, programme);
    const auto take = [&](const LotId& id, Amount most, PointsBucket from) {
        const Amount taken = std::min(missing, most);
        if (taken > 0) {
            move_points(execution, id, from, PointsBucket::revoked, taken);
            missing -= taken;
        }
        return taken;
    };
    for (const auto& [id, lot] : std::views::reverse(lots)) {
        if (execution.now >= id.expires_at) {
            continue;
        }
        OpenLot open(execution.state, id);
        while (missing > 0 && !open.lot().pending.empty()) {
            const auto latest = std::prev(open.lot().pending.end());
            latest->points -= take(id, latest->points, PointsBucket::pending);
            if (latest->points == 0) {
                open.remove_pending(latest);
            }
        }
        open.save_changes();
    }
    for (const auto& [id, lot] : std::views::reverse(lots)) {
        if (execution.now >= id.expires_at) {
            continue;
        }
        OpenLot open(execution.state, id);
        open.lot().available -= take(id, open.lot().available, PointsBucket::available);
        open.save_changes();
    }
    return points - missing;
}

void mature(Execution& execution, const LotId& lot, TimeMs available_at) {
    OpenLot open(execution.state, lot);
    const auto part = std::ranges::find(open.lot().pending, available_at, &Maturing::available_at);
    assert(part != open.lot().pending.end());
    const Amount points = part->points;
    open.remove_pending(part);
    open.lot().available += points;
    open.save_changes();
    move_points(execution, lot, PointsBucket::pending, PointsBucket::available, points);
}

void expire(Execution& execution, const LotId& lot) {
    OpenLot open(execution.state, lot);
    const Amount pending = open.lot().pending_points();
    const Amount available = open.lot().available;
    open.clear();
    open.save_changes();
    if (pending > 0) {
        move_points(execution, lot, PointsBucket::pending, PointsBucket::expired, pending);
    }
    if (available > 0) {
        move_points(execution, lot, PointsBucket::available, PointsBucket::expired, available);
    }
}

}  // namespace tanji::ledger
