#include "ledger/governance/genesis.h"

#include "ledger/command/envelope.h"
#include "ledger/proof/policy.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 9> actions = {
    "factors",
    "key",
    "member",
    "membership",
    "methodology",
    "programme",
    "role",
    "rules",
    "scheme",
};
constexpr std::array<std::string_view, 3> statuses = {"verified", "secondary", "platform-rule"};
constexpr std::array<std::string_view, 2> issue_kinds = {"credits", "points-only"};
constexpr std::array<std::string_view, 1> suites = {"ed25519-sha256"};
constexpr std::array<std::string_view, 1> formats = {"genesis/1"};
constexpr std::array<std::string_view, 2> key_purposes = {"command", "governor"};
constexpr std::size_t voters_max = 15;

class GenesisReader {
public:
    GenesisReader(const JsonValue& value, JsonFaults& faults)
        : in_(value, "", faults),
          faults_(faults) {}

    Genesis read();

private:
    template <typename Read>
    void each(JsonReader& in, std::string_view name, std::size_t most, Read read);
    void read_name(JsonReader& in, std::string_view name, std::string& en, std::string& zh);
    TimeMs read_time(JsonReader& in, std::string_view name);
    TimeMs read_until(JsonReader& in);
    std::vector<std::string> read_slugs(JsonReader& in, std::string_view name);
    void read_member(JsonReader& in);
    void read_key(JsonReader& in, const std::string& member);
    RoleGrant read_grant(JsonReader& in);
    void read_node(JsonReader& in);
    void read_scheme(JsonReader& in);
    void read_thresholds();
    void read_event_keys();
    void read_settings();
    void claim(JsonReader& in, std::string_view name, const PublicKey& key);
    std::string read_vkey(JsonReader& in, std::string_view name, NoteKeyType type);
    bool is_member(std::string_view slug) const;

    JsonReader in_;
    JsonFaults& faults_;
    Genesis genesis_;
    std::set<PublicKey> public_keys_;
};

template <typename Read>
void GenesisReader::each(JsonReader& in, std::string_view name, std::size_t most, Read read) {
    const auto& elements = in.elements(name, 0, most);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        JsonReader element(elements[i], fmt::format("{}/{}", in.pointer(name), i), faults_);
        read(element);
        element.finish();
    }
}

void GenesisReader::read_name(
    JsonReader& in, std::string_view name, std::string& en, std::string& zh
) {
    if (const JsonValue* value = in.member(name)) {
        JsonReader both(*value, in.pointer(name), faults_);
        en = both.text("en", 256);
        zh = both.text("zh", 256);
        both.finish();
    }
}

TimeMs GenesisReader::read_time(JsonReader& in, std::string_view name) {
    return static_cast<TimeMs>(in.integer(name, 0, static_cast<std::uint64_t>(time_ms_max)));
}

TimeMs GenesisReader::read_until(JsonReader& in) {
    return in.is_null("until") ? time_never : read_time(in, "until");
}

std::vector<std::string> GenesisReader::read_slugs(JsonReader& in, std::string_view name) {
    std::vector<std::string> slugs;
    for (const JsonValue& element : in.elements(name, 0, 1'000)) {
        if (element.string() == nullptr || !is_slug(*element.string())) {
            in.fault(name, "is no list of slugs");
            return {};
        }
        slugs.push_back(*element.string());
    }
    return slugs;
}

void GenesisReader::claim(JsonReader& in, std::string_view name, const PublicKey& key) {
    if (!public_keys_.insert(key).second) {
        in.fault(name, "occurs twice");
    }
    if (!is_acceptable(key)) {
        in.fault(name, "is no acceptable Ed25519 public key");
    }
}

bool GenesisReader::is_member(std::string_view slug) const {
    return std::ranges::find(genesis_.members, slug, &Member::member) != genesis_.members.end();
}

void GenesisReader::read_key(JsonReader& in, const std::string& member) {
    KeyRow key;
    key.owner = member;
    for (const JsonValue& purpose : in.elements("purposes", 1, 2)) {
        const std::string word = purpose.string() != nullptr ? *purpose.string() : "";
        if (std::ranges::find(key_purposes, word) == key_purposes.end()) {
            in.fault("purposes", "are command and governor");
        }
        (word == "command" ? key.command : key.governor) = true;
    }
    key.key = in.public_key("public");
    claim(in, "public", key.key);
    key.from = read_time(in, "from");
    key.until = read_until(in);
    genesis_.keys.push_back(std::move(key));
}

RoleGrant GenesisReader::read_grant(JsonReader& in) {
    RoleGrant grant;
    const auto role = role_of(in.text("role", 32));
    if (!role) {
        in.fault("role", "is no role");
    }
    grant.role = role.value_or(Role::operator_);
    grant.scope = read_slugs(in, "scope");
    if (!in.is_null("rank")) {
        const auto rank = rank_of(in.text("rank", 32));
        if (!rank) {
            in.fault("rank", "is none of operator, payer, app");
        }
        grant.rank = rank.value_or(Rank::none);
    }
    grant.from = read_time(in, "from");
    grant.until = read_until(in);
    return grant;
}

void GenesisReader::read_member(JsonReader& in) {
    Member member;
    member.member = in.slug("member");
    if (!is_member_slug(member.member)) {
        in.fault("member", "may not name a member");
    }
    if (!genesis_.members.empty() && genesis_.members.back().member >= member.member) {
        in.fault("member", "does not ascend");
    }
    read_name(in, "name", member.name_en, member.name_zh);
    member.region = in.region("region");
    each(in, "keys", 16, [&](JsonReader& key) { read_key(key, member.member); });
    each(in, "roles", 64, [&](JsonReader& role) { member.roles.push_back(read_grant(role)); });
    genesis_.members.push_back(std::move(member));
}

std::string GenesisReader::read_vkey(JsonReader& in, std::string_view name, NoteKeyType type) {
    std::string text = in.text(name, 512);
    const auto key = parse_vkey(text);
    if (!key || key->type != type) {
        in.fault(name, "is no vkey of that kind");
        return text;
    }
    if (type == NoteKeyType::log && key->name != genesis_.origin) {
        in.fault(name, "is not named as the origin");
    }
    claim(in, name, key->key);
    return text;
}

void GenesisReader::read_node(JsonReader& in) {
    GenesisNode node;
    node.node = in.integer("node", 1, 1'000'000);
    if (node.node != genesis_.nodes.size() + 1) {
        in.fault("node", "is not 1, 2, … in order");
    }
    node.member = in.slug("member");
    if (!is_member(node.member)) {
        in.fault("member", "is no member");
    }
    node.address = in.text("address", 256);
    node.log = read_vkey(in, "log", NoteKeyType::log);
    node.cosign = read_vkey(in, "cosign", NoteKeyType::cosign);
    node.peer = in.public_key("peer");
    claim(in, "peer", node.peer);
    node.voter = in.boolean("voter");
    genesis_.nodes.push_back(std::move(node));
}

void GenesisReader::read_scheme(JsonReader& in) {
    Scheme scheme;
    scheme.scheme = in.slug("scheme");
    if (!genesis_.schemes.empty() && genesis_.schemes.back().scheme >= scheme.scheme) {
        in.fault("scheme", "does not ascend");
    }
    read_name(in, "title", scheme.title_en, scheme.title_zh);
    scheme.authority = in.text("authority", 256);
    scheme.credits = in.word("issues", issue_kinds) == 0;
    for (const JsonValue& status : in.elements("accepts", 1, 3)) {
        const std::string word = status.string() != nullptr ? *status.string() : "";
        if (std::ranges::find(statuses, word) == statuses.end()) {
            in.fault("accepts", "lists verified, secondary, platform-rule");
        }
        scheme.accepts.push_back(word);
    }
    scheme.reserve_ppm = static_cast<std::int64_t>(in.integer("reserve_ppm", 0, 200'000));
    scheme.correction_days = static_cast<std::int64_t>(in.integer("correction_days", 0, 36'500));
    scheme.obligation_days = static_cast<std::int64_t>(in.integer("obligation_days", 0, 36'500));
    if (!in.is_null("registrar")) {
        scheme.registrar = in.slug("registrar");
        if (!is_member(scheme.registrar)) {
            in.fault("registrar", "is no member");
        }
    }
    genesis_.schemes.push_back(std::move(scheme));
}

void GenesisReader::read_thresholds() {
    const JsonValue* value = in_.member("thresholds");
    if (value == nullptr) {
        return;
    }
    JsonReader in(*value, "/thresholds", faults_);
    for (const std::string_view action : actions) {
        const auto threshold = threshold_named(in.text(action, 32));
        if (!threshold) {
            in.fault(action, "is none of majority, two-thirds, all");
        }
        genesis_.thresholds[std::string(action)] = threshold.value_or(Threshold::all);
    }
    in.finish();
}

void GenesisReader::read_event_keys() {
    each(in_, "event_keys", 200, [&](JsonReader& in) {
        EventKey key = {.year = in.integer("year", 1970, 9999), .digest = in.digest("digest")};
        if (!genesis_.event_keys.empty() && genesis_.event_keys.back().year >= key.year) {
            in.fault("year", "does not ascend");
        }
        genesis_.event_keys.push_back(key);
    });
}

void GenesisReader::read_settings() {
    if (const JsonValue* value = in_.member("consensus")) {
        JsonReader in(*value, "/consensus", faults_);
        genesis_.snapshot_every_blocks = in.integer("snapshot_every_blocks", 1, 1'000'000'000);
        if (!in.is_null("min_cosigners")) {
            genesis_.min_cosigners = in.integer("min_cosigners", 1, voters_max);
        }
        in.finish();
    }
    if (const JsonValue* value = in_.member("privacy")) {
        JsonReader in(*value, "/privacy", faults_);
        genesis_.k_anonymity = in.integer("k_anonymity", 1, 1'000'000);
        in.finish();
    }
}

Genesis GenesisReader::read() {
    in_.word("tanji", formats);
    read_name(in_, "name", genesis_.name_en, genesis_.name_zh);
    genesis_.origin = in_.text("origin", 255);
    if (!is_note_name(genesis_.origin)) {
        in_.fault("origin", "is no name of a log");
    }
    genesis_.time = read_time(in_, "time");
    in_.word("suite", suites);
    genesis_.rules = in_.integer("rules", 1, 1);
    // Strict JSON has no signs: a ledger west of Greenwich states its schemes' offsets in its
    // methodologies.
    genesis_.utc_offset_minutes = static_cast<int>(in_.integer("utc_offset_minutes", 0, 840));
    each(in_, "members", 1'000, [&](JsonReader& in) { read_member(in); });
    each(in_, "nodes", 64, [&](JsonReader& in) { read_node(in); });
    each(in_, "schemes", 64, [&](JsonReader& in) { read_scheme(in); });
    read_thresholds();
    read_event_keys();
    read_settings();
    in_.finish();
    const auto voters = std::ranges::count(genesis_.nodes, true, &GenesisNode::voter);
    if (voters < 1 || voters > static_cast<std::ptrdiff_t>(voters_max)) {
        in_.fault("nodes", "have not 1..15 voters");
    } else if (std::cmp_greater(genesis_.min_cosigners.value_or(0), voters)) {
        in_.fault("consensus", "has more min_cosigners than there are voters");
    }
    return std::move(genesis_);
}

}  // namespace

std::string Genesis::policy() const {
    std::vector<PolicyVoter> voters;
    for (const GenesisNode& node : nodes) {
        if (node.voter) {
            voters.push_back({
                .member = node.member,
                .log = *parse_vkey(node.log),
                .cosign = *parse_vkey(node.cosign),
            });
        }
    }
    return policy_text(1, 0, voters, {}, min_cosigners.value_or(0));
}

Result<Genesis> read_genesis(ByteView file) {
    if (file.size() > genesis_bytes_max) {
        return refuse(
            ErrorCode::command_too_large, "a genesis file has at most {} bytes", genesis_bytes_max
        );
    }
    // Its text stands in leaf 0 as a JSON string, where these characters grow.
    constexpr std::string_view escaped = "\"\\\n\r\t";
    const auto grown = std::ranges::count_if(file, [&](char c) { return escaped.contains(c); });
    if (file.size() + static_cast<std::size_t>(grown) > escaped_payload_bytes_max) {
        return refuse(ErrorCode::command_too_large, "the genesis file does not fit into a leaf");
    }
    if (!file.ends_with('\n')) {
        return refuse(ErrorCode::command_malformed, "a genesis file ends in a line feed");
    }
    const auto value = parse_json(file);
    if (!value) {
        return std::unexpected(value.error());
    }
    JsonFaults faults;
    Genesis genesis = GenesisReader(*value, faults).read();
    if (faults.any()) {
        return faults.refusal();
    }
    genesis.ledger = sha256(file);
    return genesis;
}

}  // namespace tanji::ledger
