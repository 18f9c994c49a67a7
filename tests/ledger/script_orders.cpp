// From a row to the command it stands for.
#include "tests/ledger/script.h"
#include "tests/ledger/script_options.h"
#include "tests/ledger/script_text.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

// `$account(u1)` and `$id(B1)` in the body of a raw command.
std::string filled_in(std::string json, const Script& script) {
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
            options.signed_by = parts_of(words.at(i += 2), '+');
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
    Words words = words_of(text);
    const std::string actor = words.at(0);
    Options options;
    Order order;
    if (words.at(1) == "as") {  // ACTOR as TYPE {json}
        const std::string all(text);
        order.type = words.at(2);
        order.body = filled_in(all.substr(all.find('{')), *this);
    } else {
        options = take_options(words);
        const std::string& verb = words.at(1);
        const Words rest(words.begin() + 2, words.end());
        const bool of_offer =
            verb == "offer" || verb == "revise" || verb == "restock" || verb == "close";
        const bool of_redemption = verb == "confirm" || verb == "release" || verb == "refund";
        order = verb == "open"      ? order_open(actor, rest, options)
                : verb == "submit"  ? order_submit(actor, rest, options)
                : verb == "attest"  ? order_attest(rest, options)
                : verb == "revoke"  ? order_revoke(rest, options)
                : verb == "publish" ? order_publish(actor, words, options)
                : of_offer          ? order_offer(verb, rest, options)
                : verb == "reserve" ? order_reserve(actor, rest, options)
                : of_redemption     ? order_redemption(verb, rest, options)
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

// Whose signatures an act of governance carries: all of them, two, or those who are named.
std::vector<std::string> Script::governors_named(const std::string& actor) const {
    std::vector<std::string> signers;
    const std::size_t most = actor == "governors" ? genesis_.members.size()
                             : actor == "two"     ? 2
                                                  : 0;
    for (const Member& member : genesis_.members) {
        const auto key = std::ranges::find(genesis_.keys, member.member, &KeyRow::owner);
        if (signers.size() < most && key->valid_at(world_.now)) {
            signers.push_back(member.member);
        }
    }
    return signers;
}

// WHO publish WORD, where WHO is governors, two, or a member.
Order Script::order_publish(const std::string& actor, const Words& words, const Options& options) {
    Order order;
    if (words.at(2) == "programme") {
        order = order_programme(words, options);
        order.signers = governors_named(actor);
        return order;
    }
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
    order.signers = governors_named(actor);
    return order;
}

}  // namespace tanji::ledger::test
