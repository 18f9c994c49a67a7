#include "tests/api/small_city.h"

#include "ledger/proof/merkle.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace tanji::api {

std::string id_of(int n) {
    std::string digits = std::to_string(n);
    return "01a1fb6718007000" + std::string(16 - digits.size(), '0') + digits;
}

City::City() {
    publish();
    open(alice, alice_key_, 1);
    open(bob, bob_key_, 2);
}

City::~City() = default;

ledger::JsonValue City::parse(const std::string& text) {
    auto value = ledger::parse_tolerant_json(text);
    EXPECT_TRUE(value) << text;
    return value ? std::move(*value) : ledger::JsonValue{};
}

std::string City::at(const ledger::JsonValue& value, std::string_view path) {
    const ledger::JsonValue* found = &value;
    while (found != nullptr && !path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const std::string name(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (const auto* array = found->array()) {
            const std::size_t n = std::stoul(name);
            found = n < array->size() ? &(*array)[n] : nullptr;
        } else {
            found = found->find(name);
        }
    }
    return found != nullptr ? ledger::to_canonical_text(*found) : "";
}

std::string City::at(const Response& response, std::string_view path) {
    return at(json(response), path);
}

Response City::get(std::string target, std::string token, std::vector<Field> fields) {
    if (!token.empty()) {
        fields.push_back({"authorization", "Bearer " + token});
    }
    return desk_.ask({.target = std::move(target), .fields = std::move(fields)});
}

Response City::get_bodies(std::string target, std::string accept) {
    return get(
        std::move(target), token_, {{"tanji-purpose", "test"}, {"accept", std::move(accept)}}
    );
}

Response City::post(
    std::string target, std::string type, std::string body, std::vector<Field> more
) {
    more.push_back({"content-type", std::move(type)});
    return desk_.ask({
        .method = "POST",
        .target = std::move(target),
        .fields = std::move(more),
        .body = std::move(body),
    });
}

std::string City::grant(
    const ledger::SigningKey& key, const std::string& account, std::string_view scope
) {
    const std::string payload = R"({"ledger":")" + node_.id().hex() + R"(","account":")" + account +
                                R"(","scope":[")" + std::string(scope) + R"("],"not_after":)" +
                                std::to_string(node_.now + 60'000) + "}";
    const auto signature = key.sign(ledger::pae(grant_payload_type, payload));
    return "tg1." + ledger::to_base64url(payload) + "." + key.id().hex() + "." +
           ledger::to_base64url(signature.view());
}

ledger::Record City::record(const Ride& ride) {
    ledger::Record made;
    made.account = *ledger::UserId::from_hex(ride.account);
    made.source = ledger::Source::event;
    made.tag = *ledger::Tag::from_hex(std::string(64, ride.tag));
    made.start = ride.start != 0 ? ride.start : yesterday;
    made.end = made.start + 600;
    made.region = "440300";
    made.inputs = {ride.metres};
    made.salt = *ledger::Salt::from_hex(std::string(32, ride.tag));
    return made;
}

City::Batch City::batch(int n, const std::vector<Ride>& rides) {
    Batch made{.id = id_of(n), .envelope = {}, .records = {}};
    ledger::BatchHeader header;
    header.provider = "metro";
    header.scheme = "sz-ph";
    header.methodology = "bike-demo@1";
    header.methodology_digest = ledger::sha256(methodology_);
    header.factors = "public-factors-core@1";
    header.factors_digest = ledger::sha256(factors_);
    header.programme = programme_;
    header.rank = "operator";
    header.region = "440300";
    header.period_start = yesterday - 86'400;
    header.period_end = yesterday + 43'000;
    header.count = static_cast<std::uint32_t>(rides.size());
    ledger::Amount metres = 0;
    for (const Ride& ride : rides) {
        made.records.push_back(record(ride));
        metres += ride.metres;
    }
    header.inputs = {{.name = "distance_m", .sum = metres}};
    header.reduction_ug = ledger::Int128{metres} * ug_per_metre;
    header.records_root = ledger::records_root(made.records);
    header.evidence_root = ledger::tree_root({});
    ledger::JsonWriter out;
    ledger::write(out, header);
    made.envelope = node_.command("activity.submit", made.id, out.take());
    return made;
}

Response City::upload_lines(const Batch& batch, const std::string& query) {
    return post(
        "/v1/activities" + query,
        "application/x-ndjson",
        ledger::to_ndjson(batch.envelope, batch.records)
    );
}

Response City::upload_container(const Batch& batch, const std::string& query) {
    return post(
        "/v1/activities" + query,
        std::string(batch_type),
        ledger::to_container(batch.envelope.payload, batch.records),
        {{"tanji-signature", ledger::to_signature_header(batch.envelope.signatures)}}
    );
}

std::string City::attest_body(const std::string& batch, int sampled) {
    return R"({"batch":")" + batch +
           R"(","verdict":"accept","except":[],"level":"reasonable","sampled":)" +
           std::to_string(sampled) + R"(,"report":")" + std::string(64, 'e') +
           R"(","reason":null})";
}

Response City::attest(const Batch& batch, int n) {
    const auto envelope = node_.command_by(
        node_.verifier(),
        "activity.attest",
        id_of(n),
        attest_body(batch.id, static_cast<int>(batch.records.size()))
    );
    return desk_.post("/v1/activities/" + batch.id + "/attest", envelope);
}

City::Batch City::first_batch() {
    return batch(10, {{'1', alice, 1850}, {'2', alice, 933}, {'3', alice, 700}, {'4', bob, 2100}});
}

City::Batch City::second_batch() {
    return batch(11, {{'4', bob, 2100}, {'5', alice, 500}, {'6', alice, 1000, yesterday - 86'400}});
}

ledger::Result<ledger::Verdict> City::verify(const ledger::Receipt& receipt) {
    return ledger::verify_receipt(receipt, node_.pinned(), known_keys());
}

ledger::KnownKeys City::known_keys() {
    return [this](const ledger::KeyId& id) -> std::optional<ledger::PublicKey> {
        const auto row = node_.local()->key(id);
        return row ? std::optional(row->key) : std::nullopt;
    };
}

std::vector<std::string> City::steps(const ledger::Result<ledger::Verdict>& verdict) {
    std::vector<std::string> names;
    if (!verdict) {
        return {verdict.error().reason + ": " + verdict.error().detail};
    }
    for (const ledger::Step& step : verdict->steps) {
        names.push_back(step.name);
    }
    return names;
}

std::string City::pack(const std::string& name) {
    std::ifstream in(std::string(TANJI_TEST_DATA) + "/../packs/" + name);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_FALSE(text.empty()) << name;
    const auto caps = text.find(R"("caps":[])");
    if (caps != std::string::npos) {
        text.insert(
            caps + 8,
            R"({"group":"bike","per":"account","window":"day","records":2,"micrograms":null})"
        );
    }
    return text;
}

void City::publish() {
    const auto wrapped = [](std::string_view scheme, const std::string& document) {
        ledger::JsonWriter out;
        out.open_object();
        if (!scheme.empty()) {
            out.member("scheme", scheme);
        }
        return out.member("document", document).close_object().take();
    };
    const Response factors = desk_.post(
        "/v1/factors", node_.command("factors.publish", id_of(91), wrapped({}, factors_))
    );
    EXPECT_EQ(factors.status, 201) << factors.body;
    const Response method = desk_.post(
        "/v1/methodologies",
        node_.command("methodology.publish", id_of(92), wrapped("sz-ph", methodology_))
    );
    EXPECT_EQ(method.status, 201) << method.body;
}

void City::open(const std::string& account, const ledger::SigningKey& key, int n) {
    const std::string body = R"({"account":")" + account + R"(","kind":"user","keys":[")" +
                             ledger::to_base64(key.public_key().view()) + R"("],"owner":null})";
    const Response opened =
        desk_.post("/v1/accounts", node_.command("account.open", id_of(n), body, {&key}));
    EXPECT_EQ(opened.status, 201) << opened.body;
}

}  // namespace tanji::api
