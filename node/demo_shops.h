#pragma once

#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "node/demo_sender.h"

#include <cstdint>
#include <vector>

// What can be had for points in a demo, and who has had it. SYNTHETIC, all of it.
namespace tanji::node {

struct DemoShops {
    std::uint64_t offers = 0;
    std::uint64_t redemptions = 0;
};

// Twelve offers of three merchants and about forty redemptions: reserved, confirmed, refunded in
// part and whole, released, and some whose hold ends while the demo runs. `accounts` have no keys
// of their own: the wallet orders for them.
// REQUIRES: the programmes of packs/ are published and points awarded.
ledger::Result<DemoShops> seed_shops(
    DemoSender& sender, const std::vector<ledger::UserId>& accounts
);

}  // namespace tanji::node
