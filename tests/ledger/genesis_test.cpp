#include "ledger/governance/genesis.h"

#include "tests/ledger/methodology_support.h"
#include "tests/ledger/world.h"

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

Genesis sample() {
    Genesis genesis = empty_genesis(1'772'409'600'000);
    add_member(genesis, "acme", {{.role = Role::operator_, .scope = {}}});
    add_member(
        genesis,
        "metro",
        {{.role = Role::provider, .scope = {"metro-shenzhen"}, .rank = Rank::operator_}}
    );
    Scheme scheme;
    scheme.scheme = "sz-ph";
    scheme.title_en = scheme.title_zh = scheme.authority = "test";
    scheme.accepts = {"verified"};
    scheme.registrar = "acme";
    genesis.schemes.push_back(scheme);
    return genesis;
}

TEST(Genesis, TheFileThatWeWriteIsReadBack) {
    const Genesis written = sample();
    const std::string file = genesis_text(written);
    const auto read = read_genesis(file);
    ASSERT_TRUE(read) << read.error().pointer << read.error().detail;
    EXPECT_EQ(read->ledger, sha256(file));
    EXPECT_EQ(genesis_text(*read), file);
    EXPECT_EQ(read->members.size(), 2U);
    EXPECT_EQ(read->members[1].roles[0].rank, Rank::operator_);
    EXPECT_EQ(read->keys[0].until, time_never);
    EXPECT_EQ(read->schemes[0].registrar, "acme");
    EXPECT_EQ(read->thresholds.at("methodology"), Threshold::two_thirds);
}

TEST(Genesis, ThePolicyNamesEveryVoter) {
    Genesis genesis = sample();
    const std::string one = read_genesis(genesis_text(genesis))->policy();
    EXPECT_NE(one.find("node.example"), std::string::npos) << one;
    genesis.min_cosigners = 1;
    EXPECT_TRUE(read_genesis(genesis_text(genesis)));
}

struct Fault {
    std::string_view from;
    std::string_view to;
    std::string_view pointer;
};

const std::vector<Fault> faults = {
    {R"("genesis/1")", R"("genesis/2")", "/tanji"},
    {R"("origin":"tanji.example/test")", R"("origin":"tanji example")", "/origin"},
    {R"("time":1772409600000,"suite")", R"("time":"soon","suite")", "/time"},
    {R"("time":1772409600000,"suite")", R"("time":253402300800000,"suite")", "/time"},
    {R"("ed25519-sha256")", R"("sm2-sm3")", "/suite"},
    {R"("rules":1)", R"("rules":2)", "/rules"},
    {R"("utc_offset_minutes":480)", R"("utc_offset_minutes":841)", "/utc_offset_minutes"},
    {R"("rules":1,)", "", "/rules"},
    {R"("rules":1,)", R"("rules":1,"ruler":1,)", "/ruler"},
    {R"("member":"metro","name")", R"("member":"Metro","name")", "/members/1/member"},
    {R"("member":"metro","name")", R"("member":"both","name")", "/members/1/member"},
    {R"("member":"metro","name")", R"("member":"aaa","name")", "/members/1/member"},
    {R"("name":{"en":"metro")", R"("name":{"english":"metro")", "/members/1/name/en"},
    {R"("purposes":["command","governor"])", R"("purposes":["log"])", "/members/0/keys/0/purposes"},
    {R"("purposes":["command","governor"])", R"("purposes":[])", "/members/0/keys/0/purposes"},
    {R"("role":"provider")", R"("role":"poet")", "/members/1/roles/0/role"},
    {R"("scope":["metro-shenzhen"])", R"("scope":["Metro"])", "/members/1/roles/0/scope"},
    {R"("rank":"operator")", R"("rank":"owner")", "/members/1/roles/0/rank"},
    {R"("node":1)", R"("node":2)", "/nodes/0/node"},
    {R"("node":1,"member":"acme")", R"("node":1,"member":"nobody")", "/nodes/0/member"},
    {R"("log":"tanji.example/test+)", R"("log":"tanji.example/other+)", "/nodes/0/log"},
    {R"("cosign":"node.example+)", R"("cosign":"node.elsewhere+)", "/nodes/0/cosign"},
    {R"("voter":true)", R"("voter":false)", "/nodes"},
    {R"("voter":true)", R"("voter":1)", "/nodes/0/voter"},
    {R"("scheme":"sz-ph")", R"("scheme":"SZ")", "/schemes/0/scheme"},
    {R"("issues":"credits")", R"("issues":"money")", "/schemes/0/issues"},
    {R"("accepts":["verified"])", R"("accepts":["maybe"])", "/schemes/0/accepts"},
    {R"("accepts":["verified"])", R"("accepts":[])", "/schemes/0/accepts"},
    {R"("reserve_ppm":0)", R"("reserve_ppm":200001)", "/schemes/0/reserve_ppm"},
    {R"("registrar":"acme")", R"("registrar":"nobody")", "/schemes/0/registrar"},
    {R"("methodology":"two-thirds")", R"("methodology":"three")", "/thresholds/methodology"},
    {R"("methodology":"two-thirds",)", "", "/thresholds/methodology"},
    {R"("year":2026)", R"("year":1969)", "/event_keys/0/year"},
    {R"("snapshot_every_blocks":65536)",
     R"("snapshot_every_blocks":0)",
     "/consensus/snapshot_every_blocks"},
    {R"("min_cosigners":null)", R"("min_cosigners":16)", "/consensus/min_cosigners"},
    {R"("min_cosigners":null)", R"("min_cosigners":15)", "/consensus"},
    {R"("k_anonymity":20)", R"("k_anonymity":0)", "/privacy/k_anonymity"},
};

TEST(Genesis, EveryFaultIsNamed) {
    const std::string good = genesis_text(sample());
    for (const Fault& fault : faults) {
        std::string bad = good;
        const std::size_t at = bad.find(fault.from);
        ASSERT_NE(at, std::string::npos) << fault.from;
        bad.replace(at, fault.from.size(), fault.to);
        const auto read = read_genesis(bad);
        ASSERT_FALSE(read) << fault.from << " → " << fault.to;
        EXPECT_EQ(read.error().pointer, fault.pointer) << fault.to << ": " << read.error().detail;
        EXPECT_EQ(read.error().code, ErrorCode::command_malformed);
    }
}

TEST(Genesis, NoKeyOccursTwice) {
    Genesis genesis = sample();
    genesis.keys[1].key = genesis.keys[0].key;
    EXPECT_EQ(read_genesis(genesis_text(genesis)).error().pointer, "/members/1/keys/0/public");
    genesis = sample();
    genesis.nodes[0].peer = genesis.keys[0].key;
    EXPECT_EQ(read_genesis(genesis_text(genesis)).error().pointer, "/nodes/0/peer");
    genesis = sample();
    genesis.keys[0].key = PublicKey{};
    EXPECT_EQ(read_genesis(genesis_text(genesis)).error().pointer, "/members/0/keys/0/public");
}

TEST(Genesis, ListsAscend) {
    Genesis genesis = sample();
    genesis.schemes.push_back(genesis.schemes[0]);
    EXPECT_EQ(read_genesis(genesis_text(genesis)).error().pointer, "/schemes/1/scheme");
    genesis = sample();
    genesis.event_keys.push_back(genesis.event_keys[0]);
    EXPECT_EQ(read_genesis(genesis_text(genesis)).error().pointer, "/event_keys/1/year");
}

TEST(Genesis, TheFileIsTextThatEndsInALineFeedAndHasBounds) {
    std::string file = genesis_text(sample());
    EXPECT_FALSE(read_genesis(file.substr(0, file.size() - 1)));
    EXPECT_FALSE(read_genesis("{\n"));
    EXPECT_FALSE(read_genesis("[]\n"));
    EXPECT_EQ(
        read_genesis(std::string(genesis_bytes_max, ' ') + file).error().code,
        ErrorCode::command_too_large
    );
}

// Whatever is accepted can stand in leaf 0, which has at most 65,535 bytes.
TEST(Genesis, AFileThatWouldNotFitIntoItsLeafIsRefused) {
    Genesis genesis = sample();
    std::vector<std::string> scope;
    for (char a = 'a'; a <= 'z'; ++a) {
        for (char b = 'a'; b <= 'z'; ++b) {
            scope.push_back({a, b});
        }
    }
    while (genesis_text(genesis).size() < 44'000) {
        genesis.members[0].roles.push_back({.role = Role::merchant, .scope = scope});
    }
    const std::string file = genesis_text(genesis);
    ASSERT_LE(file.size(), genesis_bytes_max);
    const auto read = read_genesis(file);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::command_too_large);
}

}  // namespace
}  // namespace tanji::ledger::test
