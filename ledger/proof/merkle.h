#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

// RFC 6962 / RFC 9162 trees with SHA-256. One shape for the log, the records of a batch, the
// readings of a record, evidence files and the entry trees of a leaf.
namespace tanji::ledger {

// H(00 ‖ entry)
Hash leaf_hash(ByteView entry);
// H(01 ‖ left ‖ right)
Hash node_hash(const Hash& left, const Hash& right);
// H(""): the root of a tree without leaves.
Hash empty_root();

// No proof has more hashes: a path is as long as an index has bits.
inline constexpr std::size_t proof_hashes_max = 63;

// A tree that only grows, of which no more is kept than its right edge: one hash per bit that is
// set in its size, the greatest subtree first.
class TreeBuilder {
public:
    TreeBuilder() = default;
    // Nothing unless `edge` has exactly one hash per bit set in `size`.
    static std::optional<TreeBuilder> restore(TreeSize size, std::vector<Hash> edge);

    void append(const Hash& leaf);
    // As append; `made(level, index, hash)` is called for the leaf (level 0) and for every subtree
    // that it completes, upward.
    void append(
        const Hash& leaf,
        const std::function<void(int level, std::uint64_t index, const Hash&)>& made
    );

    TreeSize size() const { return size_; }
    const std::vector<Hash>& edge() const { return edge_; }
    Hash root() const;

private:
    TreeSize size_ = 0;
    std::vector<Hash> edge_;
};

Hash tree_root(std::span<const Hash> leaves);

// REQUIRES: index < leaves.size().
std::vector<Hash> inclusion_path(std::span<const Hash> leaves, std::uint64_t index);

// Node (level, index) = root of leaves [index × 2^level, (index + 1) × 2^level). Asked only for
// subtrees that are complete at the size in question.
using NodeReader = std::function<Hash(int level, std::uint64_t index)>;

// Of leaf `index` in the tree of `size` leaves. REQUIRES: index < size.
std::vector<Hash> inclusion_proof(LeafIndex index, TreeSize size, const NodeReader& node);
// REQUIRES: from <= to. Empty for from = 0 and for from = to.
std::vector<Hash> consistency_proof(TreeSize from, TreeSize to, const NodeReader& node);
Hash root_at(TreeSize size, const NodeReader& node);

// The root to which `path` leads from `leaf`, by RFC 9162 §2.1.3.2. Refused when the index is
// outside the tree or the path has the wrong length.
Result<Hash> fold(LeafIndex index, TreeSize size, const Hash& leaf, std::span<const Hash> path);
// Whether fold gives `root`.
Status verify_inclusion(
    LeafIndex index, TreeSize size, const Hash& leaf, std::span<const Hash> path, const Hash& root
);
// RFC 9162 §2.1.4.2. From size 0 the path is empty and from_root must be H(""), as in tlog-witness.
Status verify_consistency(
    TreeSize from,
    TreeSize to,
    const Hash& from_root,
    const Hash& to_root,
    std::span<const Hash> path
);

}  // namespace tanji::ledger
