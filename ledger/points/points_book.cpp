#include "ledger/points/points_book.h"

#include "ledger/store/schema.h"

#include <array>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 8> bucket_names = {
    "awarded",
    "pending",
    "available",
    "held",
    "frozen",
    "redeemed",
    "expired",
    "revoked",
};

Amount* purse_bucket(Purse& purse, PointsBucket bucket) {
    switch (bucket) {
        case PointsBucket::pending:
            return &purse.pending;
        case PointsBucket::available:
            return &purse.available;
        case PointsBucket::held:
            return &purse.held;
        case PointsBucket::frozen:
            return &purse.frozen;
        case PointsBucket::awarded:
        case PointsBucket::redeemed:
        case PointsBucket::expired:
        case PointsBucket::revoked:
            break;
    }
    return nullptr;
}

// Those buckets belong to nobody: their side of a line names no account.
std::optional<Account> owner_of(PointsBucket bucket, const Account& account) {
    Purse none;
    return purse_bucket(none, bucket) != nullptr ? std::optional(account) : std::nullopt;
}

void change_purse(Purse& purse, PointsBucket bucket, Amount by) {
    if (Amount* counter = purse_bucket(purse, bucket)) {
        *counter += by;  // at most what the supply has
        assert(*counter >= 0);
    }
}

}  // namespace

std::string_view name_of(PointsBucket bucket) {
    return bucket_names.at(static_cast<std::size_t>(bucket));
}

bool PointsSupply::conserved() const {
    const std::array all = {pending, available, held, frozen, redeemed, expired, revoked};
    Int128 sum = 0;
    for (const Amount each : all) {
        if (each < 0) {
            return false;
        }
        sum += each;
    }
    return sum == awarded;
}

Amount& PointsSupply::operator[](PointsBucket bucket) {
    const std::array<Amount*, 8> all = {
        &awarded,
        &pending,
        &available,
        &held,
        &frozen,
        &redeemed,
        &expired,
        &revoked,
    };
    return *all.at(static_cast<std::size_t>(bucket));
}

Purse find_purse(const Reader& reader, const Account& account, std::string_view programme) {
    return load<Purse>(reader, schema::purse(account.text(), programme)).value_or(Purse{});
}

std::optional<PointsSupply> find_points(const Reader& reader, std::string_view programme) {
    return load<PointsSupply>(reader, schema::points(programme));
}

Status post_points(
    Execution& execution,
    std::string_view programme,
    const Account& account,
    PointsBucket from,
    PointsBucket to,
    Amount amount
) {
    assert(amount > 0 && to != PointsBucket::awarded);
    PointsSupply supply = find_points(execution.state, programme).value_or(PointsSupply{});
    if (from == PointsBucket::awarded) {
        if (amount > amount_max - supply.awarded) {  // beyond it no leaf could say it
            return refuse(
                ErrorCode::amount_overflow, "a counter would leave the bounds of an amount"
            );
        }
        supply.awarded += amount;
    } else {
        supply[from] -= amount;
    }
    supply[to] += amount;  // at most what was ever awarded
    assert(supply[from] >= 0);
    save(execution.state, schema::points(programme), supply);
    Purse purse = find_purse(execution.state, account, programme);
    change_purse(purse, from, -amount);
    change_purse(purse, to, amount);
    save(execution.state, schema::purse(account.text(), programme), purse);
    execution.postings.push_back({
        .unit = std::string(programme),
        .from = std::string(name_of(from)),
        .from_account = owner_of(from, account),
        .to = std::string(name_of(to)),
        .to_account = owner_of(to, account),
        .amount = amount,
        .salt = {},
    });
    return {};
}

Amount find_unbacked(const Reader& reader, std::string_view programme, std::string_view sponsor) {
    return load<Amount>(reader, schema::unbacked(programme, sponsor)).value_or(0);
}

void add_unbacked(
    State& state, std::string_view programme, std::string_view sponsor, Amount points
) {
    save(
        state,
        schema::unbacked(programme, sponsor),
        find_unbacked(state, programme, sponsor) + points  // at most what was ever awarded
    );
}

}  // namespace tanji::ledger
