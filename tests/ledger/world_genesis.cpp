// The genesis file of a test world.
#include "ledger/proof/note.h"
#include "tests/ledger/world.h"

#include <array>

namespace tanji::ledger::test {
namespace {

constexpr std::array<std::string_view, 3> threshold_words = {"majority", "two-thirds", "all"};

void write_name(JsonWriter& out, std::string_view key, std::string_view en, std::string_view zh) {
    out.name(key).open_object().member("en", en).member("zh", zh).close_object();
}

void write_until(JsonWriter& out, TimeMs until) {
    out.name("until");
    until == time_never ? out.null() : out.integer(static_cast<std::uint64_t>(until));
}

void write_list(JsonWriter& out, std::string_view key, const std::vector<std::string>& texts) {
    out.name(key).open_array();
    for (const std::string& text : texts) {
        out.string(text);
    }
    out.close_array();
}

void write_text_or_null(JsonWriter& out, std::string_view key, std::string_view text) {
    out.name(key);
    text.empty() ? out.null() : out.string(text);
}

void write_key(JsonWriter& out, const KeyRow& row) {
    out.open_object();
    write_list(
        out,
        "purposes",
        row.command && row.governor ? std::vector<std::string>{"command", "governor"}
        : row.command               ? std::vector<std::string>{"command"}
                                    : std::vector<std::string>{"governor"}
    );
    out.member("public", to_base64(row.key.view()));
    out.member("from", static_cast<std::uint64_t>(row.from));
    write_until(out, row.until);
    out.close_object();
}

void write_member(JsonWriter& out, const Genesis& genesis, const Member& member) {
    out.open_object().member("member", member.member);
    write_name(out, "name", member.name_en, member.name_zh);
    out.member("region", member.region).name("keys").open_array();
    for (const KeyRow& row : genesis.keys) {
        if (row.owner == member.member) {
            write_key(out, row);
        }
    }
    out.close_array().name("roles").open_array();
    for (const RoleGrant& grant : member.roles) {
        out.open_object().member("role", name_of(grant.role));
        write_list(out, "scope", grant.scope);
        write_text_or_null(out, "rank", name_of(grant.rank));
        out.member("from", static_cast<std::uint64_t>(grant.from));
        write_until(out, grant.until);
        out.close_object();
    }
    out.close_array().close_object();
}

void write_node(JsonWriter& out, const GenesisNode& node) {
    out.open_object().member("node", node.node).member("member", node.member);
    out.member("address", node.address).member("log", node.log).member("cosign", node.cosign);
    out.member("peer", to_base64(node.peer.view())).member("voter", node.voter).close_object();
}

void write_scheme(JsonWriter& out, const Scheme& scheme) {
    out.open_object().member("scheme", scheme.scheme);
    write_name(out, "title", scheme.title_en, scheme.title_zh);
    out.member("authority", scheme.authority);
    out.member("issues", scheme.credits ? "credits" : "points-only");
    write_list(out, "accepts", scheme.accepts);
    out.member("reserve_ppm", static_cast<std::uint64_t>(scheme.reserve_ppm));
    out.member("correction_days", static_cast<std::uint64_t>(scheme.correction_days));
    out.member("obligation_days", static_cast<std::uint64_t>(scheme.obligation_days));
    write_text_or_null(out, "registrar", scheme.registrar);
    out.close_object();
}

}  // namespace

std::string genesis_text(const Genesis& genesis) {
    JsonWriter out;
    out.open_object().member("tanji", "genesis/1");
    write_name(out, "name", genesis.name_en, genesis.name_zh);
    out.member("origin", genesis.origin).member("time", static_cast<std::uint64_t>(genesis.time));
    out.member("suite", "ed25519-sha256").member("rules", genesis.rules);
    out.member("utc_offset_minutes", static_cast<std::uint64_t>(genesis.utc_offset_minutes));
    out.name("members").open_array();
    for (const Member& member : genesis.members) {
        write_member(out, genesis, member);
    }
    out.close_array().name("nodes").open_array();
    for (const GenesisNode& node : genesis.nodes) {
        write_node(out, node);
    }
    out.close_array().name("schemes").open_array();
    for (const Scheme& scheme : genesis.schemes) {
        write_scheme(out, scheme);
    }
    out.close_array().name("thresholds").open_object();
    for (const auto& [action, threshold] : genesis.thresholds) {
        out.member(action, threshold_words.at(static_cast<std::size_t>(threshold)));
    }
    out.close_object().name("event_keys").open_array();
    for (const EventKey& key : genesis.event_keys) {
        out.open_object().member("year", key.year).member("digest", key.digest.hex());
        out.close_object();
    }
    out.close_array().name("consensus").open_object();
    out.member("snapshot_every_blocks", genesis.snapshot_every_blocks).name("min_cosigners");
    genesis.min_cosigners ? out.integer(*genesis.min_cosigners) : out.null();
    out.close_object().name("privacy").open_object();
    out.member("k_anonymity", genesis.k_anonymity).close_object().close_object();
    return out.take() + "\n";
}

Genesis empty_genesis(TimeMs time) {
    Genesis genesis;
    genesis.name_en = "Test city, SYNTHETIC";
    genesis.name_zh = "测试城";
    genesis.origin = "tanji.example/test";
    genesis.time = time;
    genesis.event_keys.push_back({.year = 2026, .digest = hash_named("event key")});
    for (const std::string_view action :
         {"factors",
          "key",
          "member",
          "membership",
          "methodology",
          "programme",
          "role",
          "rules",
          "scheme"}) {
        genesis.thresholds.emplace(action, Threshold::two_thirds);
    }
    return genesis;
}

void add_member(Genesis& genesis, std::string_view member, std::vector<RoleGrant> roles) {
    Member added;
    added.member = member;
    added.name_en = member;
    added.name_zh = member;
    added.region = "440300";
    added.roles = std::move(roles);
    genesis.members.push_back(std::move(added));
    KeyRow key;
    key.owner = member;
    key.command = true;
    key.governor = true;
    key.key = key_named(member).public_key();
    genesis.keys.push_back(std::move(key));
    if (genesis.nodes.empty()) {  // the first member runs the node
        const auto vkey = [](std::string_view name, NoteKeyType type, std::string_view key_name) {
            return to_vkey(
                {.name = std::string(name), .type = type, .key = key_named(key_name).public_key()}
            );
        };
        GenesisNode node;
        node.node = 1;
        node.member = member;
        node.address = "localhost:9000";
        node.log = vkey(genesis.origin, NoteKeyType::log, "node/log");
        node.cosign = vkey("node.example", NoteKeyType::cosign, "node/cosign");
        node.peer = key_named("node/peer").public_key();
        genesis.nodes.push_back(std::move(node));
    }
}

}  // namespace tanji::ledger::test
