// What a redemption is; its commands are carried out in redeeming.cpp.
#include "ledger/points/redemption.h"

#include "ledger/parties/commands.h"
#include "ledger/points/offer.h"
#include "ledger/store/schema.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 6> state_names = {
    "reserved",
    "confirmed",
    "partly_refunded",
    "refunded",
    "released",
    "expired",
};
constexpr std::array<std::string_view, 2> stock_words = {"write_off", "return"};
constexpr std::uint64_t any_integer = (std::uint64_t{1} << 53) - 1;

}  // namespace

std::string_view name_of(RedemptionState state) {
    return state_names.at(static_cast<std::size_t>(state));
}

std::optional<RedemptionState> redemption_state_of(std::string_view name) {
    const auto found = std::ranges::find(state_names, name);
    return found != state_names.end()
               ? std::optional(static_cast<RedemptionState>(found - state_names.begin()))
               : std::nullopt;
}

std::optional<Redemption> find_redemption(const Reader& reader, const CommandId& id) {
    return load<Redemption>(reader, schema::redemption(id));
}

std::string merchant_of(const Redemption& redemption) {
    return redemption.offer.substr(0, redemption.offer.find('.'));
}

RedemptionReserve RedemptionReserve::read(JsonReader& body) {
    RedemptionReserve reserve;
    reserve.account = body.account("account");
    reserve.offer = body.text("offer", 65);
    if (!is_offer_id(reserve.offer)) {
        body.fault("offer", "is not merchant.slug");
    }
    reserve.quantity = body.integer("quantity", 0, any_integer);
    reserve.points = body.amount("points");
    reserve.hold_s = body.integer("hold_s", 0, any_integer);
    reserve.instructed = read_instructed(body);
    return reserve;
}

void RedemptionReserve::write_public(JsonWriter& out, const Reader& reader, const Salt& salt)
    const {
    out.member("account", blinded(reader, salt, account));
    out.member("offer", offer);
    out.member("quantity", quantity);
    out.amount_member("points", points);
    out.member("hold_s", hold_s);
}

RedemptionConfirm RedemptionConfirm::read(JsonReader& body) {
    RedemptionConfirm confirm;
    confirm.redemption = body.id("redemption");
    confirm.points = body.amount("points");
    confirm.voucher = body.digest("voucher");
    return confirm;
}

void RedemptionConfirm::write_public(JsonWriter& out, const Reader&, const Salt&) const {
    out.member("redemption", redemption.hex());
    out.amount_member("points", points);
    out.member("voucher", voucher.hex());
}

RedemptionRelease RedemptionRelease::read(JsonReader& body) {
    RedemptionRelease release;
    release.redemption = body.id("redemption");
    release.reason = body.text("reason", 64);
    release.instructed = read_instructed(body);
    return release;
}

void RedemptionRelease::write_public(JsonWriter& out, const Reader&, const Salt&) const {
    out.member("redemption", redemption.hex());
}

RedemptionRefund RedemptionRefund::read(JsonReader& body) {
    RedemptionRefund refund;
    refund.redemption = body.id("redemption");
    refund.points = body.amount("points");
    refund.returns_stock = body.word("stock", stock_words) == 1;
    refund.reason = body.text("reason", 64);
    return refund;
}

void RedemptionRefund::write_public(JsonWriter& out, const Reader&, const Salt&) const {
    out.member("redemption", redemption.hex());
    out.amount_member("points", points);
    out.member("stock", stock_words.at(returns_stock ? 1 : 0));
}

}  // namespace tanji::ledger
