#include "tests/model/act.h"

#include "tests/model/calendar.h"

#include <fmt/format.h>

namespace tanji::model {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view otherwise) {
    return words.empty() ? std::string(otherwise) : fmt::format("{}", fmt::join(words, "+"));
}

std::string ranges_text(const Ranges& ranges) {
    std::string text;
    for (const auto& [first, last] : ranges) {
        text += fmt::format("{}{}-{}", text.empty() ? "" : ",", first, last);
    }
    return text;
}

std::string terms_text(const OfferTerms& terms) {
    std::string text = fmt::format(
        "price {} open [{}, {}) quantity_max {} hold_s_max {} refund_days {}",
        terms.price,
        time_text(terms.opens_at),
        time_text(terms.closes_at),
        terms.quantity_max,
        terms.hold_s_max,
        terms.refund_days
    );
    if (terms.limit != none) {
        text += fmt::format(" limit {} a {}", terms.limit, terms.window);
    }
    return text + (terms.cooldown_s != 0 ? fmt::format(" cooldown {}", terms.cooldown_s) : "");
}

struct Row {
    std::string operator()(const Tick&) const { return "tick"; }
    std::string operator()(const Open& act) const {
        return fmt::format(
            "open {}{}{}", act.account, act.venue ? " venue" : "", act.keyless ? " keyless" : ""
        );
    }
    std::string operator()(const PublishProgramme& act) const {
        const ProgrammeTerms& terms = act.terms;
        std::string text = fmt::format(
            "publish programme {} version {} owner {} offset {} schemes {} earners {} sponsor {} "
            "rate {}/{} delay {} validity {} by {}",
            terms.slug,
            terms.version,
            terms.owner,
            terms.offset_minutes,
            joined(terms.schemes, ""),
            joined(terms.earners, "any"),
            terms.sponsor.empty() ? "provider" : terms.sponsor,
            terms.rate_points,
            terms.rate_grams,
            terms.delay_days,
            terms.validity_days,
            terms.by_month ? "month" : "day"
        );
        if (terms.cap_day != none || terms.cap_month != none) {
            text += fmt::format(" caps day {} month {}", terms.cap_day, terms.cap_month);
        }
        return text + fmt::format(
                          " merchants {} {} grace {} micro {}",
                          joined(terms.merchants, "any"),
                          terms.take_back ? "take_back" : "keep",
                          terms.grace_days,
                          terms.micro_per_point
                      );
    }
    std::string operator()(const Submit& act) const {
        std::string text = fmt::format(
            "submit {} of {} [{}, {}] programme {}:",
            act.method,
            act.provider,
            time_text(act.start * 1'000),
            time_text(act.end * 1'000),
            act.programme.empty() ? "none" : act.programme
        );
        for (const Event& event : act.events) {
            text += fmt::format(" {} {} {},", event.event, event.account, event.much);
        }
        return text;
    }
    std::string operator()(const Attest& act) const {
        return fmt::format(
            "attest {} {} {} sampled {}",
            act.batch,
            act.verdict,
            ranges_text(act.except),
            act.sampled
        );
    }
    std::string operator()(const Revoke& act) const {
        return fmt::format(
            "revoke {} {}{}",
            act.batch,
            act.records ? ranges_text(*act.records) : "all",
            act.free ? " free" : ""
        );
    }
    std::string operator()(const Grams& act) const {
        return fmt::format(
            "{} {} {} of {}{}{}",
            act.verb,
            act.amount,
            act.credit_class,
            act.account,
            act.to.empty() ? "" : " to " + act.to,
            act.instructed ? " instructed" : ""
        );
    }
    std::string operator()(const PublishOffer& act) const {
        return fmt::format(
            "publish offer {} for {} {} stock {}",
            act.offer,
            act.programme,
            terms_text(act.terms),
            act.stock == none ? "unlimited" : std::to_string(act.stock)
        );
    }
    std::string operator()(const ReviseOffer& act) const {
        return fmt::format("revise {} {}", act.offer, terms_text(act.terms));
    }
    std::string operator()(const Restock& act) const {
        return fmt::format("restock {} {}", act.offer, act.units);
    }
    std::string operator()(const CloseOffer& act) const {
        return fmt::format("close {}", act.offer);
    }
    std::string operator()(const Reserve& act) const {
        return fmt::format(
            "reserve {} {} of {} points {} hold {}{}",
            act.quantity,
            act.offer,
            act.account,
            act.points,
            act.hold_s,
            act.instructed ? " instructed" : ""
        );
    }
    std::string operator()(const Confirm& act) const {
        return fmt::format("confirm {} {} voucher {}", act.redemption, act.points, act.voucher);
    }
    std::string operator()(const Release& act) const {
        return fmt::format("release {}{}", act.redemption, act.instructed ? " instructed" : "");
    }
    std::string operator()(const Refund& act) const {
        return fmt::format(
            "refund {} {} {}", act.redemption, act.points, act.returns ? "return" : "write_off"
        );
    }
};

struct Type {
    std::string operator()(const Tick&) const { return "tick"; }
    std::string operator()(const Open&) const { return "account.open"; }
    std::string operator()(const PublishProgramme&) const { return "programme.publish"; }
    std::string operator()(const Submit&) const { return "activity.submit"; }
    std::string operator()(const Attest&) const { return "activity.attest"; }
    std::string operator()(const Revoke&) const { return "activity.revoke"; }
    std::string operator()(const Grams& act) const {
        return "credit." + (act.verb == "donate" ? "assign" : act.verb);
    }
    std::string operator()(const PublishOffer&) const { return "offer.publish"; }
    std::string operator()(const ReviseOffer&) const { return "offer.revise"; }
    std::string operator()(const Restock&) const { return "offer.restock"; }
    std::string operator()(const CloseOffer&) const { return "offer.close"; }
    std::string operator()(const Reserve&) const { return "redemption.reserve"; }
    std::string operator()(const Confirm&) const { return "redemption.confirm"; }
    std::string operator()(const Release&) const { return "redemption.release"; }
    std::string operator()(const Refund&) const { return "redemption.refund"; }
};

}  // namespace

bool same_bytes(const Act& a, const Act& b) {
    return a.name == b.name && a.copy == b.copy && a.not_after == b.not_after && a.body == b.body;
}

std::string type_of(const Act& act) {
    return std::visit(Type(), act.body);
}

std::string row_of(const Act& act) {
    std::string row = std::visit(Row(), act.body);
    if (act.is_tick()) {
        return row;
    }
    row = joined(act.signers, "nobody") + " " + row + " as " + act.name;
    row += act.copy != 0 ? fmt::format(" copy {}", act.copy) : "";
    const TimeMs life = act.not_after - act.at;
    return row + (life != 3'600'000 ? fmt::format(" not_after {:+} ms", life) : "");
}

std::string time_text(TimeMs time) {
    const std::int64_t day = day_at(time, 480);
    const YearMonth date = month_of_day(day);
    const TimeMs rest = time - start_of(day, 480);
    return fmt::format(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        date.year,
        date.month,
        date.day,
        rest / 3'600'000,
        rest / 60'000 % 60,
        rest / 1'000 % 60,
        rest % 1'000
    );
}

}  // namespace tanji::model
