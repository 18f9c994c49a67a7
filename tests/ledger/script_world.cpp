// What is there before the first row, and the passing of time.
#include "ledger/store/schema.h"
#include "tests/ledger/script.h"
#include "tests/ledger/script_text.h"
#include "tests/support/vectors.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

constexpr TimeMs city_time = 1'772'409'600'000;  // 2026-03-02 08:00 +08:00

TimeMs unit_named(std::string_view word) {
    return word.starts_with("day")      ? ms_per_day
           : word.starts_with("hour")   ? 3'600'000
           : word.starts_with("minute") ? 60'000
           : word == "ms"               ? 1
                                        : 1'000;
}

}  // namespace

Script::Script() : genesis_(empty_genesis(city_time)) {}

World& Script::world() {
    found();
    return world_;
}

void Script::found() {
    if (founded_) {
        return;
    }
    founded_ = true;
    const auto by_name = [](const auto& a, const auto& b) { return a.member < b.member; };
    std::ranges::sort(genesis_.members, by_name);
    std::ranges::sort(genesis_.schemes, {}, &Scheme::scheme);
    world_.found(genesis_);
    for (const std::string& each : setup_) {
        given(each);
    }
}

Account Script::account(std::string_view name) const {
    const bool member =
        std::ranges::find(genesis_.members, name, &Member::member) != genesis_.members.end();
    return member ? *Account::parse(name) : Account(user_named(name));
}

std::string Script::class_named(std::string_view word) const {
    if (word.find(':') != std::string_view::npos) {
        return std::string(word);
    }
    const TestMethod* method = find_test_method(word == "metro" ? "ride" : word);
    return method == nullptr ? std::string(word)
                             : fmt::format("{}:{}@1:440300:2026", method->scheme, method->slug);
}

Amount Script::held(std::string_view name, std::string_view word) {
    return find_holding(world().store(), account(name), class_named(word)).held;
}

ClassSupply Script::supply(std::string_view word) {
    return find_class(world().store(), class_named(word)).value_or(ClassSupply{});
}

TimeMs Script::time_of_day(std::string_view text) const {
    const TimeMs now = founded_ ? world_.now : genesis_.time;
    const Day today = local_day(now / 1'000, city_offset_minutes);
    return start_of_day(today, city_offset_minutes) * 1'000 + clock_of(text);
}

// `10:00:00` today, `2026-03-05`, or `2026-03-05T10:00`.
TimeMs Script::time_named(std::string_view text) const {
    const auto date = parse_date(text.substr(0, 10));
    if (!date) {
        return time_of_day(text);
    }
    const TimeMs midnight = start_of_day(day_from_civil(*date), city_offset_minutes) * 1'000;
    return text.size() < 11 ? midnight : midnight + clock_of(text.substr(11));
}

void Script::directive_member(const Words& words) {
    std::vector<RoleGrant> roles;
    TimeMs until = time_never;
    for (std::size_t i = 2; i < words.size(); ++i) {
        if (words[i] == "until") {
            until = genesis_.time + std::stoll(words[++i]) * ms_per_day;
            continue;
        }
        RoleGrant grant;
        const std::string& word = words[i];
        const std::size_t colon = std::min(word.find(':'), word.size());
        const std::size_t slash = std::min(word.find('/'), word.size());
        grant.role = *role_of(word.substr(0, std::min(colon, slash)));
        const std::string scope = colon < slash ? word.substr(colon + 1, slash - colon - 1) : "";
        for (const std::string& slug : parts_of(scope, ',')) {
            const TestMethod* method = find_test_method(slug);
            grant.scope.emplace_back(method != nullptr ? method->slug : slug);
        }
        if (slash < word.size()) {
            grant.rank = *rank_of(word.substr(slash + 1));
        }
        roles.push_back(std::move(grant));
    }
    add_member(genesis_, words.at(1), std::move(roles));
    genesis_.keys.back().until = until;
}

void Script::directive_scheme(const Words& words) {
    auto found = std::ranges::find(genesis_.schemes, words.at(1), &Scheme::scheme);
    if (found == genesis_.schemes.end()) {
        Scheme scheme;
        scheme.scheme = words[1];
        scheme.title_en = scheme.title_zh = scheme.authority = "test";
        scheme.accepts = {"verified", "platform-rule"};
        scheme.correction_days = 365;
        scheme.obligation_days = 90;
        genesis_.schemes.push_back(scheme);
        found = std::prev(genesis_.schemes.end());
    }
    for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
        const std::string& value = words[i + 1];
        if (words[i] == "issues") {
            found->credits = value == "credits";
        } else if (words[i] == "registrar") {
            found->registrar = value;
        } else {
            auto& number = words[i] == "reserve_ppm"       ? found->reserve_ppm
                           : words[i] == "correction_days" ? found->correction_days
                                                           : found->obligation_days;
            number = std::stoll(value);
        }
    }
}

void Script::directive_use(const std::string& name) {
    const auto text = tests::read_file(std::string(TANJI_TEST_DATA) + "/ledger/rules/" + name);
    ASSERT_TRUE(text) << name;
    std::istringstream in(*text);
    for (std::string each; std::getline(in, each);) {
        const std::string kept = trimmed(each.substr(0, each.find('#')));
        if (kept.starts_with("given ")) {
            setup_.push_back(kept.substr(6));
        } else if (!kept.empty()) {
            ASSERT_TRUE(directive(kept)) << name << ": " << kept;
        }
    }
}

// Grams out of nowhere, so that a counter can be near its end: a batch of no records issued them.
void Script::plant(const Words& words) {
    found();
    planted_ = true;
    const Amount grams = std::stoll(words.at(2));
    BatchRow batch;
    batch.state = BatchState::issued;
    batch.credit_class = class_named(words.at(1));
    batch.grams = grams;
    batch.first = 1;
    batch.last = grams;
    ClassSupply supply;
    supply.issued = grams;
    supply.cancelled = grams;
    Changes changes;
    const CommandId id = id_named("planted");
    changes[schema::batch(id)] = encode(batch);
    changes[schema::results(id)] = encode(StoredResults{});
    changes[schema::credit_class(batch.credit_class)] = encode(supply);
    world_.store().write(changes);
}

bool Script::directive(std::string_view text) {
    const Words words = words_of(text);
    const std::string& first = words.at(0);
    if (first == "use") {
        directive_use(words.at(1));
    } else if (first == "member") {
        directive_member(words);
    } else if (first == "scheme") {
        directive_scheme(words);
    } else if (first == "plant") {
        plant(words);
    } else if (first == "block") {
        found();
        in_block_ = true;
    } else if (first == "end") {
        end_block();
    } else if (first == "tick") {
        world().tick();
    } else if (first == "sweep") {
        check_sweep(text.substr(first.size()));
    } else if (first == "see") {
        for (const std::string& column : columns_of(text.substr(first.size()))) {
            check_view(words_of(column));
        }
    } else if (first == "at") {
        found();
        if (words.size() == 3) {
            const Day day = day_from_civil(*parse_date(words[1]));
            world_.now = start_of_day(day, city_offset_minutes) * 1'000;
        }
        world_.now = time_of_day(words.back());
    } else if (first == "later") {
        found();
        world_.now += std::stoll(words.at(1)) * unit_named(words.at(2));
    } else {
        return false;
    }
    return true;
}

}  // namespace tanji::ledger::test
