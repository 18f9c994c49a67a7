#include "ledger/credits/book.h"

#include "ledger/store/schema.h"

#include <array>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 9> bucket_names = {
    "issued",
    "held",
    "locked",
    "frozen",
    "reserved",
    "retired",
    "cancelled",
    "exported",
    "reversed",
};

Amount* holding_bucket(Holding& holding, CreditBucket bucket) {
    switch (bucket) {
        case CreditBucket::held:
            return &holding.held;
        case CreditBucket::locked:
            return &holding.locked;
        case CreditBucket::frozen:
            return &holding.frozen;
        case CreditBucket::issued:
        case CreditBucket::reserved:
        case CreditBucket::retired:
        case CreditBucket::cancelled:
        case CreditBucket::exported:
        case CreditBucket::reversed:
            break;
    }
    return nullptr;
}

Status change(Amount& counter, Amount by) {
    const auto changed = checked_add(counter, by);
    if (!changed || *changed > amount_max) {  // beyond it no leaf could say it
        return refuse(ErrorCode::amount_overflow, "a counter would leave the bounds of an amount");
    }
    assert(*changed >= 0);
    counter = *changed;
    return {};
}

Status change_holding(
    State& state, std::string_view credit_class, const CreditPlace& place, Amount by
) {
    assert(place.account.has_value());
    Holding holding = find_holding(state, *place.account, credit_class);
    Amount* counter = holding_bucket(holding, place.bucket);
    assert(counter != nullptr);
    if (auto changed = change(*counter, by); !changed) {
        return changed;
    }
    const Bytes key = schema::holding(place.account->text(), credit_class);
    if (holding.held == 0 && holding.locked == 0 && holding.frozen == 0) {
        state.erase(key);
    } else {
        save(state, key, holding);
    }
    return {};
}

}  // namespace

std::string_view name_of(CreditBucket bucket) {
    return bucket_names.at(static_cast<std::size_t>(bucket));
}

bool ClassSupply::conserved() const {
    const std::array all = {held, locked, frozen, reserved, retired, cancelled, exported, reversed};
    Int128 sum = 0;
    for (const Amount each : all) {
        if (each < 0) {
            return false;
        }
        sum += each;
    }
    return sum == issued;
}

Amount& ClassSupply::operator[](CreditBucket bucket) {
    const std::array<Amount*, 9> all = {
        &issued,
        &held,
        &locked,
        &frozen,
        &reserved,
        &retired,
        &cancelled,
        &exported,
        &reversed,
    };
    return *all.at(static_cast<std::size_t>(bucket));
}

Holding find_holding(const Reader& reader, const Account& account, std::string_view credit_class) {
    return load<Holding>(reader, schema::holding(account.text(), credit_class)).value_or(Holding{});
}

std::optional<ClassSupply> find_class(const Reader& reader, std::string_view credit_class) {
    return load<ClassSupply>(reader, schema::credit_class(credit_class));
}

Status post_credits(
    Execution& execution,
    std::string_view credit_class,
    const CreditPlace& from,
    const CreditPlace& to,
    Amount amount
) {
    assert(amount > 0 && to.bucket != CreditBucket::issued);
    ClassSupply supply = find_class(execution.state, credit_class).value_or(ClassSupply{});
    // The source counts what it gave; every other place loses what it gives.
    const Amount out = from.bucket == CreditBucket::issued ? amount : -amount;
    if (auto changed = change(supply[from.bucket], out); !changed) {
        return changed;
    }
    if (auto changed = change(supply[to.bucket], amount); !changed) {
        return changed;
    }
    save(execution.state, schema::credit_class(credit_class), supply);
    if (from.account) {
        if (auto changed = change_holding(execution.state, credit_class, from, -amount); !changed) {
            return changed;
        }
    }
    if (to.account) {
        if (auto changed = change_holding(execution.state, credit_class, to, amount); !changed) {
            return changed;
        }
    }
    execution.postings.push_back({
        .unit = std::string(credit_class),
        .from = std::string(name_of(from.bucket)),
        .from_account = from.account,
        .to = std::string(name_of(to.bucket)),
        .to_account = to.account,
        .amount = amount,
        .salt = {},
    });
    return {};
}

}  // namespace tanji::ledger
