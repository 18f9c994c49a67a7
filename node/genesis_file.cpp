#include "node/genesis_file.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

using ledger::JsonWriter;
using ledger::Threshold;

std::string_view word_of(Threshold threshold) {
    switch (threshold) {
        case Threshold::majority:
            return "majority";
        case Threshold::two_thirds:
            return "two-thirds";
        case Threshold::all:
            break;
    }
    return "all";
}

void write_name(
    JsonWriter& out, std::string_view key, const std::string& en, const std::string& zh
) {
    out.name(key).open_object().member("en", en).member("zh", zh).close_object();
}

void write_texts(JsonWriter& out, std::string_view key, const std::vector<std::string>& texts) {
    out.name(key).open_array();
    for (const std::string& text : texts) {
        out.string(text);
    }
    out.close_array();
}

void write_validity(JsonWriter& out, ledger::TimeMs from, ledger::TimeMs until) {
    out.member("from", static_cast<std::uint64_t>(from)).name("until");
    if (until == ledger::time_never) {
        out.null();
    } else {
        out.integer(static_cast<std::uint64_t>(until));
    }
}

void write_key_row(JsonWriter& out, const ledger::KeyRow& row) {
    out.open_object().name("purposes").open_array();
    if (row.command) {
        out.string("command");
    }
    if (row.governor) {
        out.string("governor");
    }
    out.close_array().member("public", ledger::to_base64(row.key.view()));
    write_validity(out, row.from, row.until);
    out.close_object();
}

void write_role(JsonWriter& out, const ledger::RoleGrant& grant) {
    out.open_object().member("role", ledger::name_of(grant.role));
    write_texts(out, "scope", grant.scope);
    out.name("rank");
    if (grant.rank == ledger::Rank::none) {
        out.null();
    } else {
        out.string(ledger::name_of(grant.rank));
    }
    write_validity(out, grant.from, grant.until);
    out.close_object();
}

void write_member(JsonWriter& out, const ledger::Genesis& genesis, const ledger::Member& member) {
    out.open_object().member("member", member.member);
    write_name(out, "name", member.name_en, member.name_zh);
    out.member("region", member.region).name("keys").open_array();
    for (const ledger::KeyRow& row : genesis.keys) {
        if (row.owner == member.member) {
            write_key_row(out, row);
        }
    }
    out.close_array().name("roles").open_array();
    for (const ledger::RoleGrant& grant : member.roles) {
        write_role(out, grant);
    }
    out.close_array().close_object();
}

void write_node(JsonWriter& out, const ledger::GenesisNode& node) {
    out.open_object()
        .member("node", node.node)
        .member("member", node.member)
        .member("address", node.address)
        .member("log", node.log)
        .member("cosign", node.cosign)
        .member("peer", ledger::to_base64(node.peer.view()))
        .member("voter", node.voter)
        .close_object();
}

void write_scheme(JsonWriter& out, const ledger::Scheme& scheme) {
    out.open_object().member("scheme", scheme.scheme);
    write_name(out, "title", scheme.title_en, scheme.title_zh);
    out.member("authority", scheme.authority)
        .member("issues", scheme.credits ? "credits" : "points-only");
    write_texts(out, "accepts", scheme.accepts);
    out.member("reserve_ppm", static_cast<std::uint64_t>(scheme.reserve_ppm))
        .member("correction_days", static_cast<std::uint64_t>(scheme.correction_days))
        .member("obligation_days", static_cast<std::uint64_t>(scheme.obligation_days))
        .name("registrar");
    if (scheme.registrar.empty()) {
        out.null();
    } else {
        out.string(scheme.registrar);
    }
    out.close_object();
}

void write_agreements(JsonWriter& out, const ledger::Genesis& genesis) {
    out.name("thresholds").open_object();
    for (const auto& [action, threshold] : genesis.thresholds) {
        out.member(action, word_of(threshold));
    }
    out.close_object().name("event_keys").open_array();
    for (const ledger::EventKey& key : genesis.event_keys) {
        out.open_object()
            .member("year", key.year)
            .member("digest", key.digest.hex())
            .close_object();
    }
    out.close_array().name("consensus").open_object();
    out.member("snapshot_every_blocks", genesis.snapshot_every_blocks).name("min_cosigners");
    if (genesis.min_cosigners) {
        out.integer(*genesis.min_cosigners);
    } else {
        out.null();
    }
    out.close_object().name("privacy").open_object();
    out.member("k_anonymity", genesis.k_anonymity).close_object();
}

}  // namespace

std::string genesis_text(const ledger::Genesis& genesis) {
    JsonWriter out;
    out.open_object().member("tanji", "genesis/1");
    write_name(out, "name", genesis.name_en, genesis.name_zh);
    out.member("origin", genesis.origin)
        .member("time", static_cast<std::uint64_t>(genesis.time))
        .member("suite", "ed25519-sha256")
        .member("rules", genesis.rules)
        .member("utc_offset_minutes", static_cast<std::uint64_t>(genesis.utc_offset_minutes))
        .name("members")
        .open_array();
    for (const ledger::Member& member : genesis.members) {
        write_member(out, genesis, member);
    }
    out.close_array().name("nodes").open_array();
    for (const ledger::GenesisNode& node : genesis.nodes) {
        write_node(out, node);
    }
    out.close_array().name("schemes").open_array();
    for (const ledger::Scheme& scheme : genesis.schemes) {
        write_scheme(out, scheme);
    }
    out.close_array();
    write_agreements(out, genesis);
    out.close_object();
    return out.take() + "\n";
}

std::map<std::string, ledger::Threshold, std::less<>> default_thresholds() {
    return {
        {"factors", Threshold::two_thirds},
        {"key", Threshold::two_thirds},
        {"member", Threshold::two_thirds},
        {"membership", Threshold::two_thirds},
        {"methodology", Threshold::two_thirds},
        {"programme", Threshold::majority},
        {"role", Threshold::two_thirds},
        {"rules", Threshold::two_thirds},
        {"scheme", Threshold::majority},
    };
}

ledger::Genesis make_genesis(
    std::string name_en,
    std::string name_zh,
    std::string origin,
    ledger::TimeMs time,
    std::vector<Founder> founders,
    std::vector<ledger::Scheme> schemes
) {
    std::ranges::sort(founders, {}, &Founder::member);
    std::ranges::sort(schemes, {}, &ledger::Scheme::scheme);
    ledger::Genesis genesis;
    genesis.name_en = std::move(name_en);
    genesis.name_zh = std::move(name_zh);
    genesis.origin = std::move(origin);
    genesis.time = time;
    genesis.schemes = std::move(schemes);
    genesis.thresholds = default_thresholds();
    for (Founder& founder : founders) {
        for (ledger::RoleGrant& grant : founder.roles) {
            grant.from = time;
        }
        ledger::KeyRow row;
        row.owner = founder.member;
        row.command = true;
        row.governor = true;
        row.key = founder.key;
        row.from = time;
        genesis.keys.push_back(std::move(row));
        genesis.members.push_back(
            {.member = std::move(founder.member),
             .name_en = std::move(founder.name_en),
             .name_zh = std::move(founder.name_zh),
             .region = std::move(founder.region),
             .roles = std::move(founder.roles)}
        );
    }
    return genesis;
}

}  // namespace tanji::node
