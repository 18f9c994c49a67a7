#include "node/demo_shops.h"

#include "ledger/value/json.h"
#include "ledger/view.h"

#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::Amount;
using ledger::Status;

constexpr std::size_t redemption_count = 40;
constexpr int hold_s = 900;
constexpr int short_hold_s = 60;  // over before anybody has read the banner

struct DemoOffer {
    std::string_view id;
    std::string_view zh;
    std::string_view en;
    std::string_view programme;
    Amount price;
    Amount stock;  // 0: not limited
};
constexpr std::array<DemoOffer, 12> offers = {{
    {"ev.charge-10kwh", "充电10度", "10 kWh of charging", "ride-points", 300, 500},
    {"ev.charge-5kwh", "充电5度", "5 kWh of charging", "green-points", 250, 500},
    {"ev.parking-hour", "停车一小时", "An hour of parking", "ride-points", 120, 0},
    {"metro.day-pass", "地铁日票", "A day on the metro", "green-points", 400, 200},
    {"metro.ride", "地铁单程票", "A metro ride", "ride-points", 100, 0},
    {"metro.ride-green", "地铁单程票", "A metro ride", "green-points", 150, 0},
    {"shop.bag", "环保袋", "A shopping bag", "green-points", 80, 300},
    {"shop.coffee", "咖啡一杯", "A cup of coffee", "green-points", 200, 1'000},
    {"shop.cup", "随行杯", "A cup to keep", "ride-points", 350, 40},
    {"shop.metro-card", "地铁储值卡", "A metro card", "green-points", 300, 100},
    {"shop.tea", "茶一杯", "A cup of tea", "ride-points", 90, 1'000},
    {"shop.voucher-10", "十元券", "A voucher of 10 yuan", "green-points", 500, 0},
}};

std::string merchant_of(std::string_view offer) {
    return std::string(offer.substr(0, offer.find('.')));
}

class Shops {
public:
    Shops(DemoSender& sender, const std::vector<ledger::UserId>& accounts)
        : sender_(sender),
          accounts_(accounts) {}

    ledger::Result<DemoShops> run();

private:
    Status publish(const DemoOffer& offer);
    Status redeem(std::size_t number);
    Status order(std::string_view type, ledger::JsonWriter& body, const DemoOffer& offer);
    Status confirm(const std::string& id, const DemoOffer& offer, Amount points);
    Status refund(const std::string& id, const DemoOffer& offer, Amount points);
    Status release(const std::string& id, const DemoOffer& offer);

    DemoSender& sender_;
    const std::vector<ledger::UserId>& accounts_;
    DemoShops made_;
};

Status Shops::order(std::string_view type, ledger::JsonWriter& body, const DemoOffer& offer) {
    auto sent =
        sender_.send(type, body.close_object().take(), {sender_.key_of(merchant_of(offer.id))});
    return sent ? Status() : ledger::refusal(sent);
}

Status Shops::publish(const DemoOffer& offer) {
    const ledger::TimeMs now = sender_.now();
    ledger::JsonWriter out;
    out.open_object().member("offer", offer.id);
    out.name("title").open_object().member("zh", offer.zh).member("en", offer.en).close_object();
    out.member("programme", offer.programme).amount_member("price", offer.price);
    out.name("stock");
    offer.stock == 0 ? out.null() : out.amount(offer.stock);
    out.member("opens_at", static_cast<std::uint64_t>(now));
    out.member("closes_at", static_cast<std::uint64_t>(now + 180 * ledger::ms_per_day));
    out.name("limit").null().member("cooldown_s", std::uint64_t{0});
    out.member("quantity_max", std::uint64_t{5}).member("hold_s_max", std::uint64_t{86'400});
    out.member("refund_days", std::uint64_t{14});
    out.member("terms", ledger::sha256(fmt::format("SYNTHETIC terms of {}", offer.id)).hex());
    ++made_.offers;
    return order("offer.publish", out, offer);
}

Status Shops::confirm(const std::string& id, const DemoOffer& offer, Amount points) {
    ledger::JsonWriter out;
    out.open_object().member("redemption", id).amount_member("points", points);
    out.member("voucher", sender_.draw_hash().hex());
    return order("redemption.confirm", out, offer);
}

Status Shops::refund(const std::string& id, const DemoOffer& offer, Amount points) {
    ledger::JsonWriter out;
    out.open_object().member("redemption", id).amount_member("points", points);
    out.member("stock", "return").member("reason", "SYNTHETIC");
    return order("redemption.refund", out, offer);
}

Status Shops::release(const std::string& id, const DemoOffer& offer) {
    ledger::JsonWriter out;
    out.open_object().member("redemption", id).member("reason", "SYNTHETIC");
    out.name("instruction").null();
    return order("redemption.release", out, offer);
}

Status Shops::redeem(std::size_t number) {
    const DemoOffer& offer = offers.at(number % offers.size());
    const ledger::Account account(accounts_.at(number % accounts_.size()));
    const auto lots = sender_.view()->lots(account.text());
    Amount usable = 0;
    for (const auto& [lot, left] : lots) {
        usable += lot.programme == offer.programme ? left.available : 0;
    }
    if (usable < offer.price) {
        return {};
    }
    const std::size_t fate = number % 10;
    const ledger::CommandId id = sender_.draw_id();
    ledger::JsonWriter out;
    out.open_object().member("account", account.text()).member("offer", offer.id);
    out.member("quantity", std::uint64_t{1}).amount_member("points", offer.price);
    out.member("hold_s", static_cast<std::uint64_t>(fate == 9 ? short_hold_s : hold_s));
    out.member("instruction", sender_.draw_hash().hex()).close_object();
    auto reserved = sender_.send("redemption.reserve", out.take(), {sender_.key_of("wallet")}, id);
    if (!reserved) {
        return ledger::refusal(reserved);
    }
    ++made_.redemptions;
    if (fate == 8) {
        return release(id.hex(), offer);
    }
    if (fate < 2 || fate == 9) {
        return {};
    }
    if (auto confirmed = confirm(id.hex(), offer, offer.price); !confirmed) {
        return confirmed;
    }
    if (fate == 6 || fate == 7) {
        return refund(id.hex(), offer, fate == 6 ? offer.price / 2 : offer.price);
    }
    return {};
}

ledger::Result<DemoShops> Shops::run() {
    for (const DemoOffer& offer : offers) {
        if (auto published = publish(offer); !published) {
            return ledger::refusal(published);
        }
    }
    for (std::size_t i = 0; i < redemption_count; ++i) {
        if (auto redeemed = redeem(i); !redeemed) {
            return ledger::refusal(redeemed);
        }
    }
    return made_;
}

}  // namespace

ledger::Result<DemoShops> seed_shops(
    DemoSender& sender, const std::vector<ledger::UserId>& accounts
) {
    return Shops(sender, accounts).run();
}

}  // namespace tanji::node
