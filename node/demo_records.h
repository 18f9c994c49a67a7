#pragma once

#include "ledger/command/record.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"
#include "node/demo_sender.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// What the people of a demo did yesterday. SYNTHETIC, all of it.
namespace tanji::node {

class DemoRecords {
public:
    // Keeps references to the keys and the accounts.
    DemoRecords(
        std::uint64_t seed,
        ledger::TimeMs now,
        const std::map<std::uint64_t, ledger::Bytes>& event_keys,
        const std::vector<ledger::UserId>& accounts
    )
        : seed_(seed),
          now_(now),
          event_keys_(event_keys),
          accounts_(accounts) {}

    // `label` names the source events: equal ones collide.
    std::vector<ledger::Record> trips(
        std::string_view kind, std::string_view label, std::size_t count, std::uint64_t metres_max
    ) const;
    // A day of a household each, one meter per account.
    std::vector<ledger::Record> meter_days(std::size_t count) const;

private:
    ledger::Record blank_record(Dice& dice, ledger::TimeS start, ledger::TimeS seconds) const;

    std::uint64_t seed_;
    ledger::TimeMs now_;
    const std::map<std::uint64_t, ledger::Bytes>& event_keys_;
    const std::vector<ledger::UserId>& accounts_;
};

// Rides of a bike-share, in the columns of Citi Bike since 2021: a file to import.
std::string demo_rides_csv(std::uint64_t seed, std::size_t rides, ledger::TimeMs now);

}  // namespace tanji::node
