#pragma once

#include "ledger/command/leaf.h"
#include "ledger/governance/genesis.h"
#include "ledger/points/offer.h"
#include "ledger/points/points_book.h"
#include "ledger/points/programme.h"
#include "ledger/points/redemption.h"
#include "ledger/value/result.h"

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

// The second book as the public leaves tell it: supply of points, terms and stock of offers, the
// life of every redemption, and who owes whom. Accounts and lots stay sealed.
namespace tanji::ledger {

class PointsReplay {
public:
    // REQUIRES: `genesis` outlives this.
    explicit PointsReplay(const Genesis& genesis) : genesis_(genesis) {}

    // An applied leaf of any type. A refusal is a sentence that says why it cannot be true.
    Status feed(const Leaf& leaf);
    // What a batch awards: points of its programme, as many as its issue says.
    Status feed_award(const Leaf& leaf, std::string_view programme, Amount points) const;

    const std::map<std::string, PointsSupply, std::less<>>& supply() const { return supply_; }
    struct Owed {
        Int128 points = 0;
        Int128 value = 0;
    };
    // By programme, sponsor and merchant: what redemptions have left of debts.
    const std::map<std::array<std::string, 3>, Owed>& owed() const { return owed_; }
    std::size_t redemptions() const { return redemptions_.size(); }

private:
    struct Deal {
        RedemptionState state = RedemptionState::reserved;
        std::string offer;
        std::string programme;
        std::uint64_t quantity = 0;
        Amount points = 0;
        TimeMs until = 0;
        Amount confirmed = 0;
        Amount refunded = 0;
    };

    Status feed_moves(const Leaf& leaf);
    Status feed_programme(const Leaf& leaf);
    Status feed_offer(const Leaf& leaf);
    Status feed_reserve(const Leaf& leaf);
    Status feed_redemption(const Leaf& leaf);
    Status feed_confirm(const Leaf& leaf, Deal& deal);
    Status feed_refund(const Leaf& leaf, Deal& deal);
    Status feed_expire(const Leaf& leaf);
    Status feed_clearing(const Leaf& leaf, const Deal& deal, bool refund);
    void return_stock(const Deal& deal);

    const Genesis& genesis_;
    std::map<std::string, PointsSupply, std::less<>> supply_;
    std::map<std::string, Programme, std::less<>> programmes_;  // newest versions
    std::map<std::string, Offer, std::less<>> offers_;
    std::map<CommandId, Deal> redemptions_;
    std::set<std::string, std::less<>> vouchers_;
    std::map<std::array<std::string, 3>, Owed> owed_;
};

}  // namespace tanji::ledger
