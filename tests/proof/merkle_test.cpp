#include "ledger/proof/merkle.h"

#include "ledger/value/crypto.h"
#include "tests/support/vectors.h"

#include <map>
#include <set>

namespace tanji::ledger {
namespace {

std::vector<Hash> numbered_leaves(std::size_t count) {
    std::vector<Hash> leaves;
    for (std::size_t i = 0; i < count; ++i) {
        leaves.push_back(leaf_hash("leaf " + std::to_string(i)));
    }
    return leaves;
}

// The tree as RFC 6962 §2.1 defines it, recursively: another way than the one under test.
Hash recursive_root(std::span<const Hash> leaves) {
    if (leaves.empty()) {
        return empty_root();
    }
    if (leaves.size() == 1) {
        return leaves.front();
    }
    std::size_t split = 1;
    while (2 * split < leaves.size()) {
        split *= 2;
    }
    return node_hash(recursive_root(leaves.first(split)), recursive_root(leaves.subspan(split)));
}

NodeReader reader_of(const std::vector<Hash>& leaves) {
    return [&leaves](int level, std::uint64_t index) {
        const std::uint64_t width = std::uint64_t{1} << level;
        EXPECT_LE((index + 1) * width, leaves.size()) << "asked for an incomplete subtree";
        return recursive_root(std::span(leaves).subspan(index * width, width));
    };
}

std::vector<Hash> hex_hashes(const tests::Json& proof) {
    std::vector<Hash> hashes;
    for (const auto& hash : proof.each()) {
        hashes.push_back(hash.hash());
    }
    return hashes;
}

TEST(Merkle, GivesTheHashesRootsAndProofsOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/rfc6962.json");
    for (const auto& leaf : vectors["hasher"]["leaf"].each()) {
        EXPECT_EQ(leaf_hash(leaf["data"].hex()), leaf["hash"].hash());
    }
    std::vector<Hash> leaves;
    TreeBuilder tree;
    EXPECT_EQ(tree.root(), vectors["roots"][0].hash());
    for (const auto& input : vectors["inputs"].each()) {
        leaves.push_back(leaf_hash(input.hex()));
        tree.append(leaves.back());
        EXPECT_EQ(leaves.back(), vectors["leaf_hashes"][leaves.size() - 1].hash());
        EXPECT_EQ(tree.root(), vectors["roots"][leaves.size()].hash());
    }
    const auto node = reader_of(leaves);
    for (const auto& proof : vectors["inclusion"].each()) {
        EXPECT_EQ(
            inclusion_proof(proof["index"].number(), proof["size"].number(), node),
            hex_hashes(proof["proof"])
        );
    }
    for (const auto& proof : vectors["consistency"].each()) {
        EXPECT_EQ(
            consistency_proof(proof["from"].number(), proof["to"].number(), node),
            hex_hashes(proof["proof"])
        );
    }
}

// A hash of the wrong length cannot even be written here: such a proof counts as refused.
bool are_hashes(const tests::Json& proof) {
    for (const auto& element : proof.each()) {
        if (!Hash::from_base64(element.text())) {
            return false;
        }
    }
    return true;
}

TEST(Merkle, DecidesEveryInclusionCaseOfTransparencyDev) {
    TANJI_VECTORS(vectors, "vectors/transparency-dev/inclusion.json");
    std::size_t cases = 0;
    for (const auto& one : vectors.each()) {
        const auto root = Hash::from_base64(one["root"].text());
        const auto leaf = Hash::from_base64(one["leafHash"].text());
        const bool good = root && leaf && are_hashes(one["proof"]) &&
                          verify_inclusion(
                              one["leafIdx"].number(),
                              one["treeSize"].number(),
                              *leaf,
                              one["proof"].base64_hashes(),
                              *root
                          );
        EXPECT_NE(good, one["wantErr"].boolean()) << one["file"].text();
        ++cases;
    }
    EXPECT_EQ(cases, 98U);
}

// Some roots there are words, equal or not; a hash of the word stands for it.
Hash root_of(const tests::Json& root) {
    return Hash::from_base64(root.text()).value_or(sha256(root.text()));
}

TEST(Merkle, DecidesEveryConsistencyCaseOfTransparencyDev) {
    TANJI_VECTORS(vectors, "vectors/transparency-dev/consistency.json");
    // From size 0 we follow tlog-witness: the proof is empty and every tree is consistent.
    const std::set<std::string, std::less<>> exceptions{
        "additional/size1-is-zero-and-does-not-equal-size2.json",
        "additional/size1-is-zero-and-size2-is-not-zero.json",
        "additional/sizes-are-equal-zero-and-proof-is-empty.json",
    };
    std::size_t cases = 0;
    std::size_t left_out = 0;
    for (const auto& one : vectors.each()) {
        if (exceptions.contains(one["file"].text())) {
            ++left_out;
            continue;
        }
        const bool good = are_hashes(one["proof"]) && verify_consistency(
                                                          one["size1"].number(),
                                                          one["size2"].number(),
                                                          root_of(one["root1"]),
                                                          root_of(one["root2"]),
                                                          one["proof"].base64_hashes()
                                                      );
        EXPECT_NE(good, one["wantErr"].boolean()) << one["file"].text();
        ++cases;
    }
    EXPECT_EQ(cases, 95U);
    EXPECT_EQ(left_out, 3U);
}

TEST(Merkle, EveryLeafOfEveryTreeUpTo40IsProvedAndNoOther) {
    const auto leaves = numbered_leaves(40);
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const auto some = std::span(leaves).first(size);
        const Hash root = recursive_root(some);
        EXPECT_EQ(tree_root(some), root);
        EXPECT_EQ(root_at(size, reader_of(leaves)), root);
        for (std::size_t index = 0; index < size; ++index) {
            const auto path = inclusion_path(some, index);
            EXPECT_TRUE(verify_inclusion(index, size, leaves[index], path, root));
            EXPECT_FALSE(verify_inclusion(index, size, leaves[(index + 1) % 40], path, root));
            EXPECT_FALSE(verify_inclusion(index, size + 64, leaves[index], path, root));
            if (size > 1) {
                EXPECT_FALSE(verify_inclusion((index + 1) % size, size, leaves[index], path, root));
                const auto shorter = std::span(path).first(path.size() - 1);
                EXPECT_FALSE(verify_inclusion(index, size, leaves[index], shorter, root));
            }
            auto longer = path;
            longer.push_back(root);
            EXPECT_FALSE(verify_inclusion(index, size, leaves[index], longer, root));
        }
    }
}

TEST(Merkle, EveryTreeUpTo33GrowsConsistentlyFromEverySmallerOne) {
    const auto leaves = numbered_leaves(33);
    const auto node = reader_of(leaves);
    for (std::size_t to = 0; to <= leaves.size(); ++to) {
        for (std::size_t from = 0; from <= to; ++from) {
            const Hash older = tree_root(std::span(leaves).first(from));
            const Hash newer = tree_root(std::span(leaves).first(to));
            auto path = consistency_proof(from, to, node);
            EXPECT_TRUE(verify_consistency(from, to, older, newer, path)) << from << " to " << to;
            EXPECT_FALSE(verify_consistency(from, to, leaves[3], newer, path));
            if (from > 0 && from < to) {
                EXPECT_FALSE(verify_consistency(from, to, older, leaves[0], path));
            }
            path.push_back(newer);
            EXPECT_FALSE(verify_consistency(from, to, older, newer, path));
        }
    }
}

TEST(Merkle, ATreeRestoredFromItsRightEdgeGrowsLikeTheOneThatWasNeverStopped) {
    TreeBuilder whole;
    for (const Hash& leaf : numbered_leaves(100)) {
        auto restored = TreeBuilder::restore(whole.size(), whole.edge());
        ASSERT_TRUE(restored.has_value());
        whole.append(leaf);
        restored->append(leaf);
        EXPECT_EQ(restored->root(), whole.root());
    }
    EXPECT_FALSE(TreeBuilder::restore(3, {Hash{}}).has_value());
}

TEST(Merkle, ReportsEachSubtreeOnceWhenItIsComplete) {
    const auto leaves = numbered_leaves(21);
    std::map<std::pair<int, std::uint64_t>, Hash> nodes;
    TreeBuilder tree;
    for (const Hash& leaf : leaves) {
        tree.append(leaf, [&](int level, std::uint64_t index, const Hash& hash) {
            EXPECT_TRUE(nodes.emplace(std::pair(level, index), hash).second);
        });
    }
    EXPECT_EQ(nodes.size(), 21U + 10U + 5U + 2U + 1U);
    for (const auto& [place, hash] : nodes) {
        EXPECT_EQ(hash, reader_of(leaves)(place.first, place.second));
    }
}

}  // namespace
}  // namespace tanji::ledger
