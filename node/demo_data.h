#pragma once

#include "api/service.h"
#include "ledger/value/result.h"
#include "node/setup.h"

#include <functional>
#include <string>
#include <vector>

namespace tanji::node {

// What was put into a demo ledger, for the banner. All of it is SYNTHETIC and follows from the
// seed.
struct DemoData {
    struct Holder {
        std::string account;
        std::string key;  // name of its key file, `wallet-1`
        ledger::Amount grams = 0;
        std::string credit_class;
        ledger::Amount points = 0;  // green-points to spend
    };
    std::vector<Holder> holders;       // with keys of their own
    std::vector<std::string> batches;  // issued
    std::uint64_t records = 0;
    std::uint64_t conflicts = 0;  // rides reported twice
    std::uint64_t retirements = 0;
    std::uint64_t offers = 0;
    std::uint64_t redemptions = 0;
};

// Publishes the documents of packs/, opens 50 accounts, reports about 600 rides, trips and meter
// days of the last days, 20 of them twice, attests all but one batch, retires for three holders,
// opens the shops of demo_shops.h.
// `now` is the time of the first command.
ledger::Result<DemoData> seed_demo(
    api::Service& service, const DemoAlliance& alliance, std::uint64_t seed, ledger::TimeMs now
);

// The wallet reports one of the metro's trips again, another one for each `number` below 260:
// refused with activity_conflict, which is what it is for. `now` as it was given to seed_demo.
ledger::Status report_again(
    api::Service& service,
    const DemoAlliance& alliance,
    std::uint64_t seed,
    ledger::TimeMs now,
    std::uint64_t number
);

}  // namespace tanji::node
