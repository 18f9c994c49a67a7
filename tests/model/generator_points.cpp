// Programmes, offers, redemptions.
#include "tests/model/calendar.h"
#include "tests/model/generator.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::model {
namespace {

constexpr TimeMs second = 1'000;

std::string merchant_of(const std::string& offer) {
    return offer.substr(0, offer.find('.'));
}

}  // namespace

void Generator::change_terms(ProgrammeTerms& terms) {
    const bool vast = terms.slug == "vast";
    const std::vector<std::pair<Amount, Amount>> rates = {{1, 1}, {3, 2}, {1, 10}, {10, 1}, {7, 3}};
    if (chance(60)) {
        std::tie(terms.rate_points, terms.rate_grams) = any_of(rates);
        terms.rate_points *= vast ? 1'000'000'000'000'000 : 1;
    }
    if (chance(50)) {
        terms.delay_days = terms.slug == "slow" ? between(1, 4) : chance(70) ? 0 : between(1, 30);
    }
    if (chance(50)) {
        terms.validity_days = chance(70) ? between(1, 20) : between(1, 400);
        terms.by_month = chance(30);
    }
    if (chance(40)) {
        const Amount scale = vast ? 1'000'000'000'000'000 : 1;
        terms.cap_day = chance(50) ? none : between(1, 200) * scale;
        terms.cap_month = chance(50) ? none : between(1, 1'000) * scale;
    }
    if (chance(40)) {
        terms.take_back = terms.slug == "keep" ? chance(10) : chance(90);
        terms.grace_days = chance(50) ? 0 : between(1, 40);
    }
    if (chance(40)) {
        terms.micro_per_point = vast ? between(0, 3) : chance(20) ? 0 : between(1, 20'000);
        terms.micro_per_point = vast && chance(20) ? 1'000'000'000 : terms.micro_per_point;
    }
    if (chance(40)) {
        const std::vector<std::string> sponsors = {"", "", "fund", "rideco", "mall"};
        terms.sponsor = any_of(sponsors);
    }
    if (chance(10)) {
        terms.earners =
            chance(50) ? std::vector<std::string>() : std::vector<std::string>{"szmetro"};
        terms.merchants =
            chance(50) ? std::vector<std::string>() : std::vector<std::string>{"evpower", "mall"};
        terms.schemes =
            chance(70) ? std::vector<std::string>{"ant", "sz-ph"} : std::vector<std::string>{"ant"};
    }
}

Generator::Draft Generator::draft_programme() {
    ProgrammeTerms terms;
    std::string slug = any_of(slugs_);
    for (const std::string& each : slugs_) {
        slug = books().programmes.contains(each) ? slug : each;
    }
    if (const auto found = books().programmes.find(slug); found != books().programmes.end()) {
        terms = found->second.back();
        ++terms.version;
        change_terms(terms);
    } else {
        terms.slug = slug;
        terms.owner = slug == "city" && chance(30) ? "mall" : "rideco";
        terms.offset_minutes = slug == "keep" ? 0 : slug == "slow" ? 345 : 480;
        terms.schemes = {"ant", "sz-ph"};
        terms.validity_days = flavour_ == Flavour::backlog ? 30 : between(1, 40);
        terms.take_back = slug != "keep";
        terms.delay_days = slug == "slow" ? 2 : 0;
        terms.micro_per_point = 100;
        terms.rate_points = slug == "vast" ? 1'000'000'000'000'000 : 1;
    }
    switch (pick(60)) {
        case 0:
            terms.version += 1;
            break;
        case 1:
            terms.version = std::max(terms.version, 2U) - 1;
            break;
        case 2:
            terms.owner = terms.owner == "mall" ? "rideco" : "mall";
            break;
        case 3:
            terms.sponsor = "stranger";
            break;
        case 4:
            terms.schemes.emplace_back("zz-ph");
            break;
        case 5:
            terms.owner = "acme";  // has no such role
            break;
        default:
            break;
    }
    std::vector<std::string> signers;
    for (const CityMember& member : city_members()) {
        const bool needed = member.name == terms.owner || signers.size() < governors_needed();
        if (needed) {
            signers.push_back(member.name);
        }
    }
    if (chance(3)) {
        signers.resize(signers.size() - 1 - pick(3));
    }
    return {PublishProgramme{.terms = terms}, signers};
}

OfferTerms Generator::choose_terms() {
    const TimeMs now = books().now;
    OfferTerms terms;
    terms.price = chance(2) ? 0 : between(1, 60) * (chance(3) ? 1'000 : 1);
    terms.opens_at = now + (chance(80) ? -between(0, 1'000) : between(0, 90) * second);
    terms.closes_at = terms.opens_at + (chance(90)   ? between(1, 90) * day_ms
                                        : chance(50) ? between(-1, 1)
                                                     : between(1, 60) * second);
    if (chance(40)) {
        const std::vector<std::string> windows = {"offer", "day", "month"};
        terms.limit = between(1, 6);
        terms.window = any_of(windows);
    }
    terms.cooldown_s = chance(30) ? between(1, 4'000) : 0;
    terms.quantity_max = chance(80) ? between(1, 5) : 100;
    terms.hold_s_max = chance(70) ? 86'400 : between(60, 4'000);
    terms.refund_days = chance(20) ? 0 : between(1, 60);
    return terms;
}

Generator::Draft Generator::draft_offer() {
    PublishOffer body;
    const std::vector<std::string> merchants = {"evpower", "mall", "rideco", "szmetro"};
    std::string merchant = any_of(merchants);
    body.offer = fmt::format("{}.o{}", merchant, 1 + pick(3));
    if (flavour_ == Flavour::crowded && blocks_ < crowd_until) {
        merchant = "mall";
        body.offer = fmt::format("mall.x{}", ++number_);
    }
    body.programme = chance(97) ? any_of(slugs_) : "moon";
    body.terms = choose_terms();
    if (flavour_ == Flavour::vast && body.programme == "vast") {
        body.terms.price = std::min<Amount>(body.terms.price, 1'000) * 100'000'000'000'000;
    }
    body.stock = chance(40) ? none : chance(80) ? between(0, 6) : 50;
    if (flavour_ == Flavour::vast && chance(30)) {
        body.stock = ledger::amount_max - between(0, 10);
    }
    if (chance(2)) {
        body.offer = "acme.o1";  // has no such role
        return {body, {"acme"}};
    }
    return {body, {chance(97) ? merchant : wrong_hand()}};
}

std::string Generator::some_offer() {
    std::vector<std::string> open;
    for (const auto& [name, offer] : books().offers) {
        if (!offer.closed && books().now < offer.terms.closes_at &&
            (flavour_ != Flavour::crowded || open.size() < 5)) {
            open.push_back(name);
        }
    }
    return books().offers.empty() || chance(2) ? "mall.moon"
           : open.empty() || chance(3)         ? any_of(books().offers).first
                                               : any_of(open);
}

Generator::Draft Generator::draft_offer_change() {
    const std::string offer = some_offer();
    const std::vector<std::string> signers = {chance(95) ? merchant_of(offer) : wrong_hand()};
    const std::uint64_t how = pick(100);
    const auto found = books().offers.find(offer);
    if (how < 40) {
        OfferTerms terms = choose_terms();
        if (found != books().offers.end() && chance(70)) {
            terms.price = found->second.terms.price;
        }
        return {ReviseOffer{.offer = offer, .terms = terms}, signers};
    }
    if (how < 88) {
        const bool much = flavour_ == Flavour::vast && chance(30);
        const Amount units = much ? ledger::amount_max : chance(1) ? 0 : between(1, 4);
        return {Restock{.offer = offer, .units = units}, signers};
    }
    return {CloseOffer{.offer = offer}, signers};
}

Generator::Draft Generator::draft_reserve() {
    Reserve body;
    body.offer = some_offer();
    body.account = any_account();
    const auto found = books().offers.find(body.offer);
    if (found == books().offers.end()) {
        body.points = 1;
        const std::vector<std::string> signers = holders(body.account, body.instructed);
        return {body, signers};
    }
    const OfferTerms& terms = found->second.terms;
    for (const auto& [name, account] : books().accounts) {
        if (books().usable(name, found->second.programme) >= terms.price && chance(50)) {
            body.account = name;
        }
    }
    const Amount usable = books().usable(body.account, found->second.programme);
    const Amount price = std::max<Amount>(terms.price, 1);
    body.quantity = chance(70) ? std::max<Amount>(std::min(terms.quantity_max, usable / price), 1)
                               : between(1, terms.quantity_max);
    if (found->second.limited && chance(40)) {
        body.quantity = near(std::min(books().stock(body.offer).remaining, terms.quantity_max));
    }
    if (chance(2)) {
        body.quantity = chance(50) ? 0 : terms.quantity_max + 1;
    }
    body.points = price * body.quantity;
    if (body.points / price != body.quantity || body.points > ledger::amount_max) {
        body.points = price;
    }
    body.points = std::max<Amount>(body.points + (chance(2) ? between(-1, 1) : 0), 0);
    body.hold_s = chance(60) ? between(60, std::min<std::int64_t>(terms.hold_s_max, 900))
                             : between(60, terms.hold_s_max);
    if (chance(2)) {
        body.hold_s = chance(50) ? 59 : terms.hold_s_max + 1;
    }
    const std::vector<std::string> signers = holders(body.account, body.instructed);
    return {body, signers};
}

std::string Generator::some_redemption(bool wants_hold) {
    if (books().redemptions.empty() || chance(2)) {
        return "T0";
    }
    if (wants_hold && !books().holds.empty() && !chance(6)) {
        return any_of(books().holds);
    }
    std::vector<std::string> redeemed;
    for (const auto& [name, each] : books().redemptions) {
        if (each.state == "confirmed" || each.state == "partly_refunded") {
            redeemed.push_back(name);
        }
    }
    return wants_hold || redeemed.empty() || chance(6) ? any_of(books().redemptions).first
                                                       : any_of(redeemed);
}

Generator::Draft Generator::draft_confirm() {
    Confirm body;
    body.redemption = some_redemption(true);
    body.voucher = chance(4) && !books().vouchers.empty() ? any_of(books().vouchers)
                                                          : fmt::format("w{}", ++number_);
    const auto found = books().redemptions.find(body.redemption);
    if (found == books().redemptions.end()) {
        body.points = 1;
        return {body, {"mall"}};
    }
    const Amount all = found->second.points;
    body.points = chance(50) ? all : chance(1) ? 0 : near(all);
    return {body, {chance(96) ? merchant_of(found->second.offer) : wrong_hand()}};
}

Generator::Draft Generator::draft_release() {
    Release body;
    body.redemption = some_redemption(true);
    const auto found = books().redemptions.find(body.redemption);
    if (found == books().redemptions.end()) {
        return {body, {"mall"}};
    }
    if (chance(50)) {
        return {body, {chance(96) ? merchant_of(found->second.offer) : wrong_hand()}};
    }
    std::vector<std::string> signers = holders(found->second.account, body.instructed);
    return {body, signers};
}

Generator::Draft Generator::draft_refund() {
    Refund body;
    body.redemption = some_redemption(false);
    body.returns = chance(50);
    const auto found = books().redemptions.find(body.redemption);
    if (found == books().redemptions.end()) {
        body.points = 1;
        return {body, {"mall"}};
    }
    const Amount left = found->second.confirmed - found->second.refunded;
    body.points = chance(40) && left > 0 ? left : near(left);
    return {body, {chance(96) ? merchant_of(found->second.offer) : wrong_hand()}};
}

}  // namespace tanji::model
