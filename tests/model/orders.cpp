#include "tests/model/orders.h"

#include "ledger/command/batch.h"
#include "ledger/proof/merkle.h"
#include "tests/ledger/documents.h"
#include "tests/ledger/world.h"
#include "tests/model/city.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::model {
namespace {

using ledger::JsonWriter;
using ledger::test::hash_named;
using ledger::test::id_named;

ledger::test::TestMethod document_method(const CityMethod& method) {
    const auto* row = ledger::test::find_test_method(method.factor_mode);
    return {
        .word = method.word,
        .slug = method.slug,
        .scheme = method.scheme,
        .kind = row->kind,
        .settle_days = static_cast<int>(method.settle_days),
        .unit = method.unit,
        .factor = row->factor,
    };
}

std::string document_of(const CityMethod& method) {
    ledger::test::Variant variant;
    variant.factor_mode = method.factor_mode;
    return ledger::test::methodology_text(document_method(method), variant);
}

void put_amount_or_null(JsonWriter& out, std::string_view name, Amount amount) {
    out.name(name);
    amount == none ? out.null() : out.amount(amount);
}

void put_list(JsonWriter& out, std::string_view name, const std::vector<std::string>& list) {
    out.name(name);
    if (list.empty()) {
        out.string("any");
        return;
    }
    out.open_array();
    for (const std::string& each : list) {
        out.string(each);
    }
    out.close_array();
}

void put_title(JsonWriter& out) {
    out.name("title").open_object().member("zh", "测试").member("en", "test").close_object();
}

void put_instruction(JsonWriter& out, bool instructed) {
    out.name("instruction");
    instructed ? out.string(hash_named("instruction").hex()) : out.null();
}

void put_ranges(JsonWriter& out, std::string_view name, const Ranges& ranges) {
    out.name(name).open_array();
    for (const auto& [first, last] : ranges) {
        out.open_array().integer(first).integer(last).close_array();
    }
    out.close_array();
}

std::uint64_t natural(std::int64_t number) {
    return static_cast<std::uint64_t>(number);
}

struct Bodies {
    JsonWriter& out;
    const Act& act;
    std::vector<ledger::Record>& records;

    void operator()(const Tick&) const {}
    void operator()(const Open& body) const {
        out.member("account", account_text(body.account));
        out.member("kind", body.venue ? "venue" : "user").name("keys").open_array();
        if (!body.keyless) {
            out.string(ledger::to_base64(key_of(body.account).public_key().view()));
        }
        out.close_array().name("owner").null();
    }
    void operator()(const PublishProgramme& body) const {
        const ProgrammeTerms& terms = body.terms;
        out.member("slug", terms.slug).member("version", std::uint64_t{terms.version});
        out.member("owner", terms.owner);
        put_title(out);
        out.member("utc_offset_minutes", natural(terms.offset_minutes));
        put_list(out, "schemes", terms.schemes);
        put_list(out, "earners", terms.earners);
        out.member("sponsor", terms.sponsor.empty() ? "provider" : terms.sponsor);
        out.name("rate").open_object().amount_member("points", terms.rate_points);
        out.amount_member("grams", terms.rate_grams).close_object();
        out.member("delay_days", natural(terms.delay_days));
        out.member("validity_days", natural(terms.validity_days));
        out.member("expiry", terms.by_month ? "month" : "day");
        put_amount_or_null(out, "cap_day", terms.cap_day);
        put_amount_or_null(out, "cap_month", terms.cap_month);
        put_list(out, "merchants", terms.merchants);
        out.member("on_revoke", terms.take_back ? "take_back" : "keep");
        out.member("refund_grace_days", natural(terms.grace_days));
        out.name("clearing").open_object().member("currency", "CNY");
        out.amount_member("micro_per_point", terms.micro_per_point).close_object();
    }
    void operator()(const Submit& body) const;
    void operator()(const Attest& body) const {
        out.member("batch", id_named(body.batch).hex()).member("verdict", body.verdict);
        put_ranges(out, "except", body.except);
        out.member("level", "reasonable").member("sampled", body.sampled);
        out.member("report", hash_named("report").hex()).name("reason").null();
    }
    void operator()(const Revoke& body) const {
        out.member("batch", id_named(body.batch).hex());
        if (body.records) {
            put_ranges(out, "records", *body.records);
        } else {
            out.name("records").null();
        }
        out.member("reason", "other").member("free", body.free).name("evidence").null();
    }
    void operator()(const Grams& body) const {
        out.member("account", account_text(body.account));
        if (!body.to.empty()) {
            out.member("to", account_text(body.to));
        }
        out.member("class", body.credit_class).amount_member("amount", body.amount);
        if (body.verb == "transfer") {
            out.name("memo").null();
        } else if (body.verb == "retire") {
            out.member("purpose", "voluntary").member("beneficiary", "tests");
            out.name("commitment").null().member("statement", "for tests");
            out.name("inventory").null();
        } else if (body.verb == "cancel") {
            out.member("reason", "obligation");
        } else {
            out.member("purpose", body.verb).name("consent").null().name("consideration").null();
        }
        put_instruction(out, body.instructed);
    }
    void put_terms(const OfferTerms& terms) const {
        put_title(out);
        out.amount_member("price", terms.price);
        out.member("opens_at", natural(terms.opens_at));
        out.member("closes_at", natural(terms.closes_at)).name("limit");
        if (terms.limit == none) {
            out.null();
        } else {
            out.open_object().member("units", natural(terms.limit));
            out.member("window", terms.window).close_object();
        }
        out.member("cooldown_s", natural(terms.cooldown_s));
        out.member("quantity_max", natural(terms.quantity_max));
        out.member("hold_s_max", natural(terms.hold_s_max));
        out.member("refund_days", natural(terms.refund_days));
        out.member("terms", hash_named("terms").hex());
    }
    void operator()(const PublishOffer& body) const {
        out.member("offer", body.offer).member("programme", body.programme);
        put_amount_or_null(out, "stock", body.stock);
        put_terms(body.terms);
    }
    void operator()(const ReviseOffer& body) const {
        out.member("offer", body.offer);
        put_terms(body.terms);
    }
    void operator()(const Restock& body) const {
        out.member("offer", body.offer).amount_member("units", body.units);
    }
    void operator()(const CloseOffer& body) const { out.member("offer", body.offer); }
    void operator()(const Reserve& body) const {
        out.member("account", account_text(body.account)).member("offer", body.offer);
        out.member("quantity", natural(body.quantity)).amount_member("points", body.points);
        out.member("hold_s", natural(body.hold_s));
        put_instruction(out, body.instructed);
    }
    void operator()(const Confirm& body) const {
        out.member("redemption", id_named(body.redemption).hex());
        out.amount_member("points", body.points);
        out.member("voucher", hash_named("voucher " + body.voucher).hex());
    }
    void operator()(const Release& body) const {
        out.member("redemption", id_named(body.redemption).hex()).member("reason", "tests");
        put_instruction(out, body.instructed);
    }
    void operator()(const Refund& body) const {
        out.member("redemption", id_named(body.redemption).hex());
        out.amount_member("points", body.points);
        out.member("stock", body.returns ? "return" : "write_off").member("reason", "tests");
    }
};

void Bodies::operator()(const Submit& body) const {
    const CityMethod& method = city_method(body.method);
    static const std::map<std::string, ledger::Hash> digests = [] {
        std::map<std::string, ledger::Hash> found;
        for (const CityMethod& each : city_methods()) {
            found[each.word] = ledger::sha256(document_of(each));
        }
        return found;
    }();
    static const ledger::Hash factors_digest = ledger::sha256(ledger::test::factors_text());
    ledger::BatchHeader header;
    header.provider = body.provider;
    header.scheme = method.scheme;
    header.methodology = method.slug + "@1";
    header.methodology_digest = digests.at(method.word);
    header.factors = "test-factors@1";
    header.factors_digest = factors_digest;
    if (!body.programme.empty()) {
        header.programme = body.programme;
    }
    header.rank = "operator";
    header.region = "440300";
    header.period_start = body.start;
    header.period_end = body.end;
    header.count = static_cast<std::uint32_t>(body.events.size());
    header.inputs.push_back({.name = "much", .sum = 0});
    for (const Event& event : body.events) {
        ledger::Record record;
        record.account = ledger::test::user_named(event.account);
        record.tag = *ledger::Tag::from(ledger::sha256("tag\n", event.event).view());
        record.start = body.start;
        record.end = body.end;
        record.region = "440300";
        record.inputs = {event.much};
        const std::string salt = fmt::format("{} {} {}", act.name, act.copy, records.size());
        record.salt = *ledger::Salt::from(
            ledger::sha256("record\n", salt).view().substr(0, ledger::Salt::length)
        );
        header.inputs.front().sum += event.much;
        header.reduction_ug += ledger::Int128{event.much} * method.micrograms;
        records.push_back(std::move(record));
    }
    header.records_root = records_root(records);
    header.evidence_root = ledger::empty_root();
    JsonWriter whole;
    write(whole, header);
    const std::string text = whole.take();
    out.raw(text.substr(1, text.size() - 2));  // its members, without the braces
}

ledger::StoredCommand signed_command(
    const std::string& type,
    const Act& act,
    const ledger::Hash& chain,
    const std::string& body,
    const std::vector<ledger::Record>& records
) {
    const std::string salt =
        ledger::sha256("salt\n", fmt::format("{} {}", act.name, act.copy)).hex().substr(0, 32);
    JsonWriter out;
    out.open_object().member("type", type).member("v", std::uint64_t{1});
    out.member("ledger", chain.hex()).member("id", id_named(act.name).hex());
    out.member("not_after", natural(act.not_after)).member("salt", salt);
    out.name("body").raw(body).close_object();
    std::vector<const ledger::SigningKey*> keys;
    for (const std::string& signer : act.signers) {
        keys.push_back(&key_of(signer));
    }
    ledger::StoredCommand command;
    command.envelope = ledger::sign_command(out.take(), keys);
    if (!records.empty()) {
        command.attachment = to_attachment(records);
    }
    return command;
}

}  // namespace

std::string account_text(const std::string& name) {
    return find_city_member(name) != nullptr ? name : ledger::test::user_named(name).hex();
}

const ledger::SigningKey& key_of(const std::string& name) {
    static std::map<std::string, ledger::SigningKey> keys;
    auto found = keys.find(name);
    if (found == keys.end()) {
        found = keys.emplace(name, ledger::test::key_named(name)).first;
    }
    return found->second;
}

ledger::StoredCommand command_of(const Act& act, const ledger::Hash& chain) {
    JsonWriter out;
    std::vector<ledger::Record> records;
    out.open_object();
    std::visit(Bodies{.out = out, .act = act, .records = records}, act.body);
    out.close_object();
    return signed_command(type_of(act), act, chain, out.take(), records);
}

ledger::Genesis city_genesis() {
    using ledger::Role;
    ledger::Genesis genesis = ledger::test::empty_genesis(city_founded);
    const auto slugs = [](const std::vector<std::string>& words) {
        std::vector<std::string> found;
        for (const std::string& word : words) {
            found.push_back(city_method(word).slug);
        }
        std::ranges::sort(found);
        return found;
    };
    for (const CityMember& member : city_members()) {
        std::vector<ledger::RoleGrant> roles;
        const auto grant = [&](bool granted, Role role, std::vector<std::string> scope) {
            if (granted) {
                ledger::RoleGrant given;
                given.role = role;
                given.scope = std::move(scope);
                given.rank = role == Role::provider ? ledger::Rank::operator_ : ledger::Rank::none;
                roles.push_back(std::move(given));
            }
        };
        grant(member.is_operator, Role::operator_, {});
        grant(!member.provides.empty(), Role::provider, slugs(member.provides));
        grant(!member.verifies.empty(), Role::verifier, slugs(member.verifies));
        grant(member.is_merchant, Role::merchant, {});
        grant(!member.programmes.empty(), Role::programme, member.programmes);
        grant(member.is_registrar, Role::registrar, {"ant", "sz-ph"});
        ledger::test::add_member(genesis, member.name, std::move(roles));
    }
    for (const CityScheme& scheme : city_schemes()) {
        ledger::Scheme added;
        added.scheme = scheme.name;
        added.title_en = added.title_zh = scheme.name;
        added.authority = "test";
        added.credits = scheme.credits;
        added.accepts = {"verified"};
        added.reserve_ppm = scheme.reserve_ppm;
        added.correction_days = scheme.correction_days;
        added.obligation_days = scheme.obligation_days;
        added.registrar = "registry";
        genesis.schemes.push_back(std::move(added));
    }
    return genesis;
}

std::vector<ledger::StoredCommand> city_documents(const ledger::Hash& chain) {
    Act act;
    act.not_after = city_founded + 3'600'000;
    for (const CityMember& member : city_members()) {
        act.signers.push_back(member.name);
    }
    std::vector<ledger::StoredCommand> commands;
    const auto publish = [&](const std::string& type, const CityMethod* method) {
        JsonWriter out;
        out.open_object();
        if (method != nullptr) {
            out.member("scheme", method->scheme);
        }
        out.member(
            "document", method != nullptr ? document_of(*method) : ledger::test::factors_text()
        );
        act.name = fmt::format("document {}", commands.size());
        commands.push_back(signed_command(type, act, chain, out.close_object().take(), {}));
    };
    publish("factors.publish", nullptr);
    for (const CityMethod& method : city_methods()) {
        publish("methodology.publish", &method);
    }
    return commands;
}

}  // namespace tanji::model
