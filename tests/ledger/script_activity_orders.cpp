// From rows about activities to their commands.
#include "ledger/methodology/evaluate.h"
#include "ledger/proof/merkle.h"
#include "tests/ledger/script.h"
#include "tests/ledger/script_options.h"
#include "tests/ledger/script_text.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

// `0-2,4` as [[0,2],[4,4]].
std::string ranges_text(const std::string& list) {
    std::string text = "[";
    for (const std::string& range : parts_of(list, ',')) {
        const auto ends = parts_of(range, '-');
        text += fmt::format("{}[{},{}]", text.size() > 1 ? "," : "", ends.front(), ends.back());
    }
    return text + "]";
}

}  // namespace

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
            const auto ends = parts_of(word, '-');
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
    for (const Words& item : items) {  // `G c1..c9 …` is a record of each of them
        const auto names = range_of(item.at(1));
        for (const std::string& name : names) {
            Words each = item;
            each[0] += "/" + name;
            each[1] = name;
            order.records.push_back(record_of(method, each));
        }
        if (names.empty()) {
            order.records.push_back(record_of(method, item));
        }
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

}  // namespace tanji::ledger::test
