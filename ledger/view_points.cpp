// The reads of a view over programmes, points, offers, redemptions and clearing.
#include "ledger/store/schema.h"
#include "ledger/view.h"

#include <cassert>

namespace tanji::ledger {
namespace {

// The text between the prefix and the zero byte at the end of a key.
std::string last_text(ByteView key, std::size_t prefix) {
    return std::string(key.substr(prefix, key.size() - prefix - 1));
}

// Redemptions whose ids end the keys of an index.
View::Redemptions redemptions_in(
    const Reader& reader,
    const Bytes& prefix,
    const std::optional<CommandId>& after,
    std::size_t limit,
    const View::WantsRedemption& wanted
) {
    View::Redemptions found;
    Bytes from = prefix;
    if (after) {
        from.append(after->view());
        from.push_back('\0');
    }
    reader.scan(from, schema::end_of(prefix), [&](ByteView key, ByteView) {
        const auto id = *CommandId::from(key.substr(key.size() - CommandId::length));
        auto redemption = find_redemption(reader, id);
        assert(redemption.has_value());
        if (wanted(*redemption)) {
            found.emplace_back(id, std::move(*redemption));
        }
        return found.size() < limit;
    });
    return found;
}

}  // namespace

std::vector<Programme> View::programmes() const {
    std::vector<Programme> newest;
    const Bytes end = schema::end_of(schema::all_programmes);
    reader_->scan(schema::all_programmes, end, [&](ByteView, ByteView value) {
        auto programme = decoded<Programme>(value);
        if (!newest.empty() && newest.back().slug == programme.slug) {
            newest.back() = std::move(programme);
        } else {
            newest.push_back(std::move(programme));
        }
        return true;
    });
    return newest;
}

std::optional<Programme> View::programme(std::string_view slug) const {
    return find_programme(*reader_, slug);
}

std::optional<Programme> View::programme(std::string_view slug, std::uint32_t version) const {
    return find_programme(*reader_, slug, version);
}

std::optional<PointsSupply> View::points_supply(std::string_view programme) const {
    return find_points(*reader_, programme);
}

std::vector<std::pair<std::string, Amount>> View::unbacked(std::string_view programme) const {
    std::vector<std::pair<std::string, Amount>> rows;
    const Bytes prefix = schema::unbacked_of(programme);
    reader_->scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        rows.emplace_back(last_text(key, prefix.size()), decoded<Amount>(value));
        return true;
    });
    return rows;
}

Amount View::unbacked_by(LeafIndex leaf) const {
    return load<Amount>(*reader_, schema::unbacked_by(leaf)).value_or(0);
}

std::vector<std::pair<std::string, Purse>> View::purses(std::string_view account) const {
    std::vector<std::pair<std::string, Purse>> rows;
    const Bytes prefix = schema::purses_of(account);
    reader_->scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        rows.emplace_back(last_text(key, prefix.size()), decoded<Purse>(value));
        return true;
    });
    return rows;
}

std::vector<std::pair<LotId, Lot>> View::lots(std::string_view account) const {
    std::vector<std::pair<LotId, Lot>> rows;
    const Bytes prefix = schema::lots_of(account);
    reader_->scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        rows.emplace_back(lot_of_key(key), decoded<Lot>(value));
        return true;
    });
    return rows;
}

std::optional<Offer> View::offer(std::string_view offer) const {
    return find_offer(*reader_, offer);
}

std::vector<std::pair<std::string, Offer>> View::offers(
    std::string_view after, std::size_t limit, const WantsOffer& wanted
) const {
    std::vector<std::pair<std::string, Offer>> rows;
    Bytes from(schema::all_offers);
    if (!after.empty()) {
        from = schema::offer(after);
        from.push_back('\0');
    }
    const Bytes end = schema::end_of(schema::all_offers);
    reader_->scan(from, end, [&](ByteView key, ByteView value) {
        std::string id = last_text(key, schema::all_offers.size());
        auto offer = decoded<Offer>(value);
        if (wanted(id, offer)) {
            rows.emplace_back(std::move(id), std::move(offer));
        }
        return rows.size() < limit;
    });
    return rows;
}

std::optional<Redemption> View::redemption(const CommandId& id) const {
    return find_redemption(*reader_, id);
}

std::vector<std::pair<LeafIndex, RedemptionStep>> View::steps(const CommandId& redemption) const {
    std::vector<std::pair<LeafIndex, RedemptionStep>> rows;
    const Bytes prefix = schema::redemption_steps(redemption);
    reader_->scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        rows.emplace_back(read_u64(key.substr(prefix.size())), decoded<RedemptionStep>(value));
        return true;
    });
    return rows;
}

View::Redemptions View::redemptions_of_account(
    std::string_view account,
    const std::optional<CommandId>& after,
    std::size_t limit,
    const WantsRedemption& wanted
) const {
    return redemptions_in(*reader_, schema::account_redemptions(account), after, limit, wanted);
}

View::Redemptions View::redemptions_of_merchant(
    std::string_view merchant,
    const std::optional<CommandId>& after,
    std::size_t limit,
    const WantsRedemption& wanted
) const {
    return redemptions_in(*reader_, schema::merchant_redemptions(merchant), after, limit, wanted);
}

View::Redemptions View::holds(std::string_view account, std::size_t limit) const {
    return redemptions_in(
        *reader_,
        schema::holds_of(account),
        std::nullopt,
        limit,
        [](const Redemption&) { return true; }
    );
}

std::optional<CommandId> View::voucher(const Hash& commitment) const {
    const auto id = reader_->get(schema::voucher(commitment));
    return id ? CommandId::from(*id) : std::nullopt;
}

std::vector<Position> View::positions() const {
    std::vector<Position> rows;
    const Bytes end = schema::end_of(schema::all_positions);
    reader_->scan(schema::all_positions, end, [&](ByteView, ByteView value) {
        rows.push_back(decoded<Position>(value));
        return true;
    });
    return rows;
}

}  // namespace tanji::ledger
