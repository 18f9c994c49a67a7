// Accounts, batches, credits.
#include "tests/model/calendar.h"
#include "tests/model/generator.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::model {

std::string Generator::user() {
    return books().accounts.empty() || chance(2) ? "u99" : any_of(books().accounts).first;
}

std::string Generator::any_account() {
    return chance(15) ? any_of(city_members()).name : user();
}

std::string Generator::wrong_hand() {
    return chance(50) || books().accounts.empty() ? any_of(city_members()).name : user();
}

// Who may sign for the account, or now and then somebody else.
std::vector<std::string> Generator::holders(const std::string& account, bool& instructed) {
    const auto found = books().accounts.find(account);
    const bool keyless = found != books().accounts.end() && found->second.keyless;
    instructed = keyless ? !chance(5) : chance(5);
    if (chance(3)) {
        return {wrong_hand()};
    }
    if (found == books().accounts.end() && find_city_member(account) == nullptr) {
        return {"acme"};
    }
    return {keyless ? found->second.custodian : account};
}

Generator::Draft Generator::draft_open() {
    Open body;
    const std::size_t next = books().accounts.size() + 1;
    body.venue = next == 2;
    body.account =
        fmt::format("{}{}", body.venue ? "v" : "u", next <= accounts_ ? next : 1 + pick(accounts_));
    const bool again = books().accounts.contains(body.account);
    body.keyless = next == 3 || (!again && chance(10));
    std::vector<std::string> signers = {chance(50) ? "rideco" : "szmetro"};
    if (!body.keyless && !chance(2)) {
        signers.push_back(body.account);
    }
    if (chance(2)) {
        signers.front() = "acme";
    }
    return {body, signers};
}

void Generator::choose_period(Submit& body) {
    const std::int64_t now = books().now / 1'000;
    body.end = now - between(1, 3'000);
    if (chance(2)) {
        body.end = now + 299 + between(0, 2);
    } else if (chance(2)) {
        body.end = now - report_within_days * 86'400 + between(-2, 2);
    }
    body.start = body.end - 600;
    const auto year = [](std::int64_t seconds) {
        return month_of_day(day_at(seconds * 1'000, city_offset)).year;
    };
    if (year(body.start) != year(body.end) && !chance(20)) {
        body.end = body.start;  // all of it in the old year
        body.start -= 600;
    }
}

Generator::Draft Generator::draft_submit() {
    Submit body;
    body.method = any_of(city_methods()).word;
    body.provider = body.method == "swap" || chance(50) ? "szmetro" : "rideco";
    if (chance(2)) {
        body.provider = any_of(city_members()).name;
    }
    body.programme = chance(95) ? any_of(slugs_) : chance(50) ? "" : "moon";
    choose_period(body);
    const std::size_t count = chance(5) ? 15 + pick(12) : 1 + pick(5);
    for (std::size_t i = 0; i < count; ++i) {
        Event event;
        event.account =
            chance(99) && !books().accounts.empty() ? any_of(books().accounts).first : user();
        event.event =
            !events_.empty() && chance(8) ? any_of(events_) : fmt::format("e{}", ++number_);
        event.much = body.method == "ride"   ? between(1, 3'000)
                     : body.method == "coin" ? between(1, 40)
                                             : between(1, 200);
        events_.push_back(event.event);
        body.events.push_back(std::move(event));
    }
    return {body, {chance(98) ? body.provider : wrong_hand()}};
}

// Ranges of records: some that are live, and now and then one that is not.
Ranges Generator::choose_ranges(const BatchState& batch) {
    Ranges ranges;
    const auto count = static_cast<std::uint32_t>(batch.records.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        if ((batch.records[i].live || chance(3)) && chance(40)) {
            if (!ranges.empty() && ranges.back().second + 1 == i) {
                ranges.back().second = i;
            } else {
                ranges.emplace_back(i, i);
            }
        }
    }
    if (chance(3)) {
        ranges.emplace_back(count, count);
    }
    if (ranges.empty()) {
        const auto one = static_cast<std::uint32_t>(pick(count));
        ranges.emplace_back(one, one);
    }
    return ranges;
}

Generator::Draft Generator::draft_attest() {
    std::vector<std::string> open;
    for (const auto& [name, batch] : books().batches) {
        if (batch.state == "submitted") {
            open.push_back(name);
        }
    }
    Attest body;
    body.batch = books().batches.empty() || chance(2) ? "B0"
                 : open.empty() || chance(3)          ? any_of(books().batches).first
                                                      : any_of(open);
    const std::uint64_t how = pick(100);
    body.verdict = how < 78 ? "accept" : how < 92 ? "accept_except" : "reject";
    const auto batch = books().batches.find(body.batch);
    if (batch != books().batches.end()) {
        body.sampled = std::max<std::size_t>(batch->second.records.size(), 1);
        if (body.verdict != "reject" && chance(4)) {
            body.sampled = std::min<std::uint64_t>(body.sampled, 20) - 1;
        }
        if (body.verdict == "accept_except") {
            body.except = choose_ranges(batch->second);
        }
    } else {
        body.verdict = "accept";
    }
    return {body, {chance(90) ? "verico" : chance(70) ? "fund" : any_of(city_members()).name}};
}

Generator::Draft Generator::draft_revoke() {
    std::vector<std::string> issued;
    for (const auto& [name, batch] : books().batches) {
        if (batch.state == "issued") {
            issued.push_back(name);
        }
    }
    Revoke body;
    body.batch = books().batches.empty() || chance(2) ? "B0"
                 : issued.empty() || chance(8)        ? any_of(books().batches).first
                                                      : any_of(issued);
    body.free = chance(50);
    const auto batch = books().batches.find(body.batch);
    if (batch == books().batches.end()) {
        return {body, {"registry"}};
    }
    if (chance(60)) {
        body.records = choose_ranges(batch->second);
    }
    const std::string& verifier = batch->second.verifier;
    const bool attested = batch->second.state == "issued" || batch->second.state == "revoked";
    return {
        body,
        {chance(40)                            ? batch->second.provider
         : chance(40)                          ? "registry"
         : attested && chance(90)              ? verifier
         : chance(50) || verifier == "szmetro" ? "acme"
                                               : "evpower"}
    };
}

std::string Generator::some_class() {
    return books().classes.empty() || chance(5) ? "sz-ph:swap@1:440300:2031"
                                                : any_of(books().classes).first;
}

Generator::Draft Generator::draft_transfer() {
    Grams body;
    body.verb = "transfer";
    body.credit_class = some_class();
    body.account = chance(50) ? any_of(city_members()).name : chance(80) ? "acme" : user();
    body.to = chance(90) ? any_of(city_members()).name : "u1";
    for (const auto& [key, grams] : books().held) {
        if (grams > 0 && find_city_member(key.first) != nullptr && chance(40)) {
            body.account = key.first;
            body.credit_class = key.second;
        }
    }
    body.amount = near(books().held_by(body.account, body.credit_class));
    std::vector<std::string> signers = holders(body.account, body.instructed);
    if (find_city_member(body.to) == nullptr && !books().accounts.contains(body.to)) {
        body.to = "acme";
    }
    return {body, signers};
}

Generator::Draft Generator::draft_assign() {
    Grams body;
    body.verb = chance(75) ? "assign" : "donate";
    body.credit_class = some_class();
    body.account = user();
    for (const auto& [key, grams] : books().held) {
        if (grams > 0 && find_city_member(key.first) == nullptr && chance(30)) {
            body.account = key.first;
            body.credit_class = key.second;
        }
    }
    const auto found = books().accounts.find(body.account);
    if (found != books().accounts.end() && found->second.venue) {
        return draft_retire();
    }
    const bool member = body.verb == "assign" || chance(10) || !books().accounts.contains("v2");
    body.to = !member ? "v2" : chance(50) ? any_of(city_members()).name : "szmetro";
    body.amount = near(books().held_by(body.account, body.credit_class));
    std::vector<std::string> signers = holders(body.account, body.instructed);
    if (body.verb == "assign" && !chance(3)) {
        signers.push_back(body.to);
    }
    return {body, signers};
}

Generator::Draft Generator::draft_retire() {
    Grams body;
    body.verb = "retire";
    body.credit_class = some_class();
    body.account = any_account();
    for (const auto& [key, grams] : books().held) {
        if (grams > 0 && chance(20)) {
            body.account = key.first;
            body.credit_class = key.second;
        }
    }
    body.amount = chance(2) ? 0 : near(books().held_by(body.account, body.credit_class));
    const std::vector<std::string> signers = holders(body.account, body.instructed);
    return {body, signers};
}

Generator::Draft Generator::draft_cancel() {
    Grams body;
    body.verb = "cancel";
    body.credit_class = some_class();
    body.account = chance(50) ? "szmetro" : chance(50) ? "rideco" : any_account();
    const Amount held = books().held_by(body.account, body.credit_class);
    const Amount owed = books().owed_by(body.account, "sz-ph");
    body.amount = near(chance(50) ? owed : std::min(owed, held));
    const std::vector<std::string> signers = holders(body.account, body.instructed);
    return {body, signers};
}

}  // namespace tanji::model
