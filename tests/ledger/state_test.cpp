#include "ledger/store/state.h"

#include "ledger/store/schema.h"
#include "ledger/tree.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

// The layers over a store: what one of them says must be what a plain map says.
namespace tanji::ledger::test {
namespace {

using Model = std::map<Bytes, Bytes>;

Bytes key_of(std::mt19937_64& random) {
    Bytes key(1 + random() % 2, '\0');
    for (char& c : key) {
        c = "\x00\x01\x7f\x80\xff"[random() % 5];
    }
    return key;
}

std::vector<std::pair<Bytes, Bytes>> scanned(
    const Reader& reader, const Bytes& from, const Bytes& until, bool back, std::size_t limit
) {
    std::vector<std::pair<Bytes, Bytes>> seen;
    const Reader::Visit visit = [&](ByteView key, ByteView value) {
        seen.emplace_back(key, value);
        return seen.size() < limit;
    };
    back ? reader.scan_back(from, until, visit) : reader.scan(from, until, visit);
    return seen;
}

std::vector<std::pair<Bytes, Bytes>> expected(
    const Model& model, const Bytes& from, const Bytes& until, bool back, std::size_t limit
) {
    std::vector<std::pair<Bytes, Bytes>> seen;
    for (const auto& each : model) {
        if (each.first >= from && (until.empty() || each.first < until)) {
            seen.push_back(each);
        }
    }
    if (back) {
        std::ranges::reverse(seen);
    }
    seen.resize(std::min(seen.size(), limit));
    return seen;
}

TEST(State, ThreeLayersReadLikeOneMap) {
    const std::uint64_t seed = 20'261'121;
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 60; ++round) {
        const auto store = make_memory_store();
        Model model;
        Changes base;
        for (int i = 0; i < 12; ++i) {
            const Bytes key = key_of(random);
            base[key] = model[key] = std::to_string(random() % 100);
        }
        store->write(base);
        State block(*store);
        const Reader& below = block;
        State command(below);
        for (State* state : {&block, &command}) {
            for (int i = 0; i < 12; ++i) {
                const Bytes key = key_of(random);
                if (random() % 3 == 0) {
                    state->erase(key);
                    model.erase(key);
                } else {
                    model[key] = std::to_string(random() % 100);
                    state->put(key, model[key]);
                }
            }
        }
        for (int i = 0; i < 60; ++i) {
            const Bytes from = random() % 4 == 0 ? Bytes{} : key_of(random);
            const Bytes until = random() % 4 == 0 ? Bytes{} : key_of(random);
            const bool back = random() % 2 == 0;
            const std::size_t limit = 1 + random() % 8;
            EXPECT_EQ(
                scanned(command, from, until, back, limit),
                expected(model, from, until, back, limit)
            );
            const auto found = model.find(from);
            EXPECT_EQ(
                command.get(from),
                found == model.end() ? std::nullopt : std::optional(found->second)
            );
        }
        block.absorb(std::move(command));
        store->write(block.changes());
        EXPECT_EQ(scanned(*store, {}, {}, false, 1'000), expected(model, {}, {}, false, 1'000));
    }
}

TEST(MemoryStore, ASnapshotDoesNotSeeLaterWrites) {
    const auto store = make_memory_store();
    store->write({{"a", "1"}});
    const auto snapshot = store->snapshot();
    store->write({{"a", std::nullopt}, {"b", "2"}});
    store->flush();
    EXPECT_EQ(snapshot->get("a"), "1");
    EXPECT_EQ(snapshot->get("b"), std::nullopt);
    EXPECT_EQ(store->get("a"), std::nullopt);
}

TEST(Schema, TheEndOfAPrefixIsAboveAllItsKeys) {
    EXPECT_EQ(schema::end_of("e"), "f");
    EXPECT_EQ(schema::end_of(Bytes("a\xff\xff", 3)), "b");
    EXPECT_EQ(schema::end_of("\xff"), "");
}

TEST(StoredTree, EverySizeHasTheRootAndProofsOfItsLeaves) {
    const auto store = make_memory_store();
    State state(*store);
    TreeBuilder builder;
    std::vector<Hash> edge;
    std::vector<Hash> leaves;
    for (std::uint64_t size = 1; size <= 600; ++size) {
        leaves.push_back(leaf_hash(std::to_string(size)));
        builder.append(leaves.back());
        StoredTree tree(state, size - 1, edge);  // taken up again at every size, as blocks do
        tree.append(leaves.back());
        edge = tree.edge();
        ASSERT_EQ(tree.root(), builder.root());
        ASSERT_EQ(root_at(size, stored_nodes(state)), builder.root());
        const std::uint64_t leaf = size * 7919 % size;
        for (const std::uint64_t index : {leaf, size - 1, std::uint64_t{0}, size / 2}) {
            const auto path = inclusion_proof(index, size, stored_nodes(state));
            ASSERT_TRUE(verify_inclusion(index, size, leaves[index], path, tree.root()));
        }
        const std::uint64_t from = size / 3;
        const auto path = consistency_proof(from, size, stored_nodes(state));
        const Hash root = root_at(from, stored_nodes(state));
        ASSERT_EQ(root, tree_root(std::span(leaves).first(from)));
        ASSERT_TRUE(verify_consistency(from, size, root, tree.root(), path));
    }
}

}  // namespace
}  // namespace tanji::ledger::test
