#include "tests/ledger/script.h"

#include "ledger/store/schema.h"
#include "tests/ledger/script_options.h"
#include "tests/support/vectors.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    const auto last = text.find_last_not_of(" \t\r");
    return first == std::string_view::npos ? std::string()
                                           : std::string(text.substr(first, last - first + 1));
}

// Parts that two or more blanks divide.
std::vector<std::string> columns_of(std::string_view text) {
    std::vector<std::string> columns;
    while (!text.empty()) {
        const auto gap = std::min(text.find("  "), text.size());
        if (auto column = trimmed(text.substr(0, gap)); !column.empty()) {
            columns.push_back(std::move(column));
        }
        text.remove_prefix(gap);
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
    return columns;
}

bool has_no_leaf(std::string_view code) {
    const auto found = error_code_of(code);
    return found && *found < ErrorCode::command_expired;
}

constexpr TimeMs city_time = 1'772'409'600'000;  // 2026-03-02 08:00 +08:00

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
    constexpr TimeMs east = 8 * 3'600'000;
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    std::sscanf(std::string(text).c_str(), "%d:%d:%d", &hours, &minutes, &seconds);
    const TimeMs day = (founded_ ? world_.now : genesis_.time) + east;
    return day / ms_per_day * ms_per_day - east + ((hours * 60 + minutes) * 60 + seconds) * 1'000LL;
}

RowResult Script::result_of(const Done& done) const {
    RowResult result;
    if (!done.outcome) {
        result.code = name_of(done.outcome.error().code);
        return result;
    }
    const CommandOutcome& outcome = *done.outcome;
    result.code = outcome.applied() ? "ok" : std::string(name_of(outcome.error->code));
    result.replayed = outcome.replayed;
    result.leaf = outcome.leaf;
    auto& facts = result.facts;
    const Leaf& leaf = *done.leaf;
    facts["leaf"] = name_of(leaf.leaf_class);
    if (leaf.reason) {
        facts["reason"] = *leaf.reason;
    }
    if (leaf.index) {
        facts["index"] = std::to_string(*leaf.index);
    }
    const Effects& effects = leaf.effects;
    if (effects.counts) {
        facts["counted"] = std::to_string(effects.counts->counted);
        facts["cut"] = std::to_string(effects.counts->cut);
        facts["capped"] = std::to_string(effects.counts->capped);
        facts["zero"] = std::to_string(effects.counts->zero);
        facts["ineligible"] = std::to_string(effects.counts->ineligible);
        facts["conflict"] = std::to_string(effects.counts->conflict);
    }
    if (effects.counted_ug) {
        facts["ug"] = to_text(*effects.counted_ug);
    }
    if (effects.batch) {
        facts["state"] = effects.batch->state;
        if (effects.batch->issue) {
            facts["grams"] = std::to_string(effects.batch->issue->grams);
            facts["reserved"] = std::to_string(effects.batch->issue->reserved);
            facts["serials"] =
                fmt::format("{}-{}", effects.batch->issue->first, effects.batch->issue->last);
        }
    }
    if (effects.retirement) {
        facts["serials"] =
            fmt::format("{}-{}", effects.retirement->first, effects.retirement->last);
    }
    Amount reversed = 0;
    for (const Move& move : effects.credits) {
        reversed += move.to == "reversed" ? move.amount : 0;
    }
    facts["reversed"] = std::to_string(reversed);
    facts["owed"] = effects.obligation ? std::to_string(effects.obligation->owed) : "none";
    return result;
}

void Script::check_row(std::string_view text, const RowResult& result, std::string_view expected) {
    const std::vector<std::string> words = words_of(expected);
    if (words.empty()) {
        return;
    }
    std::size_t next = 1;
    if (words[0] == "replay") {
        ASSERT_EQ(words.size(), 3U) << text;
        EXPECT_TRUE(result.replayed) << text;
        EXPECT_EQ(result.leaf, leaves_[words[2]]) << text;
        next = 3;
    } else {
        EXPECT_EQ(result.code, words[0]) << text;
        EXPECT_FALSE(result.replayed) << text;
        if (result.code == words[0]) {
            codes_met_.insert(result.code);
        }
    }
    for (; next + 1 < words.size(); next += 2) {
        std::string value = words[next + 1];
        while (!value.empty() && (value.back() == ',' || value.back() == ';')) {
            value.pop_back();
        }
        const auto fact = result.facts.find(words[next]);
        ASSERT_NE(fact, result.facts.end()) << text << ": nothing says " << words[next];
        EXPECT_EQ(fact->second, value) << text << ": " << words[next];
    }
    EXPECT_EQ(next, words.size()) << "words come in pairs: " << expected;
}

RowResult Script::row(std::string_view text) {
    found();
    const Order order = order_of(text);
    Words words = words_of(text);
    const Options options = take_options(words);
    StoredCommand command;
    const bool again = options.has("again");
    if (again) {  // the very bytes that were sent under this name before
        command = sent_.at(options.name);
    } else {
        command = world_.sign(order);
    }
    if (options.has("forged")) {
        command.envelope.signatures.front().sig.bytes[7] ^= 1;
    }
    const std::string name = !options.name.empty()                       ? options.name
                             : order.type.starts_with("activity.submit") ? words.at(2)
                                                                         : "";
    if (!name.empty() && !again && !sent_.contains(name)) {
        sent_[name] = command;
    }
    const TreeSize before = world_.ledger().head().size;
    const Done done = std::move(world_.seal({command}).front());
    RowResult result = result_of(done);
    const bool leaf = done.outcome && !done.outcome->replayed;
    EXPECT_EQ(leaf, !has_no_leaf(result.code) && !result.replayed) << text;
    if (leaf) {
        EXPECT_GE(world_.ledger().head().size, before + 1);
        if (!name.empty()) {
            leaves_[name] = result.leaf;
        }
    }
    if (done.outcome) {
        for (const std::string& entry : world_.view()->conflicts(result.leaf)) {
            const auto conflict = read_conflict(entry);
            EXPECT_TRUE(conflict) << entry;
            for (const auto& [batch, index] : leaves_) {
                if (index == conflict->leaf) {
                    result.facts["first"] = fmt::format("{}/{}", batch, conflict->first);
                }
            }
        }
    }
    return result;
}

RowResult Script::given(std::string_view text) {
    RowResult result = row(text);
    EXPECT_EQ(result.code, "ok") << "given " << text << " " << result.facts["reason"];
    return result;
}

void Script::seal_block() {
    in_block_ = false;
    std::vector<StoredCommand> commands;
    for (const Pending& each : pending_) {
        commands.push_back(each.command);
    }
    const std::vector<Done> done = world_.seal(commands);
    ASSERT_EQ(done.size(), pending_.size());
    for (std::size_t i = 0; i < done.size(); ++i) {
        check_row(pending_[i].text, result_of(done[i]), pending_[i].expected);
    }
    pending_.clear();
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
        std::istringstream scope(colon < slash ? word.substr(colon + 1, slash - colon - 1) : "");
        for (std::string slug; std::getline(scope, slug, ',');) {
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
        seal_block();
    } else if (first == "tick") {
        world().tick();
    } else if (first == "at") {
        found();
        if (words.size() == 3) {
            const Day day = day_from_civil(*parse_date(words[1]));
            world_.now = start_of_day(day, 480) * 1'000;
        }
        world_.now = time_of_day(words.back());
    } else if (first == "later") {
        found();
        const TimeMs unit = words.at(2).starts_with("day")    ? ms_per_day
                            : words.at(2).starts_with("hour") ? 3'600'000
                                                              : 1'000;
        world_.now += std::stoll(words.at(1)) * unit;
    } else {
        return false;
    }
    return true;
}

std::map<std::string, std::string> Script::view_of(const std::string& subject) {
    const auto view = world_.view();
    std::map<std::string, std::string> seen;
    if (subject == "ledger") {
        seen["leaves"] = std::to_string(view->head().size);
        return seen;
    }
    const std::string credit_class = class_named(subject);
    if (credit_class.find(':') != std::string::npos) {
        ClassSupply supply = view->credit_class(credit_class).value_or(ClassSupply{});
        for (int i = 0; i <= static_cast<int>(CreditBucket::reversed); ++i) {
            const auto bucket = static_cast<CreditBucket>(i);
            seen[std::string(name_of(bucket))] = std::to_string(supply[bucket]);
        }
        return seen;
    }
    if (const auto batch = view->batch(id_named(subject))) {
        seen["state"] = name_of(batch->state);
        seen["live"] = std::to_string(batch->live);
        seen["grams"] = std::to_string(batch->grams);
        seen["serials"] = fmt::format("{}-{}", batch->first, batch->last);
        return seen;
    }
    const Account holder = account(subject);
    seen["held"] = std::to_string(held(subject));
    for (const TestMethod& method : test_methods()) {
        seen[std::string(method.word)] = std::to_string(held(subject, method.word));
        const auto stored = world_.store().get(schema::deficit(holder.text(), method.slug));
        seen[fmt::format("{}_deficit", method.word)] =
            stored ? to_text(decoded<AllocationRow>(*stored + Bytes(24, '\0')).micrograms) : "0";
    }
    seen["owed"] = std::to_string(find_obligation(world_.store(), holder.text(), "sz-ph").owed);
    seen["lines"] = std::to_string(view->history(holder.text(), std::nullopt, 1'000).size());
    return seen;
}

void Script::check_view(const Words& words) {
    auto seen = view_of(words.at(0));
    for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
        ASSERT_TRUE(seen.contains(words[i])) << words[0] << " has no " << words[i];
        EXPECT_EQ(seen[words[i]], words[i + 1]) << words[0] << " " << words[i];
    }
    EXPECT_EQ(words.size() % 2, 1U) << "a view is: subject key value …";
}

void Script::line(std::string_view whole) {
    const std::string text = trimmed(whole.substr(0, whole.find('#')));
    if (text.empty()) {
        return;
    }
    if (text == "----") {
        in_views_ = true;
        return;
    }
    const auto columns = columns_of(text);
    if (in_views_) {
        for (const std::string& column : columns) {
            check_view(words_of(column));
        }
        return;
    }
    if (directive(columns.at(0))) {
        return;
    }
    if (columns[0].starts_with("given ")) {
        found();
        given(columns[0].substr(6));
        return;
    }
    ASSERT_EQ(columns.size(), 2U) << "a row has a command and a result: " << text;
    if (in_block_) {
        Words words = words_of(columns[0]);
        const std::string name = take_options(words).name;
        const StoredCommand command = world_.sign(order_of(columns[0]));
        if (!name.empty()) {
            sent_.emplace(name, command);
        }
        pending_.push_back({.text = columns[0], .expected = columns[1], .command = command});
        return;
    }
    check_row(columns[0], row(columns[0]), columns[1]);
}

void Script::run_file(const std::string& path) {
    const auto text = tests::read_file(path);
    ASSERT_TRUE(text) << path;
    std::istringstream in(*text);
    std::size_t number = 0;
    for (std::string each; std::getline(in, each);) {
        SCOPED_TRACE(fmt::format("{}:{}", path, ++number));
        line(each);
        if (::testing::Test::HasFatalFailure()) {
            return;
        }
    }
    EXPECT_FALSE(in_block_) << path << " has a block without end";
    EXPECT_TRUE(founded_) << path << " does nothing";
    if (!planted_) {
        world_.expect_replay_is_equal();
        world_.expect_audit_agrees();
    }
}

}  // namespace tanji::ledger::test
