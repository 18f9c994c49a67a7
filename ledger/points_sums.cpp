#include "ledger/points_sums.h"

#include "ledger/points/clearing.h"
#include "ledger/points/lot.h"
#include "ledger/points/offer.h"
#include "ledger/points/redemption.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::array all_buckets = {
    PointsBucket::awarded,
    PointsBucket::pending,
    PointsBucket::available,
    PointsBucket::held,
    PointsBucket::frozen,
    PointsBucket::redeemed,
    PointsBucket::expired,
    PointsBucket::revoked,
};

// The last text of a key `letter … 0 text 0`.
std::string last_text(ByteView key) {
    const std::size_t from = key.rfind('\0', key.size() - 2) + 1;
    return std::string(key.substr(from, key.size() - from - 1));
}

Int128 at(const std::map<PointsBucket, Int128>& sums, PointsBucket bucket) {
    const auto found = sums.find(bucket);
    return found != sums.end() ? found->second : 0;
}

}  // namespace

void PointsSums::add(ByteView key, ByteView value, int sign) {
    switch (key.front()) {
        case 'Q':
            return add_supply(key, value, sign);
        case 'u':
            return add_purse(key, value, sign);
        case 'q':
            return add_lot(key, value, sign);
        case 'R':
            return add_redemption(value, sign);
        case 'W':
            return add_position(value, sign);
        case 'f':
            return add_offer(key, value, sign);
        default:
            return;
    }
}

void PointsSums::add_supply(ByteView key, ByteView value, int sign) {
    const std::string name(key.substr(1, key.size() - 2));
    auto supply = decoded<PointsSupply>(value);
    if (!supply.conserved()) {
        broken_.push_back(fmt::format("programme {}: awarded is not what its buckets have", name));
    }
    for (const PointsBucket bucket : all_buckets) {
        programmes_[name].supply[bucket] += Int128{sign} * supply[bucket];
    }
}

void PointsSums::add_purse(ByteView key, ByteView value, int sign) {
    const auto purse = decoded<Purse>(value);
    auto& sums = programmes_[last_text(key)].purses;
    const std::array<std::pair<PointsBucket, Amount>, 4> all = {{
        {PointsBucket::pending, purse.pending},
        {PointsBucket::available, purse.available},
        {PointsBucket::held, purse.held},
        {PointsBucket::frozen, purse.frozen},
    }};
    for (const auto& [bucket, points] : all) {
        sums[bucket] += Int128{sign} * points;
        if (points < 0) {
            broken_.emplace_back("a purse is negative");
        }
    }
}

void PointsSums::add_lot(ByteView key, ByteView value, int sign) {
    const auto lot = decoded<Lot>(value);
    auto& sums = programmes_[lot_of_key(key).programme].lots;
    sums[PointsBucket::pending] += Int128{sign} * lot.pending_points();
    sums[PointsBucket::available] += Int128{sign} * lot.available;
    const bool positive =
        std::ranges::all_of(lot.pending, [](const Maturing& each) { return each.points > 0; });
    if (lot.empty() || lot.available < 0 || !positive) {
        broken_.emplace_back("a lot is empty or negative");
    }
}

void PointsSums::add_redemption(ByteView value, int sign) {
    const auto row = decoded<Redemption>(value);
    offers_[row.offer].quantities += Int128{sign} * row.quantity;
    auto& sums = programmes_[row.programme].redemptions;
    const std::string merchant = merchant_of(row);
    Amount parts = 0;
    for (const LotPart& part : row.parts) {
        parts += part.points;
        if (row.is_redeemed() && part.sponsor != merchant) {
            Owed& owed = owed_[{row.programme, part.sponsor, merchant}];
            owed.points += Int128{sign} * part.points;
            owed.value += Int128{sign} * part.points * row.micro_per_point;
        }
    }
    const Amount open = row.is_held() ? row.points : row.confirmed - row.refunded;
    if (parts != open || row.refunded < 0) {
        broken_.emplace_back("the parts of a redemption are not its points");
    }
    sums[row.is_held() ? PointsBucket::held : PointsBucket::redeemed] += Int128{sign} * open;
}

void PointsSums::add_position(ByteView value, int sign) {
    const auto row = decoded<Position>(value);
    if (row.points < 0 || row.value < 0) {
        broken_.emplace_back("a position is negative");
    }
    const auto book = [&](const std::string& debtor, const std::string& creditor, int way) {
        Owed& booked = booked_[{row.programme, debtor, creditor}];
        booked.points += Int128{way} * row.points;
        booked.value += Int128{way} * row.value;
    };
    book(row.debtor, row.creditor, sign);
    book(row.creditor, row.debtor, -sign);
}

void PointsSums::add_offer(ByteView key, ByteView value, int sign) {
    const std::string id(key.substr(1, key.size() - 2));
    const auto offer = decoded<ledger::Offer>(value);
    if (!offer.balanced()) {
        broken_.push_back(fmt::format("offer {}: its stock does not add up", id));
    }
    offers_[id].reserved += Int128{sign} * offer.reserved;
}

std::vector<std::string> PointsSums::violations() const {
    std::vector<std::string> found = broken_;
    const auto require = [&](bool holds, std::string_view what, const std::string& name) {
        if (!holds) {
            found.push_back(fmt::format("{}: {}", name, what));
        }
    };
    for (const auto& [name, sums] : programmes_) {
        for (const PointsBucket bucket :
             {PointsBucket::pending,
              PointsBucket::available,
              PointsBucket::held,
              PointsBucket::frozen}) {
            require(
                at(sums.supply, bucket) == at(sums.purses, bucket), "purses sum to another", name
            );
        }
        for (const PointsBucket bucket : {PointsBucket::pending, PointsBucket::available}) {
            require(at(sums.supply, bucket) == at(sums.lots, bucket), "lots sum to another", name);
        }
        for (const PointsBucket bucket : {PointsBucket::held, PointsBucket::redeemed}) {
            require(
                at(sums.supply, bucket) == at(sums.redemptions, bucket),
                "redemptions sum to another",
                name
            );
        }
    }
    // Redemptions know what a sponsor owes a merchant; positions have both directions, and a pair
    // of members may be sponsor and merchant either way.
    Clearing rest = booked_;
    for (const auto& [key, owed] : owed_) {
        const auto& [programme, sponsor, merchant] = key;
        Owed& forth = rest[key];
        forth.points -= owed.points;
        forth.value -= owed.value;
        Owed& back = rest[{programme, merchant, sponsor}];
        back.points += owed.points;
        back.value += owed.value;
    }
    for (const auto& [key, left] : rest) {
        require(left == Owed{}, "positions are not what redemptions owe", key[0]);
    }
    for (const auto& [id, offer] : offers_) {
        require(offer.reserved == offer.quantities, "its redemptions have another quantity", id);
    }
    return found;
}

}  // namespace tanji::ledger
