// What becomes of a reservation.
#include "tests/model/calendar.h"
#include "tests/model/model.h"

#include <algorithm>

namespace tanji::model {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::ranges::find(list, word) != list.end();
}

// The first `points` of the parts, or those after them.
std::vector<Part> slice(const std::vector<Part>& parts, Amount points, bool first) {
    std::vector<Part> found;
    for (Part part : parts) {
        const Amount before = std::min(points, part.points);
        points -= before;
        part.points = first ? before : part.points - before;
        if (part.points > 0) {
            found.push_back(part);
        }
    }
    return found;
}

}  // namespace

// Held points back to where they came from; what is past its expiry is lost.
void Model::give_back(const RedemptionState& redemption, const std::vector<Part>& parts) {
    for (const Part& part : parts) {
        if (past(part.expires)) {
            books_.totals[redemption.programme].expired += part.points;
        } else {
            const LotKey key = {.expires = part.expires, .sponsor = part.sponsor};
            books_.lots[{redemption.account, redemption.programme}][key].available += part.points;
        }
    }
}

void Model::end_hold(RedemptionState& redemption, const std::string& state) {
    give_back(redemption, redemption.parts);
    redemption.parts.clear();
    redemption.state = state;
    redemption.limit_given_back = true;
    redemption.stock_given_back = true;
}

// False, and nothing is booked, when an amount would grow too large.
bool Model::book_clearing(
    const RedemptionState& redemption,
    const std::vector<Part>& parts,
    bool back,
    Amount micro_per_point
) {
    const std::string merchant = redemption.offer.substr(0, redemption.offer.find('.'));
    const int offset = books_.newest(redemption.programme).offset_minutes;
    const YearMonth date = month_of_day(day_at(books_.now, offset));
    std::map<std::string, Amount> owed;  // by sponsor
    for (const Part& part : parts) {
        if (part.sponsor != merchant) {
            owed[part.sponsor] += part.points;
        }
    }
    auto positions = books_.positions;
    for (const auto& [sponsor, points] : owed) {
        PositionState& position = positions[{
            redemption.programme,
            date.year * 12 + date.month - 1,
            back ? merchant : sponsor,
            back ? sponsor : merchant
        }];
        const ledger::Int128 value = ledger::Int128{points} * micro_per_point;
        if (points > ledger::amount_max - position.points ||
            value > ledger::amount_max - position.value) {
            return false;
        }
        position.points += points;
        position.value += static_cast<Amount>(value);
    }
    books_.positions = std::move(positions);
    return true;
}

std::string Model::confirm(const Signers& signers, const Confirm& act) {
    const auto found = books_.redemptions.find(act.redemption);
    if (found == books_.redemptions.end()) {
        return "redemption_unknown";
    }
    RedemptionState& redemption = found->second;
    if (!contains(signers, books_.offers.at(redemption.offer).merchant)) {
        return "signatures_insufficient";
    }
    const bool reserved = redemption.state == "reserved";
    if (redemption.state == "expired" || (reserved && books_.now >= redemption.hold_until)) {
        return "reservation_expired";
    }
    if (!reserved) {
        return "redemption_state";
    }
    if (act.points > redemption.points) {
        return "exceeds_reserved";
    }
    if (books_.vouchers.contains(act.voucher)) {
        return "voucher_reused";
    }
    const Amount micro = books_.newest(redemption.programme).micro_per_point;
    const std::vector<Part> redeemed = slice(redemption.parts, act.points, true);
    if (!book_clearing(redemption, redeemed, false, micro)) {
        return "amount_overflow";
    }
    give_back(redemption, slice(redemption.parts, act.points, false));
    redemption.state = "confirmed";
    redemption.parts = redeemed;
    redemption.confirmed = act.points;
    redemption.confirmed_at = books_.now;
    redemption.micro = micro;
    books_.vouchers.insert(act.voucher);
    books_.holds.erase(act.redemption);
    books_.touched_redemptions.insert(act.redemption);
    return "ok";
}

std::string Model::release(const Signers& signers, const Release& act) {
    const auto found = books_.redemptions.find(act.redemption);
    if (found == books_.redemptions.end()) {
        return "redemption_unknown";
    }
    RedemptionState& redemption = found->second;
    if (!contains(signers, books_.offers.at(redemption.offer).merchant) &&
        !holder_signed(signers, redemption.account, act.instructed)) {
        return "signatures_insufficient";
    }
    const bool reserved = redemption.state == "reserved";
    if (redemption.state == "expired" || (reserved && books_.now >= redemption.hold_until)) {
        return "reservation_expired";
    }
    if (!reserved) {
        return "redemption_state";
    }
    end_hold(redemption, "released");
    books_.holds.erase(act.redemption);
    books_.touched_redemptions.insert(act.redemption);
    return "ok";
}

std::string Model::refund(const Signers& signers, const Refund& act) {
    const auto found = books_.redemptions.find(act.redemption);
    if (found == books_.redemptions.end()) {
        return "redemption_unknown";
    }
    RedemptionState& redemption = found->second;
    if (!contains(signers, books_.offers.at(redemption.offer).merchant)) {
        return "signatures_insufficient";
    }
    if (redemption.state != "confirmed" && redemption.state != "partly_refunded") {
        return "redemption_state";
    }
    if (books_.now > redemption.confirmed_at + redemption.refund_days * day_ms) {
        return "refund_closed";
    }
    if (act.points > redemption.confirmed - redemption.refunded) {
        return "refund_exceeds";
    }
    const ProgrammeTerms& terms = books_.newest(redemption.programme);
    // What was taken last comes back first: the first parts stay redeemed.
    const bool forward = mistake_ == Mistake::refund_forward;
    const Amount stay = redemption.confirmed - redemption.refunded - act.points;
    const Amount cut = forward ? act.points : stay;
    std::vector<Part> back = slice(redemption.parts, cut, forward);
    const std::vector<Part> rest = slice(redemption.parts, cut, !forward);
    const bool pinned = mistake_ != Mistake::clearing_not_pinned;
    if (!book_clearing(redemption, back, true, pinned ? redemption.micro : terms.micro_per_point)) {
        return "amount_overflow";
    }
    for (Part& part : back) {
        if (past(part.expires) && terms.grace_days > 0) {
            const std::int64_t last =
                day_at(books_.now + terms.grace_days * day_ms, terms.offset_minutes);
            part.expires = start_of(last + 1, terms.offset_minutes);
        }
    }
    give_back(redemption, back);
    redemption.parts = rest;
    redemption.refunded += act.points;
    const bool complete = redemption.refunded == redemption.confirmed;
    redemption.state = complete ? "refunded" : "partly_refunded";
    redemption.limit_given_back = complete;
    redemption.stock_given_back = complete && act.returns;
    books_.touched_redemptions.insert(act.redemption);
    return "ok";
}

}  // namespace tanji::model
