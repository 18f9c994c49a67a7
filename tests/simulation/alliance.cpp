#include "tests/simulation/alliance.h"

#include "ledger/decoded_block.h"
#include "ledger/governance/genesis.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/value/json.h"
#include "tests/ledger/world.h"

#include <array>
#include <cassert>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

// In the order of the numbers: a genesis file lists its members so.
std::string member_name(std::uint64_t node) {
    return fmt::format("member-{}{}", node < 10 ? "" : "x", node);
}

constexpr std::string_view shop = "shop";  // a member that is no operator

ledger::RoleGrant grant(ledger::Role role) {
    ledger::RoleGrant granted;
    granted.role = role;
    granted.from = founded_ms;
    return granted;
}

ledger::Genesis genesis_of(std::uint64_t voters, std::uint64_t learners, std::uint64_t spares) {
    ledger::Genesis genesis = ledger::test::empty_genesis(founded_ms);
    for (std::uint64_t node = 1; node <= voters + learners + spares; ++node) {
        ledger::test::add_member(genesis, member_name(node), {grant(ledger::Role::operator_)});
    }
    ledger::test::add_member(genesis, shop, {grant(ledger::Role::merchant)});
    for (ledger::KeyRow& key : genesis.keys) {
        key.from = founded_ms;
    }
    genesis.nodes.clear();
    for (std::uint64_t node = 1; node <= voters + learners; ++node) {
        const std::string name = member_name(node);
        ledger::GenesisNode added;
        added.node = node;
        added.member = name;
        added.address = fmt::format("localhost:{}", 9'000 + node);
        added.log = ledger::to_vkey(
            ledger::log_key(genesis.origin, ledger::test::key_named(name + "/log").public_key())
        );
        added.cosign = ledger::to_vkey(ledger::cosign_key(
            ledger::cosigner_name(genesis.origin, name),
            ledger::test::key_named(name + "/cosign").public_key()
        ));
        added.peer = ledger::test::key_named(name + "/peer").public_key();
        added.voter = node <= voters;
        genesis.nodes.push_back(std::move(added));
    }
    return genesis;
}

}  // namespace

Alliance::Alliance(std::uint64_t voters, std::uint64_t learners, std::uint64_t spares) {
    const std::string file = ledger::test::genesis_text(genesis_of(voters, learners, spares));
    auto genesis = ledger::read_genesis(file);
    assert(genesis.has_value());
    genesis_ = std::move(*genesis);
    ledger_ = genesis_.ledger;
    block_ = ledger::genesis_block(file, genesis_.time);
    for (const ledger::GenesisNode& node : genesis_.nodes) {
        cosigners_.push_back(ledger::parse_vkey(node.cosign)->name);
    }
    for (std::uint64_t node = 1; node <= voters + learners + spares; ++node) {
        keys_.push_back(
            {ledger::test::key_named(member_name(node) + "/log"),
             ledger::test::key_named(member_name(node) + "/cosign")}
        );
    }
}

std::optional<consensus::NodeId> Alliance::holder(const ledger::PublicKey& key) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (keys_[i].log.public_key() == key || keys_[i].cosign.public_key() == key) {
            return i + 1;
        }
    }
    return std::nullopt;
}

ledger::JoiningNode Alliance::joining(consensus::NodeId node, std::uint64_t member) const {
    const std::string name = member_name(member);
    const auto peer = ledger::test::key_named(fmt::format("node-{}/peer", node));
    const auto prove = [&](std::string_view purpose, const ledger::SigningKey& key) {
        return key.sign(ledger::key_proof_bytes(ledger_, name, purpose, key.public_key()));
    };
    ledger::JoiningNode joins;
    joins.row.node = node;
    joins.row.member = name;
    joins.row.address = fmt::format("localhost:{}", 9'000 + node);
    joins.row.log = ledger::to_vkey(ledger::log_key(genesis_.origin, keys(node).log.public_key()));
    joins.row.cosign = ledger::to_vkey(ledger::cosign_key(
        ledger::cosigner_name(genesis_.origin, name), keys(node).cosign.public_key()
    ));
    joins.row.peer = peer.public_key();
    joins.log_proof = prove("log", keys(node).log);
    joins.cosign_proof = prove("cosign", keys(node).cosign);
    joins.peer_proof = prove("peer", peer);
    return joins;
}

std::string Alliance::account_name(std::uint64_t account) {
    return ledger::test::user_named(fmt::format("user {}", account)).hex();
}

ledger::CommandId Alliance::id_of(const Wish& wish) {
    return ledger::test::id_named(fmt::format("wish {}", wish.number));
}

ledger::PublicKey Alliance::outsider_key() {
    return ledger::test::key_named(shop).public_key();
}

const ledger::StoredCommand& Alliance::command(const Wish& wish) {
    const auto [found, is_new] = commands_.try_emplace(wish);
    if (is_new) {
        ledger::JsonWriter out;
        out.open_object().member("type", "account.open").member("v", std::uint64_t{1});
        out.member("ledger", ledger_.hex()).member("id", id_of(wish).hex());
        out.member("not_after", static_cast<std::uint64_t>(wish.not_after));
        out.member("salt", fmt::format("{:032x}", wish.variant + 1));
        out.name("body").open_object();
        out.member("account", account_name(wish.account)).member("kind", "user");
        out.name("keys").open_array().close_array().name("owner").null();
        out.close_object().close_object();
        const auto key = ledger::test::key_named(
            wish.signer == 0 ? std::string(shop) : member_name(wish.signer)
        );
        const std::array signers = {&key};
        found->second = {.envelope = ledger::sign_command(out.take(), signers), .attachment = {}};
    }
    return found->second;
}

std::shared_ptr<ledger::Prepared> Alliance::prepared(const Decision& decision, std::uint64_t number)
    const {
    ledger::JsonWriter out;
    const ledger::CommandId id = ledger::test::id_named(fmt::format("decision {}", number));
    out.open_object().member("type", "membership.decide").member("v", std::uint64_t{1});
    out.member("ledger", ledger_.hex()).member("id", id.hex());
    out.member("not_after", static_cast<std::uint64_t>(founded_ms + 6 * ledger::ms_per_day));
    out.member("salt", fmt::format("{:032x}", number)).name("body").open_object();
    out.member("base", decision.base).name("nodes").open_array();
    for (const ledger::JoiningNode& node : decision.nodes) {
        write(out, node);
    }
    out.close_array();
    const auto list = [&](std::string_view name, const std::vector<std::uint64_t>& nodes) {
        out.name(name).open_array();
        for (const std::uint64_t node : nodes) {
            out.integer(node);
        }
        out.close_array();
    };
    list("promote", decision.promote);
    list("remove", decision.remove);
    out.close_object().close_object();
    std::vector<ledger::SigningKey> keys;
    std::vector<const ledger::SigningKey*> signers;
    for (std::uint64_t member = 1; member <= keys_.size(); ++member) {
        keys.push_back(ledger::test::key_named(member_name(member)));
    }
    for (const ledger::SigningKey& key : keys) {
        signers.push_back(&key);
    }
    auto prepared = ledger::prepare(
        {.envelope = ledger::sign_command(out.take(), signers), .attachment = {}}, ledger_
    );
    assert(prepared.has_value());
    return std::move(*prepared);
}

std::shared_ptr<ledger::Prepared> Alliance::prepared(const Wish& wish) {
    auto prepared = ledger::prepare(command(wish), ledger_);
    assert(prepared.has_value());
    return std::move(*prepared);
}

}  // namespace tanji::simulation
