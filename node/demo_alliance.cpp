#include "node/setup.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::Rank;
using ledger::Role;
using ledger::RoleGrant;

constexpr int china_offset_minutes = 480;

RoleGrant grant(Role role, std::vector<std::string> scope = {}, Rank rank = Rank::none) {
    std::ranges::sort(scope);
    return {.role = role, .scope = std::move(scope), .rank = rank};
}

// All that packs/ and the examples publish.
std::vector<std::string> all_methodologies() {
    return {
        "bike-demo",
        "bus-jjj",
        "bus-shenzhen",
        "e-invoice",
        "ev-jjj",
        "household-electricity",
        "metro-jjj",
        "metro-shenzhen",
        "recycling",
        "shared-bike-jjj",
        "walking-jjj",
    };
}

std::vector<Founder> demo_founders() {
    return {
        {.member = "ev",
         .name_en = "Demo charging",
         .name_zh = "演示充电",
         .region = "440300",
         .key = {},
         .roles =
             {grant(Role::operator_),
              grant(
                  Role::provider,
                  {"ev-jjj", "household-electricity", "bike-demo", "shared-bike-jjj"},
                  Rank::operator_
              ),
              grant(Role::merchant),
              grant(Role::programme, {"ride-points"})}},
        {.member = "metro",
         .name_en = "Demo metro",
         .name_zh = "演示地铁",
         .region = "440300",
         .key = {},
         .roles =
             {grant(Role::operator_),
              grant(
                  Role::provider,
                  {"metro-shenzhen", "metro-jjj", "bus-shenzhen", "bus-jjj"},
                  Rank::operator_
              ),
              grant(Role::merchant)}},
        {.member = "registry",
         .name_en = "Demo registry",
         .name_zh = "演示登记机构",
         .region = "440300",
         .key = {},
         .roles = {grant(Role::operator_), grant(Role::registrar, {"sz-ph"})}},
        {.member = "shop",
         .name_en = "Demo shop",
         .name_zh = "演示商户",
         .region = "440300",
         .key = {},
         .roles = {grant(Role::merchant)}},
        {.member = "verico",
         .name_en = "Demo verification",
         .name_zh = "演示核查甲",
         .region = "440300",
         .key = {},
         .roles = {grant(Role::verifier, all_methodologies())}},
        {.member = "verify-b",
         .name_en = "Demo verification B",
         .name_zh = "演示核查乙",
         .region = "440300",
         .key = {},
         .roles = {grant(Role::verifier, all_methodologies())}},
        {.member = "wallet",
         .name_en = "Demo wallet",
         .name_zh = "演示钱包",
         .region = "440300",
         .key = {},
         .roles =
             {grant(Role::operator_),
              grant(
                  Role::provider,
                  {"metro-shenzhen", "metro-jjj", "bus-shenzhen", "bus-jjj", "e-invoice"},
                  Rank::payer
              ),
              grant(
                  Role::provider,
                  {"walking-jjj", "shared-bike-jjj", "bike-demo", "recycling"},
                  Rank::app
              ),
              grant(Role::programme, {"green-points"})}},
    };
}

ledger::Scheme demo_scheme() {
    ledger::Scheme scheme;
    scheme.scheme = "sz-ph";
    scheme.title_en = "Demo scheme, SYNTHETIC";
    scheme.title_zh = "演示碳普惠（合成数据）";
    scheme.authority = "demo";
    scheme.credits = true;
    scheme.accepts = {"verified", "secondary", "platform-rule"};
    scheme.reserve_ppm = 20'000;
    scheme.correction_days = 365;
    scheme.obligation_days = 90;
    scheme.registrar = "registry";
    return scheme;
}

ledger::Hash demo_secret(std::uint64_t seed, std::string_view name) {
    return ledger::hmac_sha256(fmt::format("tanji/demo@v1\n{}", seed), name);
}

}  // namespace

ledger::SigningKey demo_key(std::uint64_t seed, std::string_view name) {
    return ledger::SigningKey::from_seed(demo_secret(seed, name).view());
}

DemoAlliance build_demo(const DemoRequest& request) {
    const std::vector<std::string> hosts{"metro", "ev", "wallet", "registry"};
    assert(request.nodes >= 1 && request.nodes <= hosts.size());
    assert(request.addresses.size() == request.nodes);

    DemoAlliance demo;
    std::vector<Founder> founders = demo_founders();
    for (Founder& founder : founders) {
        const auto key = demo_key(request.seed, founder.member);
        founder.key = key.public_key();
        demo.keys.emplace(founder.member, key);
    }
    demo.genesis = make_genesis(
        "Tanji demo, SYNTHETIC",
        "碳迹演示（合成数据）",
        "tanji.example/demo",
        request.time,
        std::move(founders),
        {demo_scheme()}
    );
    for (std::size_t i = 0; i < request.nodes; ++i) {
        NodeKeys keys{
            demo_key(request.seed, hosts[i] + "/log"),
            demo_key(request.seed, hosts[i] + "/cosign"),
            demo_key(request.seed, hosts[i] + "/peer")
        };
        add_node(demo.genesis, hosts[i], request.addresses[i], keys);
        demo.nodes.push_back(std::move(keys));
    }
    const auto today = ledger::local_day(request.time / 1000, china_offset_minutes);
    const int this_year = ledger::civil_from_day(today).year;
    for (int year = this_year - 1; year <= this_year; ++year) {
        const auto secret = demo_secret(request.seed, fmt::format("event/{}", year));
        const auto number = static_cast<std::uint64_t>(year);
        demo.event_keys.emplace(number, ledger::Bytes(secret.view()));
        demo.genesis.event_keys.push_back({number, ledger::sha256(secret.view())});
    }
    demo.file = genesis_text(demo.genesis);
    demo.genesis.ledger = ledger::sha256(demo.file);
    return demo;
}

}  // namespace tanji::node
