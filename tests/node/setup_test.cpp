#include "node/setup.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/header.h"
#include "ledger/value/json.h"
#include "node/config.h"
#include "node/storage/file.h"
#include "temporary_directory.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using ledger::JsonValue;
using test::content_of;
using test::TemporaryDirectory;
using testing::HasSubstr;

constexpr ledger::TimeMs time_of_vectors = 1'795'219'200'000;

DemoAlliance demo(std::uint64_t seed, std::uint64_t nodes) {
    DemoRequest request{.seed = seed, .nodes = nodes, .time = time_of_vectors};
    for (std::uint64_t i = 0; i < nodes; ++i) {
        request.addresses.push_back("127.0.0.1:" + std::to_string(8461 + 10 * i));
    }
    return build_demo(request);
}

JsonValue parsed(ledger::ByteView text) {
    auto value = ledger::parse_json(text);
    EXPECT_TRUE(value) << value.error().detail;
    return value ? std::move(*value) : JsonValue{};
}

// Every path of members with what stands there, elements of arrays taken together:
// `/nodes[]/voter boolean`.
void shape_of(const JsonValue& value, const std::string& path, std::set<std::string>& shape) {
    if (const auto* object = value.object()) {
        for (const auto& member : *object) {
            shape_of(member.value, path + "/" + member.name, shape);
        }
    } else if (const auto* array = value.array()) {
        shape.insert(path + " array");
        for (const auto& element : *array) {
            shape_of(element, path + "[]", shape);
        }
    } else {
        const char* kinds[] = {"null", "boolean", "integer", "string"};
        shape.insert(path + " " + kinds[value.value.index()]);
    }
}

std::set<std::string> shape_of(ledger::ByteView text) {
    std::set<std::string> shape;
    shape_of(parsed(text), "", shape);
    return shape;
}

TEST(GenesisFile, HasExactlyTheFieldsOfTheContractsExample) {
    const std::string path =
        std::string(TANJI_TEST_DATA) + "/../../shared/data/vectors/tanji/dsse.json";
    const char* shared = std::getenv("TANJI_SHARED");
    const std::string file = content_of(
        shared != nullptr ? std::string(shared) + "/data/vectors/tanji/dsse.json" : path
    );
    if (file.empty()) {
        GTEST_SKIP() << "the shared vectors are not here: set TANJI_SHARED";
    }
    const auto vectors = ledger::parse_tolerant_json(file);
    ASSERT_TRUE(vectors);
    const auto example = ledger::from_base64(*vectors->find("genesis")->string());
    ASSERT_TRUE(example);

    DemoAlliance alliance = demo(1, 4);
    EXPECT_EQ(shape_of(alliance.file), shape_of(*example));
}

TEST(GenesisFile, ReadsBackAsItWasMeant) {
    const DemoAlliance alliance = demo(1, 4);
    const auto read = ledger::read_genesis(alliance.file);
    ASSERT_TRUE(read) << read.error().detail << " at " << read.error().pointer;
    EXPECT_EQ(read->ledger, alliance.genesis.ledger);
    EXPECT_EQ(read->origin, "tanji.example/demo");
    EXPECT_EQ(read->time, time_of_vectors);
    ASSERT_EQ(read->members.size(), 7u);
    EXPECT_EQ(read->keys.size(), 7u);
    ASSERT_EQ(read->nodes.size(), 4u);
    EXPECT_EQ(read->nodes[0].member, "metro");
    EXPECT_EQ(read->thresholds.size(), 9u);
    EXPECT_EQ(read->schemes.at(0).registrar, "registry");
    EXPECT_EQ(read->schemes.at(0).reserve_ppm, 20'000);
    EXPECT_EQ(read->event_keys.size(), 2u);
    EXPECT_EQ(genesis_text(*read), alliance.file) << "written again, other bytes";
}

TEST(GenesisFile, EndsInOneLineFeedAndFits) {
    const std::string file = demo(1, 4).file;
    EXPECT_TRUE(file.ends_with("}\n"));
    EXPECT_EQ(std::ranges::count(file, '\n'), 1);
    EXPECT_LT(file.size(), ledger::genesis_bytes_max);
}

TEST(Demo, TheSameSeedGivesTheSameBytes) {
    EXPECT_EQ(demo(1, 1).file, demo(1, 1).file);
    EXPECT_NE(demo(1, 1).file, demo(2, 1).file);
    EXPECT_EQ(demo_key(1, "wallet-1").public_key(), demo_key(1, "wallet-1").public_key());
    EXPECT_NE(demo_key(1, "wallet-1").public_key(), demo_key(2, "wallet-1").public_key());
    EXPECT_NE(demo_key(1, "wallet-1").public_key(), demo_key(1, "wallet-2").public_key());
}

TEST(Demo, ItsKeysAreThoseOfItsGenesis) {
    const DemoAlliance alliance = demo(1, 2);
    for (const ledger::KeyRow& row : alliance.genesis.keys) {
        EXPECT_EQ(alliance.keys.at(row.owner).public_key(), row.key) << row.owner;
        EXPECT_TRUE(row.command && row.governor);
    }
    const auto second = node_with_log_key(alliance.file, alliance.nodes.at(1).log.public_key());
    ASSERT_TRUE(second) << second.error().detail;
    EXPECT_EQ(*second, 2u);
    EXPECT_FALSE(node_with_log_key(alliance.file, alliance.keys.at("metro").public_key()));
    for (const auto& [year, key] : alliance.event_keys) {
        const auto stated =
            std::ranges::find(alliance.genesis.event_keys, year, &ledger::EventKey::year);
        ASSERT_NE(stated, alliance.genesis.event_keys.end());
        EXPECT_EQ(stated->digest, ledger::sha256(key));
    }
}

TEST(Demo, NoMemberCanBothProvideAndVerifyTheSameMethod) {
    for (const ledger::Member& member : demo(1, 1).genesis.members) {
        for (const char* method : {"metro-shenzhen", "bike-demo", "household-electricity"}) {
            const bool provides = member.grant(ledger::Role::provider, method, time_of_vectors);
            const bool verifies = member.grant(ledger::Role::verifier, method, time_of_vectors);
            EXPECT_FALSE(provides && verifies) << member.member << " " << method;
        }
    }
}

TEST(Keys, AreWrittenForTheirOwnerOnlyAndNeverOver) {
    const TemporaryDirectory folder;
    const auto key = ledger::SigningKey::generate();
    ASSERT_TRUE(write_key(folder / "k/metro.key", key));
    EXPECT_EQ(fs::status(folder / "k/metro.key").permissions(), fs::perms(0600));
    EXPECT_FALSE(write_key(folder / "k/metro.key", ledger::SigningKey::generate()));
    const auto read = read_key(folder / "k/metro.key");
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->public_key(), key.public_key());
}

TEST(Keys, ThatOthersMayReadAreRefused) {
    const TemporaryDirectory folder;
    ASSERT_TRUE(write_key(folder / "metro.key", ledger::SigningKey::generate()));
    fs::permissions(folder / "metro.key", fs::perms(0640));
    const auto read = read_key(folder / "metro.key");
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().detail, HasSubstr("chmod 600"));
    EXPECT_FALSE(read_key(folder / "absent.key"));
}

// Block 1 as far as storage looks at it.
ledger::Result<FirstBlock> first_block(ledger::ByteView genesis) {
    auto read = ledger::read_genesis(genesis);
    if (!read) {
        return ledger::refusal(read);
    }
    ledger::BlockHeader header;
    header.kind = ledger::BlockKind::genesis;
    header.ledger = read->ledger;
    header.index = 1;
    header.time_ms = read->time;
    header.membership = 1;
    header.prev_hash = read->ledger;
    return FirstBlock{ledger::encode_header(header), ledger::hash_of(header)};
}

InitRequest request_in(const TemporaryDirectory& folder) {
    InitRequest request;
    request.member = "metro";
    request.region = "440300";
    request.data_dir = folder / "data";
    request.out = folder / "etc";
    request.time = time_of_vectors;
    return request;
}

TEST(Init, MakesANodeThatStarts) {
    const TemporaryDirectory folder;
    const auto done = init_node(request_in(folder), first_block);
    ASSERT_TRUE(done) << done.error().detail << " at " << done.error().pointer;
    EXPECT_EQ(done->node, 1u);
    EXPECT_EQ(done->files.size(), 6u);  // three keys of the node, one of the member, two files

    const auto loaded = load_config(folder / "etc/node.toml", {});
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    const Config& config = loaded->config;
    const std::string file = content_of(config.node.genesis);
    EXPECT_EQ(ledger::sha256(file), done->ledger);
    const auto log = read_key(config.keys.log);
    ASSERT_TRUE(log) << log.error().detail;
    const auto storage =
        open_storage({config.node.data_dir}, {done->ledger, done->node, log->id()}, {});
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_EQ(storage->log->last(), 1u);

    const auto genesis = ledger::read_genesis(file);
    ASSERT_TRUE(genesis);
    EXPECT_EQ(genesis->keys.at(0).key, read_key(folder / "etc/metro.key")->public_key());
    EXPECT_EQ(genesis->nodes.at(0).peer, read_key(config.keys.peer)->public_key());
}

TEST(Init, ASecondTimeChangesNothing) {
    const TemporaryDirectory folder;
    const auto done = init_node(request_in(folder), first_block);
    ASSERT_TRUE(done);
    std::map<std::string, std::string> before;
    for (const std::string& file : done->files) {
        before[file] = content_of(file);
    }
    const auto again = init_node(request_in(folder), first_block);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().detail, HasSubstr("is there already"));
    for (const auto& [file, content] : before) {
        EXPECT_EQ(content_of(file), content) << file;
    }
}

TEST(Init, TakesTheFileOfAnAllianceThatListsItsKeys) {
    const TemporaryDirectory folder;
    const DemoAlliance alliance = demo(7, 3);
    InitRequest request = request_in(folder);
    request.member = "ev";
    request.genesis = alliance.file;
    const auto stranger = init_node(request, first_block);
    ASSERT_FALSE(stranger);
    EXPECT_THAT(stranger.error().detail, HasSubstr("lists no node with the log key"));

    fs::remove_all(folder / "data");
    ASSERT_TRUE(write_node_keys(folder / "data/keys", alliance.nodes[1]));
    const auto done = init_node(request, first_block);
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->node, 2u);
    EXPECT_EQ(done->ledger, ledger::sha256(alliance.file));
    EXPECT_FALSE(exists(folder / "etc/ev.key")) << "a key that no genesis file lists";
}

TEST(Init, FoundsAnAllianceWithOthers) {
    const TemporaryDirectory folder;
    InitRequest request = request_in(folder);
    request.others.push_back(
        {.member = "verico",
         .name_en = "Verico",
         .name_zh = "核查",
         .region = "440300",
         .key = demo_key(1, "verico").public_key(),
         .roles = {{.role = ledger::Role::verifier, .scope = {"metro-shenzhen"}}}}
    );
    ASSERT_TRUE(init_node(request, first_block));
    const auto genesis = ledger::read_genesis(content_of(folder / "etc/genesis.json"));
    ASSERT_TRUE(genesis);
    ASSERT_EQ(genesis->members.size(), 2u);
    EXPECT_EQ(genesis->members[1].roles.at(0).role, ledger::Role::verifier);
    EXPECT_EQ(genesis->members[1].roles.at(0).from, time_of_vectors);
    EXPECT_EQ(genesis->members[0].roles.at(0).role, ledger::Role::operator_);
}

TEST(Init, RefusesAMemberThatCannotBeOne) {
    const TemporaryDirectory folder;
    InitRequest request = request_in(folder);
    request.member = "both";
    EXPECT_FALSE(init_node(request, first_block));
    EXPECT_FALSE(exists(folder / "data"));
}

}  // namespace
}  // namespace tanji::node
