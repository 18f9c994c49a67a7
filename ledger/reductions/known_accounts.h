#pragma once

#include "ledger/value/ids.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tanji::ledger {

// Accounts that were found in the state before, so that a batch need not look for each of them
// again: an account that was opened stays. One place per account and no more memory than that;
// another account may push it out. Only a cache: nothing depends on what is in it.
class KnownAccounts {
public:
    bool has(const UserId& account) const { return places_[place_of(account)] == account; }
    void add(const UserId& account) { places_[place_of(account)] = account; }

private:
    static constexpr std::size_t count = std::size_t{1} << 16U;

    // Ids are random: any two bytes of one spread well.
    static std::size_t place_of(const UserId& account) {
        return (std::size_t{account.bytes[0]} << 8U) | account.bytes[1];
    }

    std::vector<UserId> places_ = std::vector<UserId>(count);  // zero is no account
};

}  // namespace tanji::ledger
