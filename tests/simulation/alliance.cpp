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

std::string member_name(std::uint64_t node) {
    return fmt::format("member-{}", node);
}

constexpr std::string_view shop = "shop";  // a member that is no operator

ledger::RoleGrant grant(ledger::Role role) {
    ledger::RoleGrant granted;
    granted.role = role;
    granted.from = founded_ms;
    return granted;
}

ledger::Genesis genesis_of(std::uint64_t voters, std::uint64_t learners) {
    ledger::Genesis genesis = ledger::test::empty_genesis(founded_ms);
    for (std::uint64_t node = 1; node <= voters + learners; ++node) {
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

Alliance::Alliance(std::uint64_t voters, std::uint64_t learners) {
    const std::string file = ledger::test::genesis_text(genesis_of(voters, learners));
    const auto genesis = ledger::read_genesis(file);
    assert(genesis.has_value());
    ledger_ = genesis->ledger;
    block_ = ledger::genesis_block(file, genesis->time);
    electorate_.pinned = {.origin = genesis->origin, .ledger = ledger_, .policies = {}};
    auto policy = ledger::Policy::parse(genesis->policy());
    assert(policy.has_value());
    electorate_.pinned.policies.push_back({.from = 0, .policy = std::move(*policy)});
    membership_.number = 1;
    for (const ledger::GenesisNode& node : genesis->nodes) {
        const auto cosign = ledger::parse_vkey(node.cosign);
        if (node.voter) {
            electorate_.voters.push_back(
                {.node = node.node, .log = *ledger::parse_vkey(node.log), .cosign = *cosign}
            );
        }
        (node.voter ? membership_.voters : membership_.learners).push_back(node.node);
        cosigners_.push_back(cosign->name);
        keys_.push_back(
            {ledger::test::key_named(node.member + "/log"),
             ledger::test::key_named(node.member + "/cosign")}
        );
    }
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

std::shared_ptr<ledger::Prepared> Alliance::prepared(const Wish& wish) {
    auto prepared = ledger::prepare(command(wish), ledger_);
    assert(prepared.has_value());
    return std::move(*prepared);
}

}  // namespace tanji::simulation
