#include "ledger/command/leaf.h"

#include "ledger/command/batch.h"
#include "ledger/command/envelope.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"
#include "tests/support/vectors.h"

#include <algorithm>
#include <map>

namespace tanji::ledger {
namespace {

using tests::Json;

KnownKeys keys_of_vectors() {
    std::map<KeyId, PublicKey> known;
    const auto value = tests::shared_json("vectors/tanji/dsse.json");
    for (const auto& key : Json(*value)["keys"].each()) {
        const auto made = SigningKey::from_seed(key["seed"].hex());
        known[made.id()] = made.public_key();
    }
    return [known](const KeyId& id) {
        const auto found = known.find(id);
        return found == known.end() ? std::nullopt : std::optional(found->second);
    };
}

TEST(Leaf, EveryLeafOfTheVectorsIsReadAndWrittenBackByteForByte) {
    TANJI_VECTORS(vectors, "vectors/tanji/leaf.json");
    const KnownKeys keys = keys_of_vectors();
    TreeBuilder tree;
    EXPECT_EQ(tree.root(), vectors["roots"][0].hash());
    for (const auto& one : vectors["leaves"].each()) {
        const std::string& text = one["text"].text();
        const auto leaf = read_leaf(text);
        ASSERT_TRUE(leaf) << one["name"].text() << ": " << leaf.error().pointer << " "
                          << leaf.error().detail;
        EXPECT_EQ(to_text(*leaf), text);
        EXPECT_EQ(text.size(), one["bytes"].number());
        EXPECT_EQ(leaf_hash(text).hex(), one["leaf_hash"].text());
        EXPECT_TRUE(check_payload(*leaf, vectors["ledger"].hash(), keys));
        if (leaf->leaf_class == LeafClass::open) {
            EXPECT_FALSE(check_payload(*leaf, Hash{}, keys)) << "another ledger";
        }
        tree.append(leaf_hash(text));
        EXPECT_EQ(tree.root(), vectors["roots"][tree.size()].hash());
    }
}

TEST(Leaf, RefusesEveryTextOfTheVectorsThatIsNone) {
    TANJI_VECTORS(vectors, "vectors/tanji/leaf.json");
    const KnownKeys keys = keys_of_vectors();
    std::size_t by_grammar = 0;
    std::size_t by_payload = 0;
    for (const auto& one : vectors["rejected"].each()) {
        const auto leaf = read_leaf(one["text"].text());
        if (!leaf) {
            ++by_grammar;
            continue;
        }
        EXPECT_FALSE(check_payload(*leaf, vectors["ledger"].hash(), keys)) << one["name"].text();
        ++by_payload;
    }
    EXPECT_EQ(by_grammar, 20U);
    EXPECT_EQ(by_payload, 3U);  // digest, id, and the signature of another command
}

TEST(Leaf, OpeningsOfSealedLeavesShowAccountAndKey) {
    TANJI_VECTORS(vectors, "vectors/tanji/leaf.json");
    for (const auto& one : vectors["openings"].each()) {
        const auto leaf = read_leaf(vectors["leaves"][one["leaf"].number()]["text"].text());
        ASSERT_TRUE(leaf);
        const auto salt = *Salt::from_hex(one["salt"].text());
        EXPECT_EQ(
            commit("account", salt, one["account"].hex()).hex(),
            *leaf->public_part.find("account")->string()
        );
        EXPECT_EQ(commit("key", salt, one["key"].hex()).hex(), leaf->signers.front());
    }
}

// Reads the entries of a kind, compares their root with the one the leaf names.
template <typename Entry>
std::vector<Entry> entries_of(
    const Json& leaf,
    std::string_view name,
    const std::optional<CountRoot>& named,
    Result<Entry> (*read)(ByteView)
) {
    std::vector<Entry> entries;
    std::vector<Hash> hashes;
    for (const auto& text : leaf.has(name) ? leaf[name].each() : std::vector<Json>{}) {
        const auto entry = read(text.text());
        EXPECT_TRUE(entry) << text.text();
        EXPECT_EQ(to_text(*entry), text.text());
        entries.push_back(*entry);
        hashes.push_back(leaf_hash(text.text()));
    }
    EXPECT_EQ(named.has_value(), !entries.empty());
    if (named) {
        EXPECT_EQ(named->count, entries.size());
        EXPECT_EQ(named->root, tree_root(hashes));
    }
    return entries;
}

// The salt of the account.open of a user, from the vectors.
Salt salt_of(const Json& vectors, const std::optional<Account>& account) {
    if (!account || !vectors["account_salts"].has(account->text())) {
        return {};
    }
    return *Salt::from_hex(vectors["account_salts"][account->text()].text());
}

TEST(Entries, LinesAllocationsAndConflictsAreThoseOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/leaf.json");
    std::size_t lines_seen = 0;
    std::size_t allocations_seen = 0;
    for (const auto& one : vectors["leaves"].each()) {
        const Leaf leaf = read_leaf(one["text"].text()).value();
        const LeafIndex index = one["index"].number();
        const auto lines = entries_of<Line>(one, "lines", leaf.effects.lines, read_line);
        EXPECT_TRUE(std::ranges::is_sorted(lines, stands_before));
        for (std::uint32_t i = 0; i < lines.size(); ++i, ++lines_seen) {
            const bool from_user = lines[i].from_account && !lines[i].from_account->is_member();
            const auto& account = from_user ? lines[i].from_account : lines[i].to_account;
            EXPECT_EQ(lines[i].salt, entry_salt("line", salt_of(vectors, account), index, i));
        }
        const auto allocations =
            entries_of<Allocation>(one, "allocations", leaf.effects.allocations, read_allocation);
        for (std::uint32_t i = 0; i < allocations.size(); ++i, ++allocations_seen) {
            const Salt salt = salt_of(vectors, allocations[i].account);
            EXPECT_EQ(allocations[i].salt, entry_salt("allocation", salt, index, i));
        }
        entries_of<Conflict>(one, "conflicts", leaf.effects.conflicts, read_conflict);
    }
    EXPECT_GT(lines_seen, 5U);
    EXPECT_EQ(allocations_seen, 2U);
}

TEST(Leaf, WithAnyBitChangedIsRefusedOrIsAnotherLeafSpelledTheSameWay) {
    TANJI_VECTORS(vectors, "vectors/tanji/leaf.json");
    const std::string text = vectors["leaves"][5]["text"].text();
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = text;
            changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
            const auto leaf = read_leaf(changed);
            EXPECT_TRUE(!leaf || to_text(*leaf) == changed) << changed;
        }
        EXPECT_FALSE(read_leaf(text.substr(0, i)));
    }
}

TEST(Leaf, EveryEffectIsWrittenInTheOrderOfTheContractAndReadBack) {
    Effects effects;
    const CommandId id = *CommandId::from_hex("01a1fb67180070008000000000000001");
    effects.batch = {.id = id, .state = "issued", .issue = IssueEffect{1, 2, 3, 4, 5}};
    effects.redemption = {.id = id, .state = "reserved", .until = 9};
    effects.retirement = {.id = id, .first = 1, .last = 2};
    effects.document = {.ref = "metro@1", .digest = {}};
    effects.programme = {.slug = "green", .version = 2};
    effects.offer = {.id = "mall.card", .revision = 3, .state = "open"};
    effects.obligation = {.member = "metro", .scheme = "sz-ph", .owed = 0};
    effects.counts = {1, 2, 3, 4, 5, 6};
    effects.counted_ug = -7;
    effects.results_root = Hash{};
    effects.conflicts = {.count = 1, .root = {}};
    effects.credits = {{.unit = "a", .from = "issued", .to = "held", .amount = 1}};
    effects.points = {{.unit = "b", .from = "held", .to = "redeemed", .amount = 2}};
    effects.clearing = {
        {.unit = "b", .debtor = "metro", .creditor = "mall", .points = 1, .value = 10}
    };
    effects.lines = {.count = 2, .root = {}};
    effects.allocations = {.count = 1, .root = {}};
    effects.membership = 2;
    effects.policy = {.version = 2, .digest = {}};
    JsonWriter out;
    write(out, effects);
    std::size_t last = 0;
    for (const char* name :
         {"{\"batch\":",
          ",\"redemption\":",
          ",\"retirement\":",
          ",\"document\":",
          ",\"programme\":",
          ",\"offer\":",
          ",\"obligation\":",
          ",\"counts\":",
          ",\"counted_ug\":\"-7\"",
          ",\"results_root\":",
          ",\"conflicts\":",
          ",\"credits\":",
          ",\"points\":[",
          ",\"clearing\":",
          ",\"lines\":",
          ",\"allocations\":",
          ",\"membership\":{\"number\":2}",
          ",\"policy\":"}) {
        const std::size_t at = out.text().find(name);
        ASSERT_NE(at, std::string::npos) << name;
        EXPECT_GE(at, last) << name;
        last = at;
    }
    JsonFaults faults;
    const JsonValue value = parse_json(out.text()).value();
    EXPECT_EQ(read_effects(value, "/effects", faults), effects);
    EXPECT_FALSE(faults.any()) << faults.refusal().error().detail;
}

TEST(Leaf, MovesOutOfOrderAreRefused) {
    Effects effects;
    effects.points = {
        {.unit = "b", .from = "held", .to = "redeemed", .amount = 2},
        {.unit = "a", .from = "held", .to = "redeemed", .amount = 2},
    };
    JsonWriter out;
    write(out, effects);
    JsonFaults faults;
    read_effects(parse_json(out.text()).value(), "/effects", faults);
    EXPECT_TRUE(faults.any());
}

}  // namespace
}  // namespace tanji::ledger
