// From a row to the command it stands for.
#include "ledger/methodology/evaluate.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/schema.h"
#include "tests/ledger/script.h"
#include "tests/ledger/script_options.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
    std::istringstream in(text);
    std::vector<std::string> parts;
    for (std::string part; std::getline(in, part, at);) {
        parts.push_back(part);
    }
    return parts;
}

bool is_number(const std::string& word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

// `0-2,4` as [[0,2],[4,4]].
std::string ranges_text(const std::string& list) {
    std::string text = "[";
    for (const std::string& range : split(list, ',')) {
        const auto ends = split(range, '-');
        text += fmt::format("{}[{},{}]", text.size() > 1 ? "," : "", ends.front(), ends.back());
    }
    return text + "]";
}

// `$account(u1)` and `$id(B1)` in the body of a raw command.
std::string expanded(std::string json, const Script& script) {
    for (std::size_t at = json.find('$'); at != std::string::npos; at = json.find('$')) {
        const std::size_t open = json.find('(', at);
        const std::size_t close = json.find(')', at);
        const std::string what = json.substr(at + 1, open - at - 1);
        const std::string name = json.substr(open + 1, close - open - 1);
        json.replace(
            at,
            close - at + 1,
            what == "id"        ? id_named(name).hex()
            : what == "account" ? script.account(name).text()
                                : script.class_named(name)
        );
    }
    return json;
}

}  // namespace

Script::Options Script::take_options(Words& words) {
    Options options;
    Words kept;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const bool more = i + 1 < words.size();
        if (word == "as" && more && words[i + 1].find('.') == std::string::npos) {
            options.name = words[++i];
        } else if (word == "signed" && more) {
            options.signed_by = split(words.at(i += 2), '+');
        } else if (word == "not_after" && more) {
            options.not_after_text = words[++i];
        } else if (word == "instructed") {
            options.instructed = true;
        } else if (word == "for" && more) {
            options.for_account = words[++i];
        } else if (const auto equals = word.find('=');
                   equals != std::string::npos && word.find('"') == std::string::npos) {
            options.but[word.substr(0, equals)] = word.substr(equals + 1);
        } else if (word == "again" || word == "forged" || word == "free" || word == "keyless" ||
                   word == "venue" || word == "unproven" || word == "wrong_vector") {
            options.but[word] = "yes";
        } else {
            kept.push_back(word);
        }
    }
    words = std::move(kept);
    return options;
}

Order Script::order_of(std::string_view text) {
    Words words;
    std::istringstream in{std::string(text)};
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    const std::string actor = words.at(0);
    Options options;
    Order order;
    if (words.at(1) == "as") {  // ACTOR as TYPE {json}
        const std::string all(text);
        order.type = words.at(2);
        order.body = expanded(all.substr(all.find('{')), *this);
    } else {
        options = take_options(words);
        const std::string& verb = words.at(1);
        const Words rest(words.begin() + 2, words.end());
        order = verb == "open"      ? order_open(actor, rest, options)
                : verb == "submit"  ? order_submit(actor, rest, options)
                : verb == "attest"  ? order_attest(rest, options)
                : verb == "revoke"  ? order_revoke(rest, options)
                : verb == "publish" ? order_publish(actor, words, options)
                                    : order_credit(actor, words, options);
    }
    if (order.signers.empty()) {
        order.signers = {actor};
    }
    if (!options.signed_by.empty()) {
        order.signers = options.signed_by;
    }
    if (order.id.is_zero()) {
        order.id =
            id_named(options.name.empty() ? fmt::format("unnamed {}", ++unnamed_) : options.name);
    }
    const std::string& until = options.not_after_text;
    if (!until.empty()) {
        order.not_after = until.front() == '+'
                              ? world_.now + std::stoll(until.substr(1)) * ms_per_day
                              : time_of_day(until);
    }
    return order;
}

Order Script::order_open(const std::string& actor, const Words& words, const Options& options) {
    const std::string& name = words.at(0);
    const bool venue = options.has("venue");
    const int keys = options.has("keyless") ? 0
                     : options.has("keys")  ? std::stoi(options.but.at("keys"))
                                            : 1;
    Order order;
    order.type = "account.open";
    order.signers = {actor};
    JsonWriter out;
    out.open_object().member("account", account(name).text());
    out.member("kind", venue ? "venue" : "user").name("keys").open_array();
    for (int i = 0; i < keys; ++i) {
        const std::string key = options.has("key") ? options.but.at("key")
                                : i == 0           ? name
                                                   : fmt::format("{}/{}", name, i + 1);
        out.string(to_base64(key_named(key).public_key().view()));
        if (!options.has("unproven")) {
            order.signers.push_back(key);
        }
    }
    out.close_array().name("owner").null().close_object();
    order.body = out.take();
    if (!venue) {
        world_.hide(account(name).user());
    }
    return order;
}

Record Script::record_of(const TestMethod& method, const Words& item) {
    Record record;
    record.source = method.interval ? Source::interval : Source::event;
    record.tag = *Tag::from(sha256("tag\n", item.at(0)).view());
    record.account = account(item.at(1)).user();
    record.region = "440300";
    record.end = world_.now / 1'000 - 3'600;
    record.start = record.end - 1'800;
    for (std::size_t i = 2; i < item.size(); ++i) {
        const std::string& word = item[i];
        if (is_number(word)) {
            record.inputs.push_back(std::stoll(word));
        } else if (const auto date = parse_date(word)) {
            record.start = start_of_day(day_from_civil(*date), 480);
            record.end = record.start + 86'399;
        } else if (word.find(':') != std::string::npos) {
            const auto ends = split(word, '-');
            record.start = time_of_day(ends.at(0)) / 1'000;
            record.end = time_of_day(ends.at(1)) / 1'000;
        } else if (word == "in") {
            record.region = item.at(++i);
        } else if (word == "quality") {
            record.quality = static_cast<std::uint8_t>(item.at(++i).at(0));
        } else if (word == "key") {
            record.keys.push_back(static_cast<std::uint16_t>(std::stoi(item.at(++i))));
        } else if (word == "by") {
            record.source = item.at(++i) == "event" ? Source::event : Source::interval;
        }
    }
    record.salt =
        *Salt::from(sha256("record\n", std::to_string(++unnamed_)).view().substr(0, Salt::length));
    return record;
}

Order Script::order_submit(const std::string& actor, const Words& words, const Options& options) {
    Order order;
    order.type = "activity.submit";
    const std::string& batch_name = words.at(0);
    order.id = id_named(batch_name);
    const TestMethod& method = *find_test_method(words.at(1));
    BatchHeader header;
    std::vector<Words> items(1);
    for (std::size_t i = 2; i < words.size(); ++i) {
        std::string word = words[i];
        if (word == "corrects") {
            header.corrects = id_named(words.at(++i));
            continue;
        }
        const bool last = word.back() == ',';
        if (last) {
            word.pop_back();
        }
        items.back().push_back(word);
        if (last) {
            items.emplace_back();
        }
    }
    for (const Words& item : items) {
        order.records.push_back(record_of(method, item));
    }
    const auto but = [&](const std::string& field, std::string otherwise) {
        return options.has(field) ? options.but.at(field) : std::move(otherwise);
    };
    header.provider = but("provider", actor);
    header.scheme = but("scheme", std::string(method.scheme));
    header.methodology = but("methodology", fmt::format("{}@1", method.slug));
    header.factors = but("factors", "test-factors@1");
    const auto& store = world_.store();
    const auto published = find_methodology(store, header.methodology);
    const auto factors = find_factor_set(store, header.factors);
    header.methodology_digest =
        published && !options.has("digest") ? published->digest : hash_named("none");
    header.factors_digest =
        factors && !options.has("factors_digest") ? factors->digest : hash_named("none");
    if (options.has("programme")) {
        header.programme = options.but.at("programme");
    }
    const auto member = find_member(store, actor);
    const RoleGrant* grant =
        member ? member->grant(Role::provider, method.slug, world_.now) : nullptr;
    header.rank = but("rank", grant != nullptr ? std::string(name_of(grant->rank)) : "app");
    header.region = but("region", "440300");
    header.period_start = std::ranges::min(order.records, {}, &Record::start).start;
    header.period_end = std::ranges::max(order.records, {}, &Record::end).end;
    header.period_start += std::stoll(but("start", "0"));
    header.period_end += std::stoll(but("end", "0"));
    header.count =
        static_cast<std::uint32_t>(std::stoul(but("count", std::to_string(order.records.size()))));
    const std::vector<std::string> names =
        method.net ? std::vector<std::string>{"before", "now"} : std::vector<std::string>{"much"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        Amount sum = std::stoll(but("sum", "0"));
        for (const Record& record : order.records) {
            sum += i < record.inputs.size() ? record.inputs[i] : 0;
        }
        header.inputs.push_back({.name = names[i], .sum = sum});
    }
    header.reduction_ug = std::stoll(but("reduction", "0"));
    if (published && factors) {
        MethodCache cache;
        Evaluator& evaluator = cache.evaluator(*published, *factors);
        for (const Record& record : order.records) {
            const RecordInputs inputs = {
                .inputs = record.inputs,
                .keys = record.keys,
                .quality = static_cast<char>(record.quality),
                .day = local_day(record.end, 480),
            };
            if (check_record_inputs(evaluator.methodology(), inputs)) {
                const auto evaluated = evaluator.evaluate(inputs);
                header.reduction_ug += evaluated ? evaluated->micrograms : 0;
            }
        }
    }
    header.records_root = options.has("root") ? hash_named("none") : records_root(order.records);
    header.evidence_root = empty_root();
    JsonWriter out;
    write(out, header);
    order.body = out.take();
    return order;
}

Order Script::order_attest(const Words& words, const Options& options) {
    Order order;
    order.type = "activity.attest";
    const std::string& verdict = words.at(1);
    JsonWriter out;
    out.open_object().member("batch", id_named(words.at(0)).hex()).member("verdict", verdict);
    out.name("except").raw(verdict == "accept_except" ? ranges_text(words.at(2)) : "[]");
    out.member("level", "reasonable");
    out.member(
        "sampled",
        options.has("sampled") ? std::uint64_t{std::stoull(options.but.at("sampled"))}
                               : std::uint64_t{20}
    );
    out.member("report", hash_named("report").hex()).name("reason").null().close_object();
    order.body = out.take();
    return order;
}

Order Script::order_revoke(const Words& words, const Options& options) {
    Order order;
    order.type = "activity.revoke";
    JsonWriter out;
    out.open_object().member("batch", id_named(words.at(0)).hex()).name("records");
    options.has("records") ? out.raw(ranges_text(options.but.at("records"))) : out.null();
    out.member("reason", words.at(1)).member("free", options.has("free"));
    out.name("evidence").null().close_object();
    order.body = out.take();
    return order;
}

// ACTOR VERB AMOUNT CLASS …
Order Script::order_credit(const std::string& actor, const Words& words, const Options& options) {
    const std::string verb = words.at(1);
    const std::string holder = options.for_account.empty() ? actor : options.for_account;
    Order order;
    JsonWriter out;
    out.open_object().member("account", account(holder).text());
    if (verb == "transfer" || verb == "assign" || verb == "donate") {
        const std::string& to = words.at(5);
        out.member("to", account(to).text());
        if (verb == "assign" && account(to).is_member()) {
            order.signers = {actor, to};
        }
    }
    out.member("class", class_named(words.at(3))).member("amount", words.at(2));
    if (verb == "transfer") {
        order.type = "credit.transfer";
        out.name("memo").null();
    } else if (verb == "assign" || verb == "donate") {
        order.type = "credit.assign";
        out.member("purpose", verb).name("consent").null().name("consideration").null();
    } else if (verb == "retire") {
        order.type = "credit.retire";
        out.member("purpose", words.size() > 4 ? words[4] : "voluntary");
        out.name("beneficiary");
        options.has("commitment") ? out.null() : out.string("tests");
        out.name("commitment");
        options.has("commitment") ? out.string(hash_named("somebody").hex()) : out.null();
        out.member("statement", "for tests").name("inventory").null();
    } else {
        EXPECT_EQ(verb, "cancel") << "no such verb";
        order.type = "credit.cancel";
        out.member("reason", "obligation");
    }
    out.name("instruction");
    options.instructed ? out.string(hash_named("instruction").hex()) : out.null();
    order.body = out.close_object().take();
    return order;
}

// WHO publish WORD, where WHO is governors, two, or a member.
Order Script::order_publish(const std::string& actor, const Words& words, const Options& options) {
    Order order;
    std::string document;
    Variant variant;
    variant.version = options.has("version") ? std::stoi(options.but.at("version")) : 1;
    variant.status = options.has("status") ? options.but.at("status") : "verified";
    variant.wrong_vector = options.has("wrong_vector");
    variant.factor_mode = options.has("mode") ? options.but.at("mode") : "";
    variant.valid_to = options.has("valid_to") ? options.but.at("valid_to") : "";
    JsonWriter out;
    out.open_object();
    if (words.at(2) == "factors") {
        order.type = "factors.publish";
        document = factors_text(variant.version, variant.status);
    } else {
        order.type = "methodology.publish";
        const TestMethod& method = *find_test_method(words.at(2));
        document = methodology_text(method, variant);
        out.member(
            "scheme", options.has("scheme") ? options.but.at("scheme") : std::string(method.scheme)
        );
    }
    if (options.has("cut")) {
        document.resize(document.size() - 1);
    }
    order.body = out.member("document", document).close_object().take();
    const std::size_t least = actor == "governors" ? genesis_.members.size()
                              : actor == "two"     ? 2
                                                   : 0;
    for (std::size_t i = 0; i < least; ++i) {
        order.signers.push_back(genesis_.members[i].member);
    }
    return order;
}

}  // namespace tanji::ledger::test
