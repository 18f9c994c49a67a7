// Blocks, times, and which kind of act comes next.
#include "tests/model/generator.h"

#include "tests/model/calendar.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::model {
namespace {

constexpr TimeMs second = 1'000;
constexpr TimeMs hour = 3'600 * second;
constexpr std::uint64_t backlog_days = 24;

}  // namespace

Generator::Generator(std::uint64_t seed, Model& model) : random_(seed), model_(model) {
    const std::uint64_t flavour = pick(60);
    flavour_ = flavour == 0   ? Flavour::crowded
               : flavour <= 2 ? Flavour::backlog
               : flavour <= 8 ? Flavour::vast
                              : Flavour::ordinary;
    accounts_ = flavour_ == Flavour::backlog ? 60 : 2 + pick(6);
    slugs_ = {"city", "keep", "slow"};
    slugs_.resize(1 + pick(3));
    if (flavour_ == Flavour::vast) {
        slugs_.insert(slugs_.begin(), "vast");
    }
}

Amount Generator::near(Amount exact) {
    switch (pick(5)) {
        case 0:
            return exact + 1;
        case 1:
            return std::max<Amount>(exact - 1, 1);
        case 2:
        case 3:
            return std::max<Amount>(exact, 1);
        default:
            return exact > 1 ? between(1, exact) : 1;
    }
}

// Times at which something changes by itself.
std::vector<TimeMs> Generator::due_times() const {
    std::vector<TimeMs> times;
    for (const std::string& name : books().holds) {
        times.push_back(books().redemptions.at(name).hold_until);
    }
    for (const auto& [name, each] : books().redemptions) {
        times.push_back(each.confirmed_at + each.refund_days * day_ms);
        times.push_back(each.reserved + books().offers.at(each.offer).terms.cooldown_s * second);
    }
    for (const auto& [purse, lots] : books().lots) {
        for (const auto& [key, lot] : lots) {
            times.push_back(key.expires);
            for (const auto& [available_at, points] : lot.pending) {
                times.push_back(available_at);
            }
        }
    }
    for (const auto& [name, offer] : books().offers) {
        times.push_back(offer.terms.opens_at);
        times.push_back(offer.terms.closes_at);
    }
    for (const auto& [name, batch] : books().batches) {
        times.push_back(batch.submitted + day_ms);
        times.push_back(
            batch.state == "submitted"
                ? batch.submitted + attest_within_days * day_ms
                : batch.issued +
                      city_scheme(city_method(batch.method).scheme).correction_days * day_ms
        );
    }
    for (const auto& [key, debt] : books().debts) {
        times.push_back(debt.since + city_scheme(key.second).obligation_days * day_ms);
    }
    const std::int64_t today = day_at(books().now, 480);
    times.push_back(start_of(today + 1, 480));
    times.push_back(start_of(month_of_day(today).next_month, 480));
    std::erase_if(times, [&](TimeMs time) { return time < books().now; });
    std::ranges::sort(times);
    return times;
}

TimeMs Generator::next_time() {
    const TimeMs now = std::max(books().now, city_founded);
    if (flavour_ == Flavour::backlog && blocks_ <= backlog_days + 1) {
        return now + (blocks_ <= backlog_days ? day_ms : 40 * day_ms);
    }
    const std::uint64_t how = pick(100);
    if (how < 8) {
        return now;
    }
    if (how < 45) {
        return now + between(1, 60) * second;
    }
    if (how < 62) {
        return now + between(1, 60) * 60 * second;
    }
    if (how < 88) {
        const std::vector<TimeMs> times = due_times();
        const std::size_t soon = chance(80) ? std::min<std::size_t>(times.size(), 5) : times.size();
        return std::max(now, times[pick(soon)] + between(-1, 1));
    }
    return now + (how < 94   ? between(1, 24) * hour
                  : how < 98 ? between(1, 5) * day_ms
                             : between(1, 40) * day_ms + between(0, 999));
}

std::size_t Generator::block_size() {
    const std::uint64_t how = pick(10);
    return how < 2 ? 1 : how < 6 ? 1 + pick(12) : 1 + pick(50);
}

Generator::Block Generator::next() {
    Block block;
    block.at = next_time();
    model_.begin(block.at);
    ++blocks_;
    const auto run = [&](Act act) {
        block.expected.push_back(model_.apply(act));
        past_.push_back(act);
        block.acts.push_back(std::move(act));
    };
    if (flavour_ == Flavour::backlog && blocks_ > 2 && blocks_ <= backlog_days) {
        draft_backlog(block);
        return block;
    }
    if (blocks_ > 3 && chance(6)) {
        Act tick;
        tick.block = blocks_;
        tick.at = block.at;
        block.acts.push_back(tick);
        return block;
    }
    const bool offers = flavour_ == Flavour::crowded && blocks_ > 3 && blocks_ < crowd_until;
    const std::size_t count = blocks_ == 1 ? accounts_ + 2
                              : blocks_ == 2
                                  ? slugs_.size() + (flavour_ == Flavour::backlog ? 0 : 2)
                              : offers ? 50
                                       : block_size();
    for (std::size_t i = 0; i < count; ++i) {
        run(draft());
    }
    return block;
}

// Everybody earns something, every day.
void Generator::draft_backlog(Block& block) {
    Submit submit;
    submit.provider = "szmetro";
    submit.method = "coin";
    submit.programme = "city";
    choose_period(submit);
    for (const auto& [account, state] : books().accounts) {
        submit.events.push_back(
            {.event = fmt::format("e{}", ++number_), .account = account, .much = between(1, 9)}
        );
    }
    Attest attest;
    for (const bool first : {true, false}) {
        Act act;
        act.block = blocks_;
        act.at = block.at;
        act.name = first ? fmt::format("B{}", ++number_) : fmt::format("c{}", ++number_);
        act.not_after = block.at + hour;
        act.signers = {first ? "szmetro" : "verico"};
        attest.batch = first ? act.name : attest.batch;
        attest.verdict = "accept";
        attest.sampled = 60;
        if (first) {
            act.body = submit;
        } else {
            act.body = attest;
        }
        block.expected.push_back(model_.apply(act));
        past_.push_back(act);
        block.acts.push_back(std::move(act));
    }
}

Act Generator::draft() {
    Act act;
    act.block = blocks_;
    act.at = books().now;
    if (repeat(act)) {
        return act;
    }
    Draft drafted = blocks_ <= 2 ? draft_first() : draft_any();
    act.body = std::move(drafted.first);
    act.signers = std::move(drafted.second);
    finish(act);
    return act;
}

// The same bytes again, or other bytes under the same id.
bool Generator::repeat(Act& act) {
    if (past_.empty() || !chance(2)) {
        return false;
    }
    const std::uint64_t block = act.block;
    act = any_of(past_);
    act.block = block;
    act.at = books().now;
    act.copy += chance(30) ? 1 : 0;
    return true;
}

void Generator::finish(Act& act) {
    const bool batch = std::holds_alternative<Submit>(act.body);
    const bool reservation = std::holds_alternative<Reserve>(act.body);
    act.name = fmt::format("{}{}", batch ? "B" : reservation ? "T" : "c", ++number_);
    const TimeMs week = 7 * day_ms;
    const std::uint64_t how = pick(200);
    act.not_after = books().now + (how == 0   ? -1
                                   : how == 1 ? 0
                                   : how == 2 ? week
                                   : how == 3 ? week + 1
                                              : hour);
    if (chance(1)) {
        act.signers.emplace_back("nobody");
    }
    std::vector<std::string> once;
    for (const std::string& signer : act.signers) {
        if (std::ranges::find(once, signer) == once.end()) {
            once.push_back(signer);
        }
    }
    act.signers = std::move(once);
}

Generator::Draft Generator::draft_first() {
    return blocks_ == 1 ? draft_open() : draft_programme();
}

Generator::Draft Generator::draft_any() {
    if (flavour_ == Flavour::crowded && blocks_ < crowd_until) {
        return draft_offer();
    }
    const std::uint64_t how = pick(1'000);
    if (how < 15) {
        return draft_open();
    }
    if (how < 40) {
        return draft_programme();
    }
    if (how < 150) {
        return draft_submit();
    }
    if (how < 280) {
        return draft_attest();
    }
    if (how < 315) {
        return draft_revoke();
    }
    if (how < 335) {
        return draft_transfer();
    }
    if (how < 365) {
        return draft_assign();
    }
    if (how < 390) {
        return draft_retire();
    }
    if (how < 410) {
        return draft_cancel();
    }
    if (how < 440) {
        return draft_offer();
    }
    if (how < 475) {
        return draft_offer_change();
    }
    if (how < 700) {
        return draft_reserve();
    }
    return how < 830 ? draft_confirm() : how < 880 ? draft_release() : draft_refund();
}

}  // namespace tanji::model
